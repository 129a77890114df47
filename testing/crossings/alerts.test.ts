/** Alerts about runs that are not the usual ones of a job: windows of backfills, refreshes, finished packages, paused jobs. */
import type { AlertFixture } from '@pumphouse/server/services/testing/alert-fixture.ts';
import type { JobRunRecord } from '@pumphouse/server/store/records.ts';
import type { ServiceFixture } from '@pumphouse/server/services/testing/service-fixture.ts';
import type { WorkspaceFixture } from '@pumphouse/server/services/testing/workspace-fixture.ts';
import { describe, expect, it } from 'vitest';
import { addPipelineRun } from '@pumphouse/server/store/postgres/testing/pipelines.ts';
import { defineJob } from '@pumphouse/server/services/testing/workspace-fixture.ts';
import { setNextTick } from '@pumphouse/server/store/postgres/testing/alerts.ts';
import { useAlerts } from '@pumphouse/server/services/testing/alert-fixture.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
let alerts: AlertFixture;

useAlerts(
  [defineJob('jobs.a', { triggers: ['every:1h'], execute: { concurrency: null } })],
  (opened) => ({ fixture, context, alerts } = opened),
);

const failure = { code: 'exit_code', detail: 'It ended with 1.' } as const;
const scopeOfJob = async () => ({
  workspaceId: context.workspaceId,
  jobId: (await context.getJob('jobs.a')).id,
});

/** Starts the next window of a backfill of the last day. */
async function startWindow(): Promise<JobRunRecord> {
  const now = fixture.clock.now.getTime();
  const backfill = await fixture.createBackfills.create({
    ...(await scopeOfJob()),
    membershipId: context.membershipId,
    start: new Date(now - 30 * 3_600_000),
    end: new Date(now - 20 * 3_600_000),
    mode: 'missing',
    chunkTicks: 1,
    newestFirst: false,
    parallel: 1,
    profile: null,
    priority: null,
    maxFailures: null,
  });
  await fixture.advanceBackfills.advance(backfill.id);
  const window = (await context.listRuns('jobs.a')).findLast(({ backfillId }) => backfillId !== null);
  if (!window) throw new Error('No window was started');
  return window;
}

/** Ends a run that has loaded rows with the pipeline `orders`. */
async function load(run: JobRunRecord, rows: number): Promise<void> {
  const attempt = await context.createAttempt(run);
  await addPipelineRun(fixture.database, {
    workspaceId: context.workspaceId,
    jobRunId: run.id,
    attemptId: attempt.id,
    transactionId: run.id,
    pipelineName: 'orders',
    status: 'succeeded',
    totalRowsLoaded: rows,
  });
  await fixture.finishRun(run.id, { status: 'completed' });
}

describe('a window of a backfill', () => {
  it('that completes does not end the incident of a job that fails, and recovers nothing', async () => {
    await alerts.addRule('run_failed');
    await alerts.addRule('recovered');
    await alerts.failRun('jobs.a');
    await load(await startWindow(), 5);
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual(['open: a failed: It ended with 1.']);
    await alerts.succeedRun('jobs.a');
    await alerts.evaluate();
    expect((await alerts.listIncidents()).toSorted()).toEqual([
      'resolved: a failed: It ended with 1.',
      'resolved: a recovered after 1 failed run',
    ]);
  });

  it('that fails is no failure of the job, and does not count between the failures of the job', async () => {
    await alerts.addRule('run_failed', { conditions: { failuresInRow: 2 } });
    const window = await startWindow();
    await context.setRun(window.id, { status: 'running', startedAt: new Date() });
    await fixture.finishRun(window.id, { status: 'failed', failure });
    await alerts.failRun('jobs.a');
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual([]);
    await alerts.failRun('jobs.a');
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual(['open: a failed: It ended with 1.']);
  });

  it('is not compared with the rows of usual runs, nor they with its rows', async () => {
    await alerts.addRule('zero_rows');
    await alerts.loadRows('jobs.a', [100, 100, 100, 0]);
    await alerts.evaluate();
    await load(await startWindow(), 7);
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual(['open: orders loaded no rows, usually 100']);
  });
});

describe('a run that only finishes pending packages', () => {
  it('has loaded no rows of its own, and is not reported for that', async () => {
    await alerts.addRule('zero_rows');
    await alerts.addRule('row_count_off', { conditions: { minimumRuns: 3 } });
    await alerts.loadRows('jobs.a', [100, 100, 100]);
    const finishing = await fixture.startRuns.startFinishing({
      ...(await scopeOfJob()),
      membershipId: context.membershipId,
      profile: 'prod',
      pipelineNames: ['orders'],
      extractedBy: null,
    });
    await load(finishing, 0);
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual([]);
  });
});

describe('a refresh', () => {
  it('that loads everything again is reported, and resolved by the next usual run', async () => {
    await alerts.addRule('row_count_off', { conditions: { minimumRuns: 3 } });
    await alerts.loadRows('jobs.a', [100, 100, 100]);
    await load(await context.startRun('jobs.a', { refresh: true }), 5000);
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual([
      'open: orders loaded 5,000 rows, far more than the usual 100',
    ]);
    await load(await context.startRun('jobs.a'), 100);
    await alerts.evaluate();
    expect((await alerts.listIncidents())[0]).toMatch(/^resolved/);
  });
});

describe('a paused job', () => {
  it('has no late ticks and no stale pipeline, and both again once it is resumed', async () => {
    await alerts.addRule('late', { conditions: { afterSeconds: 60 } });
    await alerts.addRule('freshness_missed', { conditions: { afterSeconds: 60 } });
    await alerts.loadRows('jobs.a', [5]);
    const scope = await scopeOfJob();
    await fixture.switchJobs.pause(scope);
    const anHourAgo = new Date(fixture.clock.now.getTime() - 3_600_000);
    await setNextTick(fixture.database, scope.jobId, anHourAgo);
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual([]);
    await fixture.switchJobs.resume(scope);
    await setNextTick(fixture.database, scope.jobId, anHourAgo);
    alerts.pass(60);
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toHaveLength(2);
  });

  it('that fails when a member starts it is reported', async () => {
    await alerts.addRule('run_failed');
    await fixture.switchJobs.pause(await scopeOfJob());
    await alerts.failRun('jobs.a');
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual(['open: a failed: It ended with 1.']);
  });
});
