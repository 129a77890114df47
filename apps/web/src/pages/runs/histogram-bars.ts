import type { RunCountsResponse } from '@pumphouse/contract';
import { formatCount, formatShortInstant } from '../../ui/format.ts';
import { sumOfStates } from '../../charts/stacked-parts.ts';
import type { CountedState } from './run-list.ts';

export type HistogramBucket = RunCountsResponse['buckets'][number];

/** The selected buckets: from the one where the selection began to the current one, in either direction. */
export interface BucketSpan {
  anchor: number;
  current: number;
}

export const isInSpan = ({ anchor, current }: BucketSpan, index: number) =>
  index >= Math.min(anchor, current) && index <= Math.max(anchor, current);

/** The range of time of the selected buckets; null without buckets. */
export function rangeOfSpan(
  buckets: readonly HistogramBucket[],
  { anchor, current }: BucketSpan,
): { startMs: number; endMs: number } | null {
  const first = buckets[Math.min(anchor, current)];
  const last = buckets[Math.max(anchor, current)];
  return first && last ? { startMs: Date.parse(first.start), endMs: Date.parse(last.end) } : null;
}

/** The bucket at a horizontal position of a histogram whose buckets are equally wide. */
export function bucketAt(x: number, widthPx: number, count: number): number {
  return Math.min(count - 1, Math.max(0, Math.floor((x / Math.max(1, widthPx)) * count)));
}

/** "10:00 – 10:30: 2 failed, 3 completed". */
export function describeBucket(bucket: HistogramBucket, states: readonly CountedState[], now: Date): string {
  const [from, to] = [bucket.start, bucket.end].map((at) => formatShortInstant(new Date(at), now));
  return `${from} – ${to}: ${describeCounts(bucket, states)}`;
}

function describeCounts(
  counts: Readonly<Record<CountedState, number>>,
  states: readonly CountedState[],
): string {
  if (sumOfStates(counts, states) === 0) return 'no runs';
  const present = states.filter((state) => counts[state] > 0);
  return present.map((state) => `${formatCount(counts[state])} ${state}`).join(', ');
}
