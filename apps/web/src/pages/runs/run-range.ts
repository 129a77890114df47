import { rangeLengthMs, rangeNames, toUrlTime, type TimeRange } from './timeline/time-view.ts';
import { readTimeInput } from '../../ui/wall-time.ts';

/** Ranges of the list of runs that end now; without one it lists all runs. */
export const runRanges = rangeNames;
export const runRangeLabels: Record<TimeRange, string> = {
  '6h': '6 h',
  '24h': '24 h',
  '7d': '7 d',
  '30d': '30 d',
};

const stepMs = 15 * 60_000;

/** The start of a range in ISO 8601. It stays the same for 15 minutes, so that the list is not fetched anew. */
export function startOfRange(range: TimeRange, nowMs: number): string {
  return new Date(Math.floor(nowMs / stepMs) * stepMs - rangeLengthMs(range)).toISOString();
}

/** The URL parameters of a range of time: whole seconds that contain it. */
export function toRangeSearch(startMs: number, endMs: number) {
  const to = toUrlTime(Math.ceil(endMs / 1000) * 1000);
  return { range: undefined, from: toUrlTime(startMs), to };
}

/** Reads a range from two inputs of times in the shown zone; null if it is not a range. */
export function readInputRange(from: string, to: string): { startMs: number; endMs: number } | null {
  const [startMs, endMs] = [readTimeInput(from), readTimeInput(to)];
  return startMs < endMs ? { startMs, endMs } : null;
}
