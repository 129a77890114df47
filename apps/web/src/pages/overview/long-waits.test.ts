import type { FailingJob } from './attention.ts';
import type { AlertIncidentResponse, JobOverviewResponse, RunOverviewResponse } from '@pumphouse/contract';
import { describe, expect, it } from 'vitest';
import {
  describeAttention,
  groupByHolder,
  listLongWaits,
  listOpenIncidents,
  listOverdueTicks,
  omitPipelinesOfFailingJobs,
  type StalePipeline,
} from './long-waits.ts';

const now = new Date('2026-11-26T10:00:00Z');
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000).toISOString();

function waitingRun(id: string, details: Partial<RunOverviewResponse>): RunOverviewResponse {
  const waiting = { reason: 'Waiting for a free slot: 8 of 8 in use.', until: null };
  return { id, status: 'pending', created_at: ago(301), waiting, ...details } as RunOverviewResponse;
}

describe('listLongWaits', () => {
  it('returns runs that are pending or starting for five minutes, unless they wait for a set time', () => {
    const reason = 'Attempt 1 failed.';
    const runs = [
      waitingRun('slot', {}),
      waitingRun('fresh', { created_at: ago(299) }),
      waitingRun('retry', { waiting: { reason, until: ago(-60), behind: null } }),
      waitingRun('late retry', { waiting: { reason, until: ago(60), behind: null } }),
      waitingRun('engine', { status: 'starting' }),
      waitingRun('started', { status: 'starting', waiting: null }),
    ];
    expect(listLongWaits(runs, now).map(({ id }) => id)).toEqual(['slot', 'late retry', 'engine']);
  });
});

it('groups runs by the active run for which they wait, those that have waited longest first', () => {
  const behind = { job_run_id: 'holder', job_name: 'hold', number: 4 };
  const held = { reason: 'Waiting for hold #4.', until: null, behind };
  const runs = [
    waitingRun('second', { waiting: held, created_at: ago(400) } as Partial<RunOverviewResponse>),
    waitingRun('slot', {}),
    waitingRun('first', { waiting: held, created_at: ago(500) } as Partial<RunOverviewResponse>),
  ];
  const groups = groupByHolder(runs);
  expect(groups.held).toEqual([{ holder: behind, runs: [runs[2], runs[0]] }]);
  expect(groups.others).toEqual([runs[1]]);
});

it('lists a schedule as overdue one minute after an unhandled tick', () => {
  const jobs = [61, 59, -60, null].map((seconds) => ({
    next_start: seconds === null ? null : { at: ago(seconds), trigger: 'schedule:0 * * * *' },
  })) as JobOverviewResponse[];
  expect(listOverdueTicks(jobs, now)).toEqual([{ job: jobs[0], at: ago(61) }]);
});

it('omits stale pipelines of failing jobs', () => {
  const failing = [{ job: { id: 'payments-job' } }] as FailingJob[];
  const stale = [
    { pipeline_name: 'payments', last_run: { job_run: { job_id: 'payments-job' } } },
    { pipeline_name: 'shop', last_run: { job_run: { job_id: 'shop-job' } } },
    { pipeline_name: 'events', last_run: null },
  ] as StalePipeline[];
  const listed = omitPipelinesOfFailingJobs(stale, failing);
  expect(listed.map((row) => row.pipeline_name)).toEqual(['shop', 'events']);
});

it('lists open incidents that no other row shows', () => {
  const incidents = [
    { id: 'rows', kind: 'zero_rows', state: 'open', is_muted: false },
    { id: 'failed', kind: 'run_failed', state: 'open', is_muted: false },
    { id: 'seen', kind: 'zero_rows', state: 'acknowledged', is_muted: false },
    { id: 'muted', kind: 'schema_changed', state: 'open', is_muted: true },
    { id: 'newer', kind: 'a kind of a newer server', state: 'open', is_muted: false },
  ] as AlertIncidentResponse[];
  expect(listOpenIncidents(incidents).map(({ id }) => id)).toEqual(['rows', 'newer']);
});

it.each([
  [{ failing: 1, unknown: 0, waiting: 0, overdue: 0, stale: 0, incidents: 0 }, '1 job needs attention'],
  [
    { failing: 0, unknown: 0, waiting: 1, overdue: 0, stale: 0, incidents: 0 },
    '1 waiting run needs attention',
  ],
  [
    { failing: 2, unknown: 2, waiting: 1, overdue: 1, stale: 3, incidents: 0 },
    '2 jobs, 2 unknown runs, 1 waiting run, 1 late job and 3 stale pipelines need attention',
  ],
])('describes what needs attention: %o', (counts, text) => {
  expect(describeAttention(counts)).toBe(text);
});
