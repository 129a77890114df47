import type { JobRunChangesResponse } from '@pumphouse/contract';
import { describe, expect, it } from 'vitest';
import {
  describeStepDuration,
  describeStreak,
  isUnchanged,
  listOpenFiles,
  listUnchanged,
  nameStep,
} from './describe-cause.ts';

const run = (number: number, deployment = 2): JobRunChangesResponse['target'] => ({
  id: `run ${number}`,
  number,
  status: 'failed',
  finished_at: null,
  deployment_id: `deployment ${deployment}`,
  deployment_version: deployment,
  configuration_id: 'configuration',
  configuration_version: 1,
});
const streak = (number: number, count: number, deployment = 2) => ({
  first: { id: `run ${number}`, number, deployment_version: deployment, finished_at: null },
  failed_count: count,
});
const changes = (change: Partial<JobRunChangesResponse> = {}): JobRunChangesResponse => ({
  base: run(85, 1),
  target: run(88),
  failure_streak: null,
  timeout_seconds: null,
  usual_duration_seconds: null,
  files: [],
  files_outcome: 'compared',
  other_changed_file_count: 0,
  configuration_files: [],
  changed_variable_count: 0,
  run_changes: [],
  job_changes: [],
  packages: [],
  schemas: [],
  rows: [],
  durations: [],
  is_truncated: false,
  ...change,
});
const file = (path: string, added: number | null, removed: number | null) => ({
  path,
  change: 'changed' as const,
  added_line_count: added,
  removed_line_count: removed,
});

describe('the begin of a failure', () => {
  it.each([
    [changes(), null],
    [changes({ failure_streak: streak(88, 1) }), 'First failure since deployment 2'],
    [changes({ failure_streak: streak(88, 1, 1) }), 'First failure since #85 completed'],
    [changes({ failure_streak: streak(86, 3) }), '3 failures in a row since deployment 2'],
    [changes({ failure_streak: streak(86, 3, 1) }), '3 failures in a row since #85 completed'],
    [changes({ base: null, failure_streak: streak(88, 1) }), 'No earlier run of this job completed'],
    [changes({ base: null, failure_streak: streak(1, 4) }), 'Never completed: 4 failures since #1'],
  ])('is described', (given, text) => {
    expect(describeStreak(given)).toBe(text);
  });
});

describe('the kinds of changes', () => {
  it('that do not differ are named, except those that are not known', () => {
    expect(listUnchanged(changes())).toEqual([
      'code',
      'configuration',
      'variables',
      'job settings',
      'packages',
    ]);
    const some = changes({ other_changed_file_count: 1, changed_variable_count: 1, packages: null });
    expect(listUnchanged(some)).toEqual(['configuration', 'job settings']);
  });

  it('explain nothing if only files changed that the job does not import', () => {
    expect(isUnchanged(changes({ other_changed_file_count: 4 }))).toBe(true);
    expect(isUnchanged(changes({ other_changed_file_count: 4, files_outcome: 'archive_removed' }))).toBe(
      false,
    );
    expect(isUnchanged(changes({ changed_variable_count: 1 }))).toBe(false);
    expect(isUnchanged(changes({ files: [file('a.py', 1, 1)] }))).toBe(false);
  });
});

it('opens the first files with few changed lines', () => {
  const files = [file('big.py', 90, 0), file('a.bin', null, null), file('b.py', 1, 1), file('c.py', 40, 0)];
  expect([...listOpenFiles([...files, file('d.py', 1, 0)])]).toEqual(['b.py', 'c.py']);
});

it('names a step with its durations', () => {
  const duration = { pipeline_name: 'shop', step: 'extract', before_ms: 1000, after_ms: 9000 };
  expect(nameStep(duration)).toBe('extract of shop');
  expect(nameStep({ ...duration, pipeline_name: null, step: 'environment' })).toBe('Environment');
  expect(describeStepDuration(duration)).toBe('9 s (was 1 s)');
});
