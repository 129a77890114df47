import { instantOfWallClockMs, wallClockMs } from '../primitives/time-zone.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The source of sums over a period: rollups of whole UTC months or days, or the runs themselves. */
export type SumSource = 'month' | 'day' | 'run';

/**
 * The period from `fromMs` (inclusive) to `toMs` (exclusive), whose sums are added (1) or subtracted (-1).
 */
export interface SumPiece {
  source: SumSource;
  fromMs: number;
  toMs: number;
  sign: 1 | -1;
}

/** A time window; null means unbounded. */
export interface Window {
  start: Date | null;
  end: Date | null;
}

/**
 * Splits a window into pieces whose signed sums equal its own. Uses months where possible, days up to the
 * nearest midnight, and runs only between that midnight and the end of the window: at most half a day at each
 * end, added or subtracted.
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

/**
 * Returns the piece from `fromMs` to `toMs`; if `toMs` is earlier, the reverse piece with a negative sign.
 */
function stretch(source: SumSource, fromMs: number, toMs: number): SumPiece[] {
  if (fromMs === toMs) return [];
  return [
    fromMs < toMs ? { source, fromMs, toMs, sign: 1 } : { source, fromMs: toMs, toMs: fromMs, sign: -1 },
  ];
}

/** One day of a time zone, a data point of a chart. */
export interface ZoneDay {
  /** `YYYY-MM-DD` in the zone. */
  date: string;
  startMs: number;
  endMs: number;
}

/**
 * Lists the days of a zone that a window overlaps, as whole days. A day has 23 or 25 hours at a clock change;
 * a date that the zone skipped is omitted.
 * @param window both ends, start before end
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
 * Lists the hours of a zone's clock that a window overlaps, as whole hours. They are always 60 minutes apart,
 * also at clock changes.
 * @param window both ends, start before end
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

/** The unit of the sums that a day plan reads: whole UTC days or hours. */
export type DayUnit = 'day' | 'hour';

/**
 * Runs between midnight in the zone and the nearest unit boundary: the unit assigns them to the wrong day.
 */
export interface DayCorrection {
  fromMs: number;
  toMs: number;
  /**
   * Index of the day that the runs move from and the day they move to; -1 and the number of days mean
   * outside.
   */
  fromDay: number;
  toDay: number;
}

/** How to compute the sums of a zone's days from sums of UTC days or hours. */
export interface DayPlan {
  unit: DayUnit;
  /** Unit boundaries: day `index` consists of the units from `index` to `index + 1`. */
  bordersMs: number[];
  corrections: DayCorrection[];
}

const unitMs: Record<DayUnit, number> = { day: DAY_MS, hour: HOUR_MS };

/**
 * Plans the sums of a zone's days.
 * @param days consecutive days
 */
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

/** @param midnightMs midnight in UTC */
function nearestMonthMs(midnightMs: number): number {
  if (!Number.isFinite(midnightMs)) return midnightMs;
  // Uses setters because Date.UTC maps years below 100 to the twentieth century.
  const before = new Date(midnightMs).setUTCDate(1);
  const after = new Date(before).setUTCMonth(new Date(before).getUTCMonth() + 1);
  return midnightMs - before <= after - midnightMs ? before : after;
}

function floorTo(ms: number, unit: number): number {
  return Math.floor(ms / unit) * unit;
}
