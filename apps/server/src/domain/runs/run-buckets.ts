import type { RunState } from '@pumphouse/contract';
import { wallClockMs } from '../primitives/time-zone.ts';

/** Numbers of runs by state, as lists show them. */
export interface StateCounts {
  pending: number;
  running: number;
  completed: number;
  failed: number;
  cancelled: number;
  skipped: number;
}

/** A part of a range of time, with the runs that were created in it. */
export interface CountBucket {
  startMs: number;
  endMs: number;
  counts: StateCounts;
}

/** A range of time; the end is exclusive. */
export interface Range {
  startMs: number;
  endMs: number;
}

const minuteMs = 60_000;
export const quarterMs = 15 * minuteMs;
const dayMinutes = 1440;
const bucketMinutes = [1, 5, 15, 30, 60, 120, 180, 360, 720, dayMinutes, 2 * dayMinutes, 7 * dayMinutes];
/** 5 January 1970 was a Monday, so that weeks start on Mondays. */
const mondayMs = 4 * dayMinutes * minuteMs;

/** Returns the shortest round length of at most `maxBuckets` buckets of a range, in milliseconds. */
export function chooseBucketMs({ startMs, endMs }: Range, maxBuckets: number): number {
  // One more bucket than whole ones fit, because the first and the last may be cut.
  const isEnough = (lengthMs: number) => Math.ceil((endMs - startMs) / lengthMs) + 1 <= maxBuckets;
  const round = bucketMinutes.find((minutes) => isEnough(minutes * minuteMs));
  if (round !== undefined) return round * minuteMs;
  const weekMs = 7 * dayMinutes * minuteMs;
  return Math.ceil((endMs - startMs) / weekMs / Math.max(1, maxBuckets - 1)) * weekMs;
}

/**
 * Returns an instant at which a bucket of any round length starts: midnight in the zone, by its offset at `atMs`.
 * Buckets on the other side of a clock change are an hour off.
 */
export function originOfBuckets(atMs: number, zone: string): number {
  const offsetMs = wallClockMs(atMs, zone) - atMs;
  // Sums exist by quarter hours of UTC only.
  return mondayMs - Math.round(offsetMs / quarterMs) * quarterMs;
}

/** Lists the buckets of a range in order, with the cells that start in each. The outer ones are cut to the range. */
export function fillBuckets(
  { startMs, endMs }: Range,
  { bucketMs, originMs }: { bucketMs: number; originMs: number },
  cells: readonly { startsAt: Date; status: RunState; count: number }[],
): CountBucket[] {
  const firstMs = originMs + Math.floor((startMs - originMs) / bucketMs) * bucketMs;
  const count = Math.max(1, Math.ceil((endMs - firstMs) / bucketMs));
  const buckets = Array.from({ length: count }, (_, index) => ({
    startMs: Math.max(startMs, firstMs + index * bucketMs),
    endMs: Math.min(endMs, firstMs + (index + 1) * bucketMs),
    counts: noRuns(),
  }));
  for (const cell of cells) {
    const index = Math.floor((cell.startsAt.getTime() - firstMs) / bucketMs);
    const bucket = buckets[Math.min(count - 1, Math.max(0, index))];
    if (bucket) bucket.counts[toCounted(cell.status)] += cell.count;
  }
  return buckets;
}

/** Adds up the counts of buckets. */
export function sumBuckets(buckets: readonly CountBucket[]): StateCounts {
  const sums = noRuns();
  for (const { counts } of buckets) {
    for (const state of countedStates) sums[state] += counts[state];
  }
  return sums;
}

const noRuns = (): StateCounts => ({
  pending: 0,
  running: 0,
  completed: 0,
  failed: 0,
  cancelled: 0,
  skipped: 0,
});
const countedStates = ['pending', 'running', 'completed', 'failed', 'cancelled', 'skipped'] as const;

function toCounted(status: RunState): keyof StateCounts {
  return status === 'starting' || status === 'cancelling' ? 'running' : status;
}
