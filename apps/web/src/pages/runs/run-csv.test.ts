import type { RunOverviewResponse } from '@pumphouse/contract';
import { expect, it } from 'vitest';
import { toRunCsv } from './run-csv.ts';

it('has a row per run, in which no text is a formula', () => {
  const run = {
    id: 'id',
    job_name: '=HYPERLINK("https://example.test")',
    job_ref: 'jobs.a',
    number: 7,
    status: 'failed',
    trigger: 'manual:',
    profile: 'prod',
    created_at: '2026-11-30T10:00:00Z',
    started_at: null,
    finished_at: null,
    duration_seconds: 1.5,
    attempt_count: 1,
    reason: { summary: '@broken, badly', location: null },
    skip: null,
    unknown: null,
    waiting: null,
    loaded: null,
    pipeline_names: ['a', 'b'],
    deployment: { id: '', version: 3 },
    configuration: { id: '', version: 2 },
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only the exported fields
  const [head, line, end] = toRunCsv([run as unknown as RunOverviewResponse]).split('\r\n');
  expect(head).toMatch(/^\uFEFFrun_id,job,job_ref,number,state/);
  expect(line).toBe(
    `id,"'=HYPERLINK(""https://example.test"")",jobs.a,7,failed,manual:,prod,2026-11-30T10:00:00Z,,,1.5,1,"'@broken, badly",,,a b,3,2`,
  );
  expect(end).toBe('');
});
