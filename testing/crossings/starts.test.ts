/** Features that meet in starts and ends of runs: backfills, checks, refreshes, pauses and archived jobs. */
import type { JobRunRecord } from '@pumphouse/server/store/records.ts';
import type { RunSteps } from './run-steps.ts';
import type { ServiceFixture } from '@pumphouse/server/services/testing/service-fixture.ts';
import type { WorkspaceFixture } from '@pumphouse/server/services/testing/workspace-fixture.ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { daily, demand, failed, retries, unlimited, useRuns } from './run-steps.ts';
import { defineJob } from '@pumphouse/server/services/testing/workspace-fixture.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
let steps: RunSteps;

useRuns((opened) => ({ fixture, context, steps } = opened));

const day = (date: number) => new Date(Date.UTC(2026, 2, date));

async function createBackfill(from: number, to: number) {
  const { workspaceId, jobId } = await steps.scopeOf();
  const backfill = await fixture.createBackfills.create({
    workspaceId,
    membershipId: context.membershipId,
    jobId,
    start: day(from),
    end: day(to),
    mode: 'missing',
    chunkTicks: 1,
    newestFirst: false,
    parallel: 1,
    profile: null,
    priority: null,
    maxFailures: 1,
  });
  await fixture.advanceBackfills.advance(backfill.id);
  return backfill;
}

const findWindow = async () =>
  (await context.listRuns('jobs.a')).findLast(({ backfillId }) => backfillId !== null) as JobRunRecord;
const readBackfill = async ({ id }: { id: string }) =>
  (await fixture.readBackfills.get(context.workspaceId, id)).counts;

describe('a window of a backfill', () => {
  it('is retried like any run, and counts as failed once', async () => {
    await steps.deploy(retries, daily);
    const backfill = await createBackfill(1, 3);
    const window = await findWindow();
    await steps.failFirst(window);
    await fixture.advanceBackfills.advance(backfill.id);
    expect(await readBackfill(backfill)).toMatchObject({ running: 1, failed: 0 });
    const { attemptId } = await steps.begin(window);
    await fixture.finishRun(window.id, failed, { attemptId });
    await fixture.advanceBackfills.advance(backfill.id);
    expect(await readBackfill(backfill)).toMatchObject({ running: 0, failed: 1 });
  });

  it('has the code of its start, also after a rollback, and no input of the run before', async () => {
    await steps.deploy('', daily);
    const older = await fixture.store.deployments.latest(context.workspaceId);
    await steps.uploadCode('x = 2');
    const manual = await steps.start({ day: '2026-03-01' });
    await context.complete(manual);
    await steps.rollBack('deployment', older ?? { id: '' });
    await createBackfill(1, 3);
    const { code_sha256: code, entryPoint } = await steps.begin(await findWindow());
    expect(code).toBe(older?.archiveSha256);
    expect(entryPoint).not.toHaveProperty('pumphouse_inputs');
    expect(entryPoint).toMatchObject({ interval_start: expect.any(String) as string });
  });

  it('starts although its job is paused', async () => {
    await steps.deploy('', daily);
    await fixture.switchJobs.pause(await steps.scopeOf());
    const backfill = await createBackfill(1, 3);
    expect(await readBackfill(backfill)).toMatchObject({ running: 1 });
  });

  it('fails by its checks, and is loaded when it is retried', async () => {
    await steps.deploy(demand('orders'), daily);
    const backfill = await createBackfill(1, 3);
    expect(await steps.load(await findWindow(), { orders: 0 })).toMatchObject({
      status: 'failed',
      failure: { code: 'check_failed' },
    });
    await fixture.advanceBackfills.advance(backfill.id);
    expect(await readBackfill(backfill)).toMatchObject({ failed: 1, completed: 0, waiting: 1 });
    await fixture.changeBackfills.retry({ workspaceId: context.workspaceId, backfillId: backfill.id }, [1]);
    await fixture.advanceBackfills.advance(backfill.id);
    expect(await steps.load(await findWindow(), { orders: 3 })).toMatchObject({ status: 'completed' });
  });
});

