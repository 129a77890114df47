import { expect, test } from 'vitest';
import { findMissingRanges } from './missing-ranges.ts';

test('nothing is missing', () => {
  expect(findMissingRanges([])).toEqual([]);
});

test('lines near to each other come by one request', () => {
  expect(findMissingRanges([10, 11, 12, 40])).toEqual([{ from: 10, to: 41 }]);
});

test('lines far from each other do not', () => {
  expect(findMissingRanges([3, 1000])).toEqual([
    { from: 3, to: 4 },
    { from: 1000, to: 1001 },
  ]);
});

test('what is in sight comes first', () => {
  expect(findMissingRanges([5000, 5001, 10, 9000])).toEqual([
    { from: 5000, to: 5002 },
    { from: 9000, to: 9001 },
    { from: 10, to: 11 },
  ]);
});

test('a request has no more lines than the API gives', () => {
  const lines = Array.from({ length: 4500 }, (_, index) => index);
  expect(findMissingRanges(lines)).toEqual([
    { from: 0, to: 2000 },
    { from: 2000, to: 4000 },
    { from: 4000, to: 4500 },
  ]);
});
