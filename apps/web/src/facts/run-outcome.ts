import type { RunOverviewResponse } from '@pumphouse/contract';
import { formatCompactCount, formatCount } from '../look/format.ts';

/** What is needed of a run to say what came of it. */
export type EndedRun = Pick<RunOverviewResponse, 'status' | 'reason' | 'skip' | 'waiting' | 'loaded'>;

export interface OutcomeWords {
  kind: 'failure' | 'wait' | 'skip' | 'loaded' | 'nothing';
  text: string;
  /** `pipeline.py:22`, where the failure came from. */
  place: string | null;
  schemaChanged: boolean;
}

/** What became of a run, in one line: why it failed or waits, else what it loaded. */
export function describeOutcome(run: EndedRun): OutcomeWords {
  const schemaChanged = run.loaded?.schema_change ?? false;
  if (run.status === 'failed' && run.reason !== null) {
    const { location } = run.reason;
    const place = location === null ? null : `${location.file}:${location.line}`;
    return { kind: 'failure', text: run.reason.summary, place, schemaChanged };
  }
  if (run.skip !== null) {
    const times = run.skip.count > 1 ? `${formatCount(run.skip.count)} times: ` : '';
    return { kind: 'skip', text: times + run.skip.reasons.join('; '), place: null, schemaChanged };
  }
  if (run.waiting !== null) return { kind: 'wait', text: run.waiting.reason, place: null, schemaChanged };
  if (run.loaded === null) return { kind: 'nothing', text: '', place: null, schemaChanged };
  return { kind: 'loaded', text: describeLoaded(run.loaded), place: null, schemaChanged };
}

function describeLoaded({ rows, table_count: tables }: NonNullable<EndedRun['loaded']>): string {
  if (tables === 0) return rows === 0 ? 'Nothing new' : countOf(rows, 'row');
  return `${countOf(rows, 'row')}, ${countOf(tables, 'table')}`;
}

function countOf(count: number, word: string): string {
  const figure = count < 1_000_000 ? formatCount(count) : formatCompactCount(count);
  return `${figure} ${word}${count === 1 ? '' : 's'}`;
}
