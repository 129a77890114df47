import type { RunInterval } from './run-interval.ts';

/**
 * Returns the first part of the interval that none of the taken ones includes, up to the next taken one;
 * empty (the end twice) if none is left.
 * @param taken joined and in order
 */
export function findFreeInterval(interval: RunInterval, taken: readonly RunInterval[]): RunInterval {
  let { start } = interval;
  for (const { start: takenStart, end: takenEnd } of taken) {
    if (takenEnd <= start) continue;
    if (takenStart > start) return { start, end: takenStart < interval.end ? takenStart : interval.end };
    start = takenEnd;
    if (start >= interval.end) return { start: interval.end, end: interval.end };
  }
  return { start, end: interval.end };
}
