import { expect, test } from 'vitest';
import { ListView } from './list-view.ts';

function createView(count: number, { isFollowing = false } = {}): ListView {
  const view = new ListView(18, isFollowing);
  view.resize(600);
  view.setCount(count);
  return view;
}

/** Simulates the scrolling element: applies the pending scroll position and reports it. */
function obey(view: ListView): number | null {
  const scrollTop = view.takeScrollTop();
  if (scrollTop !== null) view.scrolled(scrollTop);
  return scrollTop;
}

test('the visible rows and some around them are rendered', () => {
  const view = createView(1000);
  view.scrolled(9000);
  expect(view.inSight).toEqual({ first: 500, end: 534 });
  expect(view.drawn).toEqual({ first: 488, end: 546 });
  expect(view.offsetOf(501)).toBe(18);
});

test('an empty list renders nothing', () => {
  expect(createView(0).drawn).toEqual({ first: 0, end: 0 });
});

test('the list stays at the end as it grows until the user scrolls up', () => {
  const view = createView(1000, { isFollowing: true });
  expect(obey(view)).toBe(17_400);
  view.setCount(1010);
  expect(obey(view)).toBe(17_580);
  expect(view.inSight.end).toBe(1010);
  view.scrolled(17_000);
  view.setCount(2000);
  expect([view.isFollowing, obey(view), view.inSight.first]).toEqual([false, null, 944]);
});

test('scrolling to the end resumes following', () => {
  const view = createView(1000);
  view.scrolled(17_400);
  expect(view.isFollowing).toBe(true);
});

test('measuring higher rows above does not move the visible rows', () => {
  const view = createView(1000);
  view.scrolled(9005);
  const before = view.offsetOf(500);
  view.measure([
    [490, 54],
    [495, 36],
  ]);
  expect(view.offsetOf(500)).toBe(before);
  expect(obey(view)).toBe(9059);
});

test('a revealed row is moved to the middle unless it is visible', () => {
  const view = createView(1000);
  view.reveal(500);
  expect(obey(view)).toBe(9000 - 291);
  view.reveal(505);
  expect(obey(view)).toBeNull();
  view.reveal(999);
  expect(obey(view)).toBe(17_400);
});

test('a revealed row stays in the middle when the rows around it turn out to be higher', () => {
  const view = createView(1000);
  view.reveal(500);
  const middle = view.offsetOf(500);
  view.measure(Array.from({ length: 40 }, (_, index) => [480 + index, 54] as const));
  expect(view.offsetOf(500)).toBe(middle);
  view.forgetHeights();
  expect(view.offsetOf(500)).toBe(middle);
  obey(view);
  view.scrolled(4500);
  const first = view.offsetOf(250);
  view.measure([[245, 54]]);
  expect(view.offsetOf(250)).toBe(first);
});

test('a list that became shorter is scrolled to its end', () => {
  const view = createView(1000);
  view.scrolled(9000);
  view.setCount(100);
  expect(obey(view)).toBe(1200);
  expect(view.inSight.end).toBe(100);
});

test('five million rows are all reachable, and scroll steps are exact', () => {
  const view = createView(5_000_000);
  expect(view.scrolledHeight).toBe(10_000_000);
  view.toEnd(false);
  obey(view);
  expect(view.inSight.end).toBe(5_000_000);
  view.scrolled(5_000_000);
  const before = view.inSight.first;
  view.scrolled(5_000_180);
  expect(view.inSight.first).toBe(before + 10);
});

test('five million rows: the scrollbar is corrected before it reaches its end', () => {
  const view = createView(5_000_000);
  view.reveal(2_000_000);
  let scrollTop = obey(view) ?? 0;
  for (let turn = 0; turn < 20_000; turn++) {
    scrollTop -= 100;
    view.scrolled(scrollTop);
    scrollTop = obey(view) ?? scrollTop;
    expect(scrollTop).toBeGreaterThan(100_000);
  }
  expect(view.inSight.first).toBeCloseTo(2_000_000 - 111_128, -2);
});

test('a list that outgrows the maximum element height keeps its position', () => {
  const view = createView(500_000);
  view.reveal(400_000);
  obey(view);
  const before = view.inSight;
  view.setCount(3_000_000);
  obey(view);
  expect(view.inSight).toEqual(before);
});
