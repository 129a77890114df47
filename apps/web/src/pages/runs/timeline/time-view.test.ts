import { describe, expect, it } from 'vitest';
import {
  lengthOf,
  listAxisMarks,
  loadedRange,
  panView,
  readView,
  toTime,
  toUrlTime,
  toX,
  viewOfRange,
  zoomView,
  pinchView,
} from './time-view.ts';

const hourMs = 3_600_000;
const now = Date.parse('2026-03-10T12:00:00Z');
const day = { startMs: now - 24 * hourMs, endMs: now };

it('a range ends after now, with room for planned ticks', () => {
  expect(viewOfRange('24h', now)).toEqual({ startMs: now - 24 * hourMs, endMs: now + 4 * hourMs });
});

it('times map to pixels and back', () => {
  expect(toX(day, 240, now - 12 * hourMs)).toBe(120);
  expect(toTime(day, 240, 120)).toBe(now - 12 * hourMs);
});

it('zooming keeps the place of an instant, within bounds', () => {
  const around = now - 6 * hourMs;
  const zoomed = zoomView(day, 0.5, around);
  expect(lengthOf(zoomed)).toBe(12 * hourMs);
  expect(toX(zoomed, 100, around)).toBeCloseTo(toX(day, 100, around));
  expect(lengthOf(zoomView(day, 1e-9, now))).toBe(60_000);
  expect(lengthOf(zoomView(day, 1e9, now))).toBe(40 * 24 * hourMs);
});

it('a view is read from the URL, unless it is no valid range', () => {
  const [from, to] = [toUrlTime(day.startMs), toUrlTime(day.endMs)];
  expect(from).toBe('2026-03-09T12:00:00Z');
  expect(readView(from, to)).toEqual(day);
  for (const [start, end] of [
    [to, from],
    ['x', to],
    [undefined, to],
    ['2020-01-01', to],
  ]) {
    expect(readView(start, end)).toBeNull();
  }
});

it('the loaded range has margins, stays the same for a while, and is never longer than the API allows', () => {
  const range = loadedRange(day);
  expect(day.startMs - range.startMs).toBeGreaterThanOrEqual(6 * hourMs);
  expect(range.endMs - day.endMs).toBeGreaterThanOrEqual(6 * hourMs);
  expect(loadedRange(panView(day, 61_000))).toEqual(loadedRange(panView(day, 62_000)));
  for (let shift = 0; shift < 48; shift += 1) {
    const longest = panView(zoomView(day, 1e9, now), shift * hourMs);
    expect(lengthOf(loadedRange(longest))).toBeLessThanOrEqual(62 * 24 * hourMs);
  }
});

describe('the marks of the axis', () => {
  it.each([60_000, hourMs, 6 * hourMs, 24 * hourMs, 7 * 24 * hourMs, 35 * 24 * hourMs])(
    'of %d ms are within the view, in order, at round times, and apart',
    (length) => {
      const view = { startMs: now - length, endMs: now };
      const marks = listAxisMarks(view, 1200);
      expect(marks.length).toBeGreaterThan(0);
      for (const [index, { atMs }] of marks.entries()) {
        expect(toX(view, 1200, atMs)).toBeGreaterThanOrEqual(0);
        expect(toX(view, 1200, atMs)).toBeLessThanOrEqual(1200);
        expect(new Date(atMs).getSeconds()).toBe(0);
        const before = marks[index - 1];
        if (before) expect(toX(view, 1200, atMs) - toX(view, 1200, before.atMs)).toBeGreaterThanOrEqual(60);
      }
    },
  );
});

describe('a pinch', () => {
  const view = { startMs: 0, endMs: 10 * 3_600_000 };
  const at = (left: number, right: number) => ({ distancePx: right - left, centerPx: (left + right) / 2 });
  const hours = ({ startMs, endMs }: { startMs: number; endMs: number }) => [
    startMs / 3_600_000,
    endMs / 3_600_000,
  ];

  it.each([
    ['apart zooms in around its middle', at(400, 600), at(300, 700), [2.5, 7.5]],
    ['together zooms out', at(300, 700), at(400, 600), [-5, 15]],
    ['sideways pans', at(400, 600), at(500, 700), [-1, 9]],
    ['apart and sideways keeps what was between the fingers', at(0, 200), at(600, 1000), [-3, 2]],
  ])('%s', (_what, start, now, expected) => {
    expect(hours(pinchView(view, 1000, start, now))).toEqual(expected);
  });

  it('of fingers that touch each other keeps a length', () => {
    const { startMs, endMs } = pinchView(view, 1000, at(500, 500), at(500, 500));
    expect(endMs - startMs).toBe(view.endMs);
  });
});
