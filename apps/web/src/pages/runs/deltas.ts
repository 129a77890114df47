import { isNotableDuration } from '@pumphouse/contract';
import { formatPercent } from '../../ui/format.ts';

/** A change of a number: text and direction. */
export interface Delta {
  text: string;
  direction: 'more' | 'less' | 'same';
}

/** The difference of two numbers, also in percent of the first. Null if one of them is unknown. */
export function describeDelta(
  before: number | null,
  after: number | null,
  format: (size: number) => string,
): Delta | null {
  if (before === null || after === null) return null;
  const change = after - before;
  if (change === 0) return { text: '±0', direction: 'same' };
  const sign = change > 0 ? '+' : '−';
  const part = before === 0 ? '' : ` (${sign}${formatPercent(Math.abs(change) / before)})`;
  return { text: `${sign}${format(Math.abs(change))}${part}`, direction: change > 0 ? 'more' : 'less' };
}

/** Whether two durations differ by less than any two runs do. Both unknown counts as equal. */
export function areSimilarDurations(beforeMs: number | null, afterMs: number | null): boolean {
  if (beforeMs === null || afterMs === null) return beforeMs === afterMs;
  return !isNotableDuration(beforeMs, afterMs);
}

/** Files of the same rows vary in size with their compression. */
const similarBytesShare = 0.2;

interface Loaded {
  rows_loaded: number;
  bytes_loaded: number;
}

/** Whether two runs loaded the same number of rows into a table, with about the same number of bytes. */
export function areSimilarLoads(before: Loaded | null, after: Loaded | null): boolean {
  if (before === null || after === null) return before === after;
  const difference = Math.abs(after.bytes_loaded - before.bytes_loaded);
  return after.rows_loaded === before.rows_loaded && difference <= before.bytes_loaded * similarBytesShare;
}
