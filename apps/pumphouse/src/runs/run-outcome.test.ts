import { expect, it } from 'vitest';
import { describeEnd, describeOutcome } from './run-outcome.ts';

const loaded = {
  pipeline_run_count: 1,
  failed_pipeline_run_count: 0,
  rows: 1200,
  bytes: 5040,
  table_count: 1,
  schema_change: false,
  schema_changes: null,
};
const run = { status: 'completed', reason: null, skip: null, waiting: null, unknown: null, loaded: null };

it('describes what a run loaded', () => {
  expect(describeOutcome({ ...run, loaded })).toBe('1,200 rows, 1 table');
  expect(describeOutcome({ ...run, loaded: { ...loaded, rows: 0, table_count: 0 } })).toBe('nothing new');
  expect(describeOutcome(run)).toBe('');
});

it('describes waits and rejected starts', () => {
  expect(
    describeOutcome({ ...run, status: 'pending', waiting: { reason: 'A slot.', until: null, behind: null } }),
  ).toBe('A slot.');
  const skip = { reasons: ['it is paused', 'it is late'], count: 3, last_at: '2026-11-29T09:00:00Z' };
  expect(describeOutcome({ ...run, status: 'skipped', skip })).toBe('3 times: it is paused; it is late');
});

it('describes the end of a run', () => {
  const end = { status: 'completed', duration_seconds: 12, loaded, skip: null };
  expect(describeEnd(end)).toBe('completed in 12 s: 1,200 rows, 1 table');
  expect(describeEnd({ ...end, status: 'failed' })).toBe('failed after 12 s');
  expect(describeEnd({ ...end, status: 'cancelled', duration_seconds: null })).toBe(
    'cancelled before it started',
  );
  const skip = { reasons: ['it is paused'], count: 1, last_at: '2026-11-29T09:00:00Z' };
  expect(describeEnd({ ...end, status: 'skipped', skip })).toBe('was not started: it is paused');
});
