import { describe, expect, it } from 'vitest';
import { formatCompactCount, formatLast, formatNoun, pluralOf } from './format.ts';

describe('a count with its noun', () => {
  it.each([
    [0, '0 runs'],
    [1, '1 run'],
    [2, '2 runs'],
    [1204, '1,204 runs'],
  ])('of %i', (count, text) => {
    expect(formatNoun(count, 'run')).toBe(text);
  });

  it('takes another plural and another way to write figures', () => {
    expect(formatNoun(2, 'query', 'queries')).toBe('2 queries');
    expect(formatNoun(12_400_000, 'row', undefined, formatCompactCount)).toBe('12.4M rows');
  });

  it('says no number of the last one', () => {
    expect([formatLast(1, 'run'), formatLast(20, 'run')]).toEqual(['Last run', 'Last 20 runs']);
    expect([pluralOf(1, 'needs', 'need'), pluralOf(3, 'needs', 'need')]).toEqual(['needs', 'need']);
  });
});