describe('checks', () => {
  it('that fail a refresh leave it to the next run', async () => {
    await steps.deploy(demand('orders'));
    const refreshed = await steps.load(await context.startRun('jobs.a', { refresh: true }), { orders: 0 });
    expect(refreshed).toMatchObject({ status: 'failed', failure: { code: 'check_failed' } });
    const next = await context.startRun('jobs.a');
    expect(next.refresh).toBe(true);
    expect(await steps.load(next, { orders: 2 })).toMatchObject({ status: 'completed' });
    expect(await context.startRun('jobs.a')).toMatchObject({ refresh: false });
  });

  it('are those of the configuration that a rollback brings back', async () => {
    await steps.deploy(demand('orders'));
    const strict = await fixture.store.configurations.latest(context.workspaceId);
    await context.uploadConfiguration({ 'config.toml': '' });
    expect(await steps.load(await context.startRun('jobs.a'), { orders: 0 })).toMatchObject({
      status: 'completed',
    });
    await steps.rollBack('configuration', strict ?? { id: '' });
    expect(await steps.load(await context.startRun('jobs.a'), { orders: 0 })).toMatchObject({
      failure: { code: 'check_failed' },
    });
  });

  it('of a pipeline are required of the job that ran it before, once the job that runs it is archived', async () => {
    await steps.deploy(demand('orders'));
    await context.deployJobs([defineJob('jobs.b', unlimited)]);
    for (const ref of ['jobs.a', 'jobs.b'])
      expect(await steps.load(await context.startRun(ref), { orders: 1 })).toMatchObject({
        status: 'completed',
      });
    expect(await steps.end(await context.startRun('jobs.a'), 0)).toMatchObject({ status: 'completed' });
    await fixture.switchJobs.archive(await steps.scopeOf('jobs.b'));
    expect(await steps.end(await context.startRun('jobs.a'), 0)).toMatchObject({
      failure: { code: 'check_failed' },
    });
  });

  it('are not those of a run that got no pipeline and failed', async () => {
    await steps.deploy(`${demand('orders')}[pumphouse]\non_held = "fail"\n`);
    const run = await context.startRun('jobs.a');
    const { attemptId } = await steps.begin(run);
    const holder = await steps.begin(await context.startRun('jobs.a'));
    const question = { pipeline: 'shop', dataset: null };
    await fixture.holdPipelines.ask(holder.attemptId, question);
    await expect(fixture.holdPipelines.ask(attemptId, question)).rejects.toMatchObject({
      code: 'pipeline_held',
    });
    await steps.recordExit(attemptId, 1);
    expect(await context.getRun(run.id)).toMatchObject({ failure: { code: 'exit_code' } });
    expect(await fixture.store.pipelineChecks.listResultsOfJobRun(run.id, 10)).toEqual([]);
  });
});

describe('a refresh that is pending', () => {
  beforeEach(async () => {
    await steps.deploy('', daily);
    const run = await context.startRun('jobs.a', { refresh: true });
    await context.setRun(run.id, { status: 'running' });
    await fixture.finishRun(run.id, failed);
  });

  it('stays while the job is paused, and is done by the next run', async () => {
    await fixture.switchJobs.pause(await steps.scopeOf());
    expect((await context.getJob('jobs.a')).refreshPending).toBe(true);
    await fixture.switchJobs.resume(await steps.scopeOf());
    expect(await context.startRun('jobs.a')).toMatchObject({ refresh: true });
  });

  it('stays while the job is archived, and is done by the next run', async () => {
    await fixture.switchJobs.archive(await steps.scopeOf());
    await fixture.switchJobs.unarchive(await steps.scopeOf());
    expect(await context.startRun('jobs.a')).toMatchObject({ refresh: true });
  });

  it('is done by a run with an input, which the run after that does not get', async () => {
    const run = await steps.start({ day: '2026-03-01' });
    expect(run.refresh).toBe(true);
    await context.complete(run);
    const next = await context.startRun('jobs.a');
    expect(next.refresh).toBe(false);
    expect((await steps.begin(next)).entryPoint).not.toHaveProperty('pumphouse_inputs');
  });
});
