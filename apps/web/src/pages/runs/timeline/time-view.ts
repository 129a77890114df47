import { fromWall, startOfWallDay, toWall } from '../../../ui/wall-time.ts';

/** The visible part of the time axis, in milliseconds since 1970. */
export interface TimeView {
  startMs: number;
  endMs: number;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Ranges that end shortly after now, by the word in the URL. */
const timeRanges = { '6h': 6 * hourMs, '24h': dayMs, '7d': 7 * dayMs, '30d': 30 * dayMs } as const;
export type TimeRange = keyof typeof timeRanges;
export const rangeNames = ['6h', '24h', '7d', '30d'] as const satisfies readonly TimeRange[];
export const defaultRange: TimeRange = '24h';

/** Length of a range without the time that is added for planned ticks. */
export const rangeLengthMs = (range: TimeRange) => timeRanges[range];

const minLengthMs = 60_000;
const maxLengthMs = 40 * dayMs;
/** Share of a range that is added after now, for planned ticks. */
const futureShare = 1 / 6;

/** The view of a range: the range up to now, and some time after it. */
export function viewOfRange(range: TimeRange, nowMs: number): TimeView {
  return { startMs: nowMs - timeRanges[range], endMs: nowMs + timeRanges[range] * futureShare };
}

export const lengthOf = ({ startMs, endMs }: TimeView) => endMs - startMs;

/** Position of an instant on an axis of `widthPx`; outside of 0 to `widthPx` if it is not visible. */
export function toX(view: TimeView, widthPx: number, atMs: number): number {
  return ((atMs - view.startMs) / lengthOf(view)) * widthPx;
}

/** The inverse of `toX`. */
export function toTime(view: TimeView, widthPx: number, x: number): number {
  return view.startMs + (x / Math.max(1, widthPx)) * lengthOf(view);
}

/** Makes the view `factor` times as long; the instant `aroundMs` keeps its position. */
export function zoomView(view: TimeView, factor: number, aroundMs: number): TimeView {
  const length = Math.min(maxLengthMs, Math.max(minLengthMs, lengthOf(view) * factor));
  const share = (aroundMs - view.startMs) / lengthOf(view);
  return { startMs: aroundMs - length * share, endMs: aroundMs + length * (1 - share) };
}

/** Moves the view by a time, to later for positive values. */
export function panView({ startMs, endMs }: TimeView, byMs: number): TimeView {
  return { startMs: startMs + byMs, endMs: endMs + byMs };
}

/** The distance and the middle of two fingers, from the left edge of the axis. */
export interface Pinch {
  distancePx: number;
  centerPx: number;
}

/** Fingers that are closer count as this far apart: they may touch each other. */
const minPinchPx = 10;

/** Zooms and pans the view of the start of a pinch, so that what was between the fingers stays there. */
export function pinchView(view: TimeView, widthPx: number, start: Pinch, now: Pinch): TimeView {
  const factor = Math.max(minPinchPx, start.distancePx) / Math.max(minPinchPx, now.distancePx);
  const zoomed = zoomView(view, factor, toTime(view, widthPx, start.centerPx));
  const msPerPx = lengthOf(zoomed) / Math.max(1, widthPx);
  return panView(zoomed, (start.centerPx - now.centerPx) * msPerPx);
}

/** Reads a view from URL parameters; null if they are not a range of valid length. */
export function readView(from: string | undefined, to: string | undefined): TimeView | null {
  const [startMs, endMs] = [Date.parse(from ?? ''), Date.parse(to ?? '')];
  const length = endMs - startMs;
  return length >= minLengthMs && length <= maxLengthMs ? { startMs, endMs } : null;
}

/** An instant in URLs: ISO 8601 to the second. */
export const toUrlTime = (atMs: number) => new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z');

const loadSteps = [5 * 60_000, 15 * 60_000, hourMs, 3 * hourMs, 6 * hourMs, dayMs, 2 * dayMs];
const marginShare = 0.25;

/**
 * The range to load for a view: with margins, so that a short pan needs no request, and aligned, so that the
 * view of a passing clock stays in the same range for a while.
 */
export function loadedRange(view: TimeView): TimeView {
  const marginMs = lengthOf(view) * marginShare;
  const stepMs = loadSteps.findLast((step) => step <= marginMs) ?? 5 * 60_000;
  return {
    startMs: Math.floor((view.startMs - marginMs) / stepMs) * stepMs,
    endMs: Math.ceil((view.endMs + marginMs) / stepMs) * stepMs,
  };
}

export interface AxisMark {
  atMs: number;
  isMidnight: boolean;
}

const minuteMs = 60_000;
const axisSteps = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720].map((minutes) => minutes * minuteMs);
const dayCounts = [1, 2, 7, 14];
const minMarkPx = 64;

/** Lists labelled times of the axis at round times of the shown zone, at least 64 px from each other, in order. */
export function listAxisMarks(view: TimeView, widthPx: number): AxisMark[] {
  const msPerPx = lengthOf(view) / Math.max(1, widthPx);
  const stepMs = axisSteps.find((step) => step / msPerPx >= minMarkPx);
  const dayCount = dayCounts.find((count) => (count * dayMs) / msPerPx >= minMarkPx) ?? 28;
  const marks: AxisMark[] = [];
  for (let day = startOfDay(view.startMs), index = 0; day <= view.endMs; day = nextDay(day), index += 1) {
    if (stepMs === undefined) {
      if (index % dayCount === 0) marks.push({ atMs: day, isMidnight: true });
      continue;
    }
    // Each day starts anew, so that marks stay round after a change of the clock.
    for (let atMs = day; atMs < nextDay(day) - stepMs / 2; atMs += stepMs) {
      marks.push({ atMs, isMidnight: atMs === day });
    }
  }
  return marks.filter(({ atMs }) => atMs >= view.startMs && atMs <= view.endMs);
}

function startOfDay(atMs: number): number {
  return fromWall(startOfWallDay(toWall(atMs)));
}

function nextDay(dayStartMs: number): number {
  return fromWall(startOfWallDay(toWall(dayStartMs)) + dayMs);
}
