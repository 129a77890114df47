import { expect, it } from 'vitest';
import { shareRows } from './status-screen.ts';

it('gives each section what it needs if all fit', () => {
  expect(shareRows([2, 0, 5], 20)).toEqual([2, 0, 5]);
});

it('gives large sections what small ones leave', () => {
  expect(shareRows([1, 50, 50], 11)).toEqual([1, 5, 5]);
  expect(shareRows([50, 50, 50], 9)).toEqual([3, 3, 3]);
});

it('shows at least one row of each section on a tiny terminal', () => {
  expect(shareRows([9, 9, 0], -3)).toEqual([1, 1, 0]);
});
