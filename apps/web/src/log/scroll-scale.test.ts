import { expect, test } from 'vitest';
import { followScroll, isDrifted, scaledHeight, toListTop, toScrollTop } from './scroll-scale.ts';

const long = 90_000_000;
const view = { total: long, viewport: 600 };

test('a list below the browser limit is not scaled', () => {
  expect(scaledHeight(1_800_000)).toBe(1_800_000);
  expect([toListTop(123_456, 1_800_000), toScrollTop(123_456, 1_800_000)]).toEqual([123_456, 123_456]);
});

test('a longer list is scaled, and both ends are exact', () => {
  const height = scaledHeight(long);
  expect(height).toBe(10_000_000);
  expect(toListTop(0, long)).toBe(0);
  expect(toListTop(height - 600, long)).toBe(long - 600);
  expect(toScrollTop(long - 600, long)).toBe(height - 600);
});

test('both conversions are inverse and monotonic', () => {
  let last = -1;
  for (let scrollTop = 0; scrollTop <= 9_999_400; scrollTop += 7919) {
    const listTop = toListTop(scrollTop, long);
    expect(listTop).toBeGreaterThan(last);
    expect(toScrollTop(listTop, long)).toBeCloseTo(scrollTop, 3);
    last = listTop;
  }
});

test('a step moves the list pixel by pixel; a jump follows the scrollbar', () => {
  const before = { scrollTop: 5_000_000, listTop: toListTop(5_000_000, long) };
  expect(followScroll(before, 5_000_100, view)).toBe(before.listTop + 100);
  expect(followScroll(before, 7_000_000, view)).toBe(toListTop(7_000_000, long));
  expect(followScroll({ scrollTop: 50, listTop: 60 }, 0, view)).toBe(10);
});

test('the list position stays within its bounds', () => {
  expect(followScroll({ scrollTop: 500, listTop: 100 }, 0, view)).toBe(0);
  expect(followScroll({ scrollTop: 9_999_000, listTop: long - 700 }, 9_999_400, view)).toBe(long - 600);
});

test('the drift after many steps is detected before an end is reached', () => {
  const before = { scrollTop: 5_000_000, listTop: toListTop(5_000_000, long) };
  expect(isDrifted(before, long)).toBe(false);
  expect(isDrifted({ scrollTop: before.scrollTop + 600_000, listTop: before.listTop + 600_000 }, long)).toBe(
    true,
  );
});
