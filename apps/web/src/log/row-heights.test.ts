import { expect, test } from 'vitest';
import { RowHeights } from './row-heights.ts';

function createHeights(count: number): RowHeights {
  const heights = new RowHeights(18);
  heights.setCount(count);
  return heights;
}

test('an empty list has no rows', () => {
  const heights = createHeights(0);
  expect([heights.total, heights.indexAt(0)]).toEqual([0, -1]);
});

test('unmeasured rows have the default height', () => {
  const heights = createHeights(5_000_000);
  expect(heights.total).toBe(90_000_000);
  expect(heights.topOf(4_999_999)).toBe(89_999_982);
  expect(heights.indexAt(89_999_990)).toBe(4_999_999);
});

test('a measured row moves the rows after it', () => {
  const heights = createHeights(1000);
  expect(heights.set(300, 54)).toBe(true);
  expect(heights.set(300, 54)).toBe(false);
  expect([heights.topOf(300), heights.topOf(301), heights.topOf(999)]).toEqual([5400, 5454, 18_018]);
  expect(heights.total).toBe(18_036);
  expect([5399, 5400, 5453, 5454].map((top) => heights.indexAt(top))).toEqual([299, 300, 300, 301]);
});

test('positions outside the list map to the first and last row', () => {
  const heights = createHeights(700);
  heights.set(0, 36);
  heights.set(699, 90);
  expect([heights.indexAt(-5), heights.indexAt(heights.total), heights.indexAt(1e9)]).toEqual([0, 699, 699]);
  expect(heights.topOf(700)).toBe(heights.total);
});

test('each row is found at its first and last pixel', () => {
  const heights = createHeights(800);
  for (let index = 0; index < 800; index += 7) heights.set(index, 18 * (1 + (index % 5)));
  let top = 0;
  for (let index = 0; index < 800; index++) {
    expect(heights.topOf(index)).toBe(top);
    expect(heights.indexAt(top)).toBe(index);
    expect(heights.indexAt(top + heights.heightOf(index) - 1)).toBe(index);
    top += heights.heightOf(index);
  }
  expect(heights.total).toBe(top);
});

test('measured heights survive growth and are discarded by a reset', () => {
  const heights = createHeights(10);
  heights.set(4, 36);
  heights.setCount(20);
  expect(heights.total).toBe(378);
  heights.reset();
  expect(heights.total).toBe(360);
});

test('a list that became shorter forgets the rows beyond its end', () => {
  const heights = createHeights(1000);
  heights.set(900, 90);
  heights.setCount(10);
  heights.setCount(1000);
  expect(heights.total).toBe(18_000);
});
