import { expect, test } from 'vitest';
import { describeDelta } from './deltas.ts';
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
