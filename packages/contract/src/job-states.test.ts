import type { JobOverviewResponse } from './schemas/jobs/job-overviews.ts';
import { expect, it } from 'vitest';
import { resultRunOfJob, statusOfJob } from './job-states.ts';

type Run = NonNullable<JobOverviewResponse['last_run']>;
const run = (id: string, status: string) => ({ id, status }) as Run;
const failed = run('failed', 'failed');
const none = { state: null, last_run: null, last_failed_run: null, last_skipped_run: null } as const;

it.each<[string, Partial<JobOverviewResponse>, string | null, string | null]>([
  ['no run', {}, null, null],
  ['a success', { state: 'completed', last_run: run('last', 'completed') }, 'completed', 'last'],
  ['a failure', { state: 'failed', last_run: failed, last_failed_run: failed }, 'failed', 'failed'],
  [
    'a failure, and a skipped start since',
    { state: 'failed', last_run: failed, last_failed_run: failed, last_skipped_run: run('skip', 'skipped') },
    'failed',
    'failed',
  ],
  [
    'a failure, and a cancelled run since',
    { state: 'failed', last_run: run('last', 'cancelled'), last_failed_run: failed },
    'failed',
    'failed',
  ],
  [
    'a failure, and a run that goes on',
    { state: 'failed', last_run: run('last', 'running'), last_failed_run: failed },
    'running',
    'last',
  ],
  [
    'a success, and a skipped start since',
    { state: 'completed', last_run: run('last', 'completed'), last_skipped_run: run('skip', 'skipped') },
    'completed',
    'skip',
  ],
])('what lists show of a job with %s', (_, overview, status, runId) => {
  const job = { ...none, ...overview };
  expect(statusOfJob(job)).toBe(status);
  expect(resultRunOfJob(job)?.id ?? null).toBe(runId);
});
