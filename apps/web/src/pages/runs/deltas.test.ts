import { describe, expect, it, test } from 'vitest';
import { areSimilarDurations, areSimilarLoads, describeDelta } from './deltas.ts';
import { formatCount } from '../../ui/format.ts';

test.each([
  [100, 150, '+50 (+50 %)', 'more'],
  [150, 100, '−50 (−33 %)', 'less'],
  [5428, 0, '−5,428 (−100 %)', 'less'],
  [0, 12, '+12', 'more'],
  [7, 7, '±0', 'same'],
])('from %d to %d', (before, after, text, direction) => {
  expect(describeDelta(before, after, formatCount)).toEqual({ text, direction });
});

test('an unknown value has no delta', () => {
  expect(describeDelta(null, 5, formatCount)).toBeNull();
  expect(describeDelta(5, null, formatCount)).toBeNull();
});

describe('what differs as any two runs do', () => {
  it.each([
    [1000, 1400, true],
    [1000, 9000, false],
    [null, null, true],
    [null, 5, false],
  ])('of %s and %s ms: %s', (before, after, isSimilar) => {
    expect(areSimilarDurations(before, after)).toBe(isSimilar);
  });

  it('is not a number of rows, and not a much larger number of bytes', () => {
    const loaded = (rows: number, bytes: number) => ({ rows_loaded: rows, bytes_loaded: bytes });
    expect(areSimilarLoads(loaded(10, 1000), loaded(10, 1100))).toBe(true);
    expect(areSimilarLoads(loaded(10, 1000), loaded(10, 1300))).toBe(false);
    expect(areSimilarLoads(loaded(10, 1000), loaded(11, 1000))).toBe(false);
    expect(areSimilarLoads(null, loaded(0, 0))).toBe(false);
    expect(areSimilarLoads(null, null)).toBe(true);
  });
});
