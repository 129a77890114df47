import { listTicks } from './cron.ts';
import { isEmptyInterval, type RunInterval } from './run-interval.ts';

/** Joins intervals that overlap or touch and sorts the result. Empty intervals are dropped. */
export function sortAndCoalesce(intervals: readonly RunInterval[]): RunInterval[] {
  const sorted = intervals
    .filter((interval) => !isEmptyInterval(interval))
    .toSorted((a, b) => a.start.getTime() - b.start.getTime());
  const joined: RunInterval[] = [];
  for (const interval of sorted) {
    const last = joined.at(-1);
    if (last === undefined || interval.start > last.end) joined.push({ ...interval });
    else if (interval.end > last.end) last.end = interval.end;
  }
  return joined;
}

/** Returns the time of intervals without that of others. Both are joined and in order, as is the result. */
export function subtractIntervals(
  intervals: readonly RunInterval[],
  taken: readonly RunInterval[],
): RunInterval[] {
  const rest: RunInterval[] = [];
  let next = 0;
  for (const { start, end } of intervals) {
    let from = start;
    for (let other = taken[next]; other && other.start < end; other = taken[next]) {
      if (other.start > from) rest.push({ start: from, end: other.start });
      if (other.end > from) from = other.end;
      // The rest of it may take time of the next interval.
      if (other.end > end) break;
      next += 1;
    }
    if (from < end) rest.push({ start: from, end });
  }
  return rest;
}

/**
 * Lists the intervals between cron ticks that lie completely within `overall`, in order. At a spring gap of
 * an hourly cron one of them is empty, as in dlt 1.31.
 */
export function listIntervals(cron: string, overall: RunInterval, zone: string): RunInterval[] {
  const ticks = listTicks(cron, overall.start, overall.end, zone);
  const intervals: RunInterval[] = [];
  for (const [index, end] of ticks.entries()) {
    const start = ticks[index - 1];
    if (start !== undefined) intervals.push({ start, end });
  }
  return intervals;
}

/**
 * Lists the intervals of `overall` that still have to run. As in dlt 1.31, a completed range from the very
 * start moves the start to its own end, so an interval that it covers in part does not run again.
 */
export function listEligibleIntervals(
  cron: string,
  overall: RunInterval,
  completed: readonly RunInterval[],
  zone: string,
): RunInterval[] {
  const ranges = sortAndCoalesce(completed);
  const leading = ranges.find((range) => range.start <= overall.start && range.end > overall.start);
  if (leading !== undefined && leading.end >= overall.end) return [];
  const start = leading?.end ?? overall.start;
  return listIntervals(cron, { start, end: overall.end }, zone).filter(
    (interval) => !ranges.some((range) => range.start <= interval.start && interval.end <= range.end),
  );
}

/** Returns the first interval that still has to run; null if all have run. */
export function findNextInterval(
  cron: string,
  overall: RunInterval,
  completed: readonly RunInterval[],
  zone: string,
): RunInterval | null {
  return listEligibleIntervals(cron, overall, completed, zone)[0] ?? null;
}
