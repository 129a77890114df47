import type { IntervalPairs } from '../../store/records.ts';
import type { RunInterval } from '../../domain/scheduling/run-interval.ts';

/** Converts intervals of the store, which are pairs of milliseconds. */
export function toIntervals(pairs: IntervalPairs): RunInterval[] {
  return pairs.map(([start, end]) => ({ start: new Date(start), end: new Date(end) }));
}
