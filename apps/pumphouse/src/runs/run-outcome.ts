import type { RunOverviewResponse } from '@pumphouse/contract';
import { formatCount, formatDuration } from '../terminal/format.ts';
import { toOneLine } from '../terminal/plain-text.ts';

/** Describes the result of a run in one line: why it failed, waits or was skipped, or what it loaded. */
export function describeOutcome(
  run: Pick<RunOverviewResponse, 'status' | 'reason' | 'skip' | 'waiting' | 'unknown' | 'loaded'>,
): string {
  if (run.status === 'failed' && run.reason !== null) return describeFailure(run.reason);
  if (run.skip !== null) {
    const times = run.skip.count > 1 ? `${formatCount(run.skip.count)} times: ` : '';
    return times + run.skip.reasons.join('; ');
  }
  if (run.unknown !== null) return `unknown: ${run.unknown.detail}`;
  if (run.waiting !== null) return run.waiting.reason;
  return run.loaded === null ? '' : describeLoaded(run.loaded);
}

function describeFailure({ summary, location }: NonNullable<RunOverviewResponse['reason']>): string {
  const place = location === null ? '' : ` (${location.file}:${location.line})`;
  return toOneLine(summary + place);
}

/** What a run loaded: `1,200 rows, 3 tables`. */
export function describeLoaded({
  rows,
  table_count: tables,
}: Pick<NonNullable<RunOverviewResponse['loaded']>, 'rows' | 'table_count'>): string {
  if (rows === 0 && tables === 0) return 'nothing new';
  const loaded = countOf(rows, 'row');
  return tables === 0 ? loaded : `${loaded}, ${countOf(tables, 'table')}`;
}

/** A number with its noun: `1 row`, `2 rows`. */
export function countOf(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Describes the end of a run: `completed in 12 s: 100 rows, 1 table`. */
export function describeEnd(
  run: Pick<RunOverviewResponse, 'status' | 'duration_seconds' | 'loaded' | 'skip'>,
): string {
  if (run.skip !== null) return `was not started: ${run.skip.reasons.join('; ')}`;
  if (run.duration_seconds === null) return `${run.status} before it started`;
  const isDone = run.status === 'completed';
  const end = `${run.status} ${isDone ? 'in' : 'after'} ${formatDuration(run.duration_seconds)}`;
  return isDone && run.loaded !== null ? `${end}: ${describeLoaded(run.loaded)}` : end;
}
