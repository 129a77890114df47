import { expect, test } from 'vitest';
import { findMissingRanges } from './missing-ranges.ts';

test('no lines need no request', () => {
  expect(findMissingRanges([])).toEqual([]);
});

test('nearby lines share a request', () => {
  expect(findMissingRanges([10, 11, 12, 40])).toEqual([{ from: 10, to: 41 }]);
});

test('distant lines need separate requests', () => {
  expect(findMissingRanges([3, 1000])).toEqual([
    { from: 3, to: 4 },
    { from: 1000, to: 1001 },
  ]);
});

test('the first line of the list is requested first', () => {
  expect(findMissingRanges([5000, 5001, 10, 9000])).toEqual([
    { from: 5000, to: 5002 },
    { from: 9000, to: 9001 },
    { from: 10, to: 11 },
  ]);
});

test('a request never exceeds the limit of the API', () => {
  const lines = Array.from({ length: 4500 }, (_, index) => index);
  expect(findMissingRanges(lines)).toEqual([
    { from: 0, to: 2000 },
    { from: 2000, to: 4000 },
    { from: 4000, to: 4500 },
  ]);
});
