import { expect, it } from 'vitest';
import { isNotableDuration } from './notable-durations.ts';

it.each([
  [10, 90, false],
  [1000, 1499, false],
  [1000, 1500, true],
  [10_000, 11_000, false],
  [10_000, 12_000, true],
  [10_000, 8000, true],
  [0, 499, false],
  [0, 500, true],
  [5000, 5000, false],
])('of %d and %d ms, the difference is notable: %s', (before, after, isNotable) => {
  expect(isNotableDuration(before, after)).toBe(isNotable);
});
