import { instantOfWallClockMs, wallClockMs } from '../primitives/time-zone.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Where sums over a stretch of time are read: rollups of whole UTC months or days, or the runs themselves. */
export type SumSource = 'month' | 'day' | 'run';

/** A stretch of time from `fromMs` up to, not including, `toMs`, whose sums are added (1) or taken back (-1). */
export interface SumPiece {
  source: SumSource;
  fromMs: number;
  toMs: number;
  sign: 1 | -1;
}

/** A stretch of time; null stands for the beginning or the end of everything. */
export interface Window {
  start: Date | null;
  end: Date | null;
}

/**
 * Pieces whose signed sums are those of the window. Months are taken where they can be, days up to the nearest midnight, and runs
 * only between that midnight and the ragged end: at most half a day of them at each end, added or taken back.
 */
export function piecesOfWindow({ start, end }: Window): SumPiece[] {
  const from = start?.getTime() ?? -Infinity;
  const to = end?.getTime() ?? Infinity;
  if (from >= to) return [];
  const days = { from: nearestMidnightMs(from), to: nearestMidnightMs(to) };
  if (days.from === days.to) return stretch('run', from, to);
  const edges = [...stretch('run', from, days.from), ...stretch('run', days.to, to)];
  const months = { from: nearestMonthMs(days.from), to: nearestMonthMs(days.to) };
  if (months.from === months.to) return [...stretch('day', days.from, days.to), ...edges];
  return [
    ...stretch('month', months.from, months.to),
    ...stretch('day', days.from, months.from),
    ...stretch('day', months.to, days.to),
    ...edges,
  ];
}

/** The sums from `fromMs` to `toMs`: those of the way back, taken back, where `toMs` is the earlier one. */
function stretch(source: SumSource, fromMs: number, toMs: number): SumPiece[] {
  if (fromMs === toMs) return [];
  return [
    fromMs < toMs ? { source, fromMs, toMs, sign: 1 } : { source, fromMs: toMs, toMs: fromMs, sign: -1 },
  ];
}

/** One day of a time zone: what a chart has a point for. */
export interface ZoneDay {
  /** `YYYY-MM-DD` in the zone. */
  date: string;
  startMs: number;
  endMs: number;
}

/**
 * The days of a zone that a window touches, each whole. A day has 23 or 25 hours where clocks move, and a zone that skipped a date
 * has no such day. @param window both ends, the start before the end
 */
export function daysOfWindow(window: { start: Date; end: Date }, zone: string): ZoneDay[] {
  const wallOf = (dayMs: number) => instantOfWallClockMs(dayMs, zone);
  const days: ZoneDay[] = [];
  let dayMs = floorTo(wallClockMs(window.start.getTime(), zone), DAY_MS);
  while (wallOf(dayMs) < window.end.getTime()) {
    const day = {
      date: new Date(dayMs).toISOString().slice(0, 10),
      startMs: wallOf(dayMs),
      endMs: wallOf(dayMs + DAY_MS),
    };
    if (day.startMs < day.endMs) days.push(day);
    dayMs += DAY_MS;
  }
  return days;
}

/**
 * The hours of a zone's clock that a window touches, each whole. They follow each other by 60 minutes, also where clocks move.
 * @param window both ends, the start before the end
 */
export function hoursOfWindow(
  window: { start: Date; end: Date },
  zone: string,
): { startMs: number; endMs: number }[] {
  const startMs = window.start.getTime();
  const wallMs = wallClockMs(startMs, zone);
  const firstMs = startMs - (wallMs - floorTo(wallMs, HOUR_MS));
  const count = Math.ceil((window.end.getTime() - firstMs) / HOUR_MS);
  return Array.from({ length: count }, (_, index) => ({
    startMs: firstMs + index * HOUR_MS,
    endMs: firstMs + (index + 1) * HOUR_MS,
  }));
}

/** Where sums of whole UTC days or hours are read. */
export type DayUnit = 'day' | 'hour';

/** Runs between the midnight of a zone's day and the nearest border of the unit: they belong to another day than the unit does. */
export interface DayCorrection {
  fromMs: number;
  toMs: number;
  /** Index of the day that they are taken from, and of the one that they go to; -1 and the number of days stand for outside. */
  fromDay: number;
  toDay: number;
}

/** How the sums of a zone's days come of those of UTC days or hours. */
export interface DayPlan {
  unit: DayUnit;
  /** Borders of the unit: day `index` has the units from `index` up to `index + 1`. */
  bordersMs: number[];
  corrections: DayCorrection[];
}

const unitMs: Record<DayUnit, number> = { day: DAY_MS, hour: HOUR_MS };

/** @param days one after the other without a gap */
export function planDays(days: readonly ZoneDay[], unit: DayUnit): DayPlan {
  const boundaries = days.map((day) => day.startMs);
  const last = days.at(-1);
  if (last) boundaries.push(last.endMs);
  const bordersMs = boundaries.map((ms) => nearestMs(ms, unitMs[unit]));
  const corrections = boundaries.flatMap((boundary, index): DayCorrection[] => {
    const border = bordersMs[index] ?? boundary;
    if (boundary === border) return [];
    return boundary < border
      ? [{ fromMs: boundary, toMs: border, fromDay: index - 1, toDay: index }]
      : [{ fromMs: border, toMs: boundary, fromDay: index, toDay: index - 1 }];
  });
  return { unit, bordersMs, corrections };
}

function nearestMidnightMs(ms: number): number {
  return Number.isFinite(ms) ? nearestMs(ms, DAY_MS) : ms;
}

function nearestMs(ms: number, unit: number): number {
  return floorTo(ms + unit / 2, unit);
}

/** @param midnightMs a midnight of UTC */
function nearestMonthMs(midnightMs: number): number {
  if (!Number.isFinite(midnightMs)) return midnightMs;
  // Setters, since Date.UTC takes a year before 100 for one of the twentieth century.
  const before = new Date(midnightMs).setUTCDate(1);
  const after = new Date(before).setUTCMonth(new Date(before).getUTCMonth() + 1);
  return midnightMs - before <= after - midnightMs ? before : after;
}

function floorTo(ms: number, unit: number): number {
  return Math.floor(ms / unit) * unit;
}
