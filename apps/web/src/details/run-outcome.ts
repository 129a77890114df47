import { describeSchemaChange, type ChangeLine } from '@pumphouse/client';
import type { RunOverviewResponse } from '@pumphouse/contract';
import { formatCompactCount, formatCount, formatNoun } from '../ui/format.ts';

/** The fields of a run that describe its result. */
export type EndedRun = Pick<
  RunOverviewResponse,
  'status' | 'reason' | 'skip' | 'waiting' | 'unknown' | 'loaded'
>;

export interface OutcomeText {
  kind: 'failure' | 'wait' | 'skip' | 'loaded' | 'nothing';
  text: string;
  /** Source location of the failure: `pipeline.py:22`. */
  codeLocation: string | null;
  /** The first schema change. */
  schemaChange: ChangeLine | null;
  /** Number of further changes. */
  moreSchemaChanges: number;
}

/**
 * Describes the result of a run in one line: why it failed or waits, or what it loaded, and its schema
 * changes.
 */
export function describeOutcome(run: EndedRun): OutcomeText {
  return { codeLocation: null, ...describeEnd(run), ...describeSchemas(run.loaded) };
}

function describeEnd(run: EndedRun): Pick<OutcomeText, 'kind' | 'text'> & { codeLocation?: string | null } {
  if (run.status === 'failed' && run.reason !== null) {
    const { location, summary } = run.reason;
    const codeLocation = location === null ? null : `${location.file}:${location.line}`;
    return { kind: 'failure', text: summary, codeLocation };
  }
  if (run.skip !== null) {
    const times = run.skip.count > 1 ? `${formatCount(run.skip.count)} times: ` : '';
    return { kind: 'skip', text: times + run.skip.reasons.join('; ') };
  }
  if (run.unknown !== null) return { kind: 'wait', text: `Unknown: ${run.unknown.detail}` };
  if (run.waiting !== null) return { kind: 'wait', text: run.waiting.reason };
  if (run.loaded === null) return { kind: 'nothing', text: '' };
  return { kind: 'loaded', text: describeLoaded(run.loaded) };
}

function describeSchemas(
  loaded: EndedRun['loaded'],
): Pick<OutcomeText, 'schemaChange' | 'moreSchemaChanges'> {
  const changes = loaded?.schema_changes;
  if (!changes) return { schemaChange: null, moreSchemaChanges: 0 };
  const { first_change: first, change_count: count, created_schema_count: created } = changes;
  if (first !== null) {
    return { schemaChange: describeSchemaChange(first, ''), moreSchemaChanges: count - 1 + created };
  }
  const subject = created === 1 ? 'new schema' : formatNoun(created, 'new schema');
  return { schemaChange: { sign: '+', subject, detail: '' }, moreSchemaChanges: 0 };
}

function describeLoaded({ rows, table_count: tables }: NonNullable<EndedRun['loaded']>): string {
  if (tables === 0) return rows === 0 ? 'Nothing new' : countOf(rows, 'row');
  return `${countOf(rows, 'row')}, ${countOf(tables, 'table')}`;
}

const countOf = (count: number, word: string) =>
  formatNoun(count, word, undefined, count < 1_000_000 ? formatCount : formatCompactCount);
