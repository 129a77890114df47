import { describe, expect, it } from 'vitest';
import { describeOutcome, type EndedRun } from './run-outcome.ts';

const run = { status: 'completed', reason: null, skip: null, waiting: null, unknown: null, loaded: null };
const loaded = {
  pipeline_run_count: 1,
  failed_pipeline_run_count: 0,
  rows: 5428,
  bytes: 1,
  table_count: 3,
  schema_change: false,
  schema_changes: null,
};
const reason = {
  kind: 'exception',
  summary: "ValueError: could not read '12,00 EUR'",
  code: 'user_code_failed',
  title: 'ValueError',
  exception_type: 'ValueError',
  message: '',
  step: null,
  pipeline_name: null,
  table: null,
  location: { file: 'body.py', line: 22, function: 'load' },
};

describe('describeOutcome', () => {
  it('returns why the state is unknown', () => {
    const unknown = { since: '2026-11-26T10:00:00Z', detail: 'The engine is gone.' };
    expect(describeOutcome({ ...run, status: 'running', unknown, loaded })).toMatchObject({
      kind: 'wait',
      text: 'Unknown: The engine is gone.',
    });
  });

  it('returns what the run loaded', () => {
    expect(describeOutcome({ ...run, loaded })).toEqual({
      kind: 'loaded',
      text: '5,428 rows, 3 tables',
      codeLocation: null,
      schemaChange: null,
      moreSchemaChanges: 0,
    });
    expect(describeOutcome({ ...run, loaded: { ...loaded, rows: 0, table_count: 0 } }).text).toBe(
      'Nothing new',
    );
    expect(describeOutcome({ ...run, loaded: { ...loaded, rows: 12_400_000, table_count: 1 } }).text).toBe(
      '12.4M rows, 1 table',
    );
  });

  it('returns the failure rather than the loaded data', () => {
    const text = describeOutcome({ ...run, status: 'failed', reason, loaded });
    expect(text).toMatchObject({ kind: 'failure', text: reason.summary, codeLocation: 'body.py:22' });
  });

  it('returns the wait reason, and the skip reasons with their count', () => {
    const waiting = { reason: '1 of 1 allowed runs of this job are active', until: null, behind: null };
    expect(describeOutcome({ ...run, status: 'pending', waiting }).text).toBe(waiting.reason);
    const skip = { reasons: ['job jobs.shop is paused'], count: 12, last_at: '2026-11-26T00:00:00Z' };
    expect(describeOutcome({ ...run, status: 'skipped', skip }).text).toBe(
      '12 times: job jobs.shop is paused',
    );
  });

  it('returns schema changes, with changes of existing schemas first', () => {
    const first_change = {
      kind: 'column_added',
      table: 'orders',
      column: 'discount_code',
      hint: null,
      before: null,
      after: 'text',
    };
    const changed = (schema_changes: NonNullable<EndedRun['loaded']>['schema_changes']) =>
      describeOutcome({ ...run, loaded: { ...loaded, schema_changes } });
    expect(changed({ created_schema_count: 1, change_count: 3, first_change })).toMatchObject({
      schemaChange: { sign: '+', subject: 'orders.discount_code', detail: 'text' },
      moreSchemaChanges: 3,
    });
    expect(changed({ created_schema_count: 2, change_count: 0, first_change: null })).toMatchObject({
      schemaChange: { sign: '+', subject: '2 new schemas' },
      moreSchemaChanges: 0,
    });
  });

  it('returns nothing for a run without reports', () => {
    expect(describeOutcome(run)).toMatchObject({ kind: 'nothing', text: '' });
  });
});
