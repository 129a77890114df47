import { describe, expect, it } from 'vitest';
import { formatCompactCount, formatLast, formatNoun, pluralOf } from './format.ts';

describe('formatNoun', () => {
  it.each([
    [0, '0 runs'],
    [1, '1 run'],
    [2, '2 runs'],
    [1204, '1,204 runs'],
  ])('formats %i', (count, text) => {
    expect(formatNoun(count, 'run')).toBe(text);
  });

  it('accepts an irregular plural and another number format', () => {
    expect(formatNoun(2, 'query', 'queries')).toBe('2 queries');
    expect(formatNoun(12_400_000, 'row', undefined, formatCompactCount)).toBe('12.4M rows');
  });

  it('omits the number for a single item', () => {
    expect([formatLast(1, 'run'), formatLast(20, 'run')]).toEqual(['Last run', 'Last 20 runs']);
    expect([pluralOf(1, 'needs', 'need'), pluralOf(3, 'needs', 'need')]).toEqual(['needs', 'need']);
  });
});
