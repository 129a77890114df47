import type { CreateBackfillRequest } from '../backfills/create-backfills.ts';
import type { PendingStep } from '../../domain/pipelines/pending-packages.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';
import { setAttempt } from '../../store/postgres/testing/attempts.ts';
import { setColumns } from '../../store/postgres/testing/set-columns.ts';
import { ago, fromNow } from '../../../../../testing/fixtures/relative-times.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  fixture.clock.now = new Date('2026-03-10T12:30:00Z');
  context = await createWorkspaceFixture(fixture);
  const daily = { triggers: ['schedule:0 0 * * *'], interval: { start: '2026-03-01T00:00:00Z' } };
  await context.deployAll([
    defineJob('jobs.a', { execute: { concurrency: null } }),
    defineJob('jobs.daily', { ...daily, execute: { concurrency: 4 } }),
  ]);
});

const idle = {
  pipelineWaits: { runs: 0, maxSeconds: 0 },
  lastBackupAt: null,
  onlineMigrations: [],
  packages: [],
  pendingPipelines: 0,
  backfills: [],
  windows: { waiting: 0, running: 0 },
};

it('is empty at first, and counts each run whose code waits for a pipeline once', async () => {
  expect(await fixture.readBacklog()).toEqual(idle);
  const createAttempt = async () => context.createAttempt(await context.startRun('jobs.a'));
  const [one, two, three] = [await createAttempt(), await createAttempt(), await createAttempt()];
  const dataset = { destination: 'postgres 1', name: 'sales' };
  for (const { id } of [one, two, three])
    await fixture.holdPipelines.ask(id, { pipeline: 'orders', dataset });
  await setColumns(fixture.database, 'pipeline_holds', { askedAt: ago({ seconds: 90 }) });
  const { pipelineWaits } = await fixture.readBacklog();
  expect(pipelineWaits.runs).toBe(2);
  expect(pipelineWaits.maxSeconds).toBeGreaterThanOrEqual(90);
  expect(pipelineWaits.maxSeconds).toBeLessThan(900);
  await context.setRun(two.run.id, { unknownSince: new Date() });
  expect((await fixture.readBacklog()).pipelineWaits.runs).toBe(1);
  await setAttempt(fixture.database, three.id, { closedAt: new Date() });
  expect(await fixture.readBacklog()).toEqual(idle);
});

it('sums up pending packages by step, and pipelines by profile', async () => {
  const save = (profile: string, pipelineName: string, loadId: string, step: PendingStep, createdAt: Date) =>
    fixture.store.pendingPackages.save({ workspaceId: context.workspaceId, profile, workerId: null }, [
      {
        attemptId: null,
        pipelineName,
        loadId,
        schemaName: 'shop',
        step,
        createdAt,
        tableNames: ['orders'],
        rowCounts: [],
        sizeBytes: 1000,
        jobsLeft: 1,
        jobsDone: 0,
        tries: 0,
      },
    ]);
  await save('prod', 'shop', '1', 'extracted', ago({ hours: 2 }));
  await save('prod', 'shop', '2', 'extracted', ago({ hours: 1 }));
  await save('dev', 'shop', '1', 'partly_loaded', fromNow({ hours: 1 }));
  await save('prod', 'other', '1', 'normalized', ago({ hours: 9 }));
  const scope = { workspaceId: context.workspaceId, profile: 'prod', workerId: null, jobRunId: null };
  await fixture.store.pendingPackages.end(scope, [{ pipelineName: 'other', loadId: '1', state: 'finished' }]);
  const { packages, pendingPipelines } = await fixture.readBacklog();
  expect(packages.toSorted((left, right) => (left.step < right.step ? -1 : 1))).toEqual([
    { step: 'extracted', packages: 2, bytes: 2000, maxSeconds: expect.closeTo(7200, -2) as number },
    // The clock of a run may be ahead.
    { step: 'partly_loaded', packages: 1, bytes: 1000, maxSeconds: 0 },
  ]);
  expect(pendingPipelines).toBe(2);
});

it('counts backfills that have not ended, why they are paused, and their windows', async () => {
  const { id: jobId } = await context.getJob('jobs.daily');
  const create = (start: number, end: number) =>
    fixture.createBackfills.create({
      workspaceId: context.workspaceId,
      membershipId: context.membershipId,
      jobId,
      start: new Date(Date.UTC(2026, 2, start)),
      end: new Date(Date.UTC(2026, 2, end)),
      mode: 'missing',
      chunkTicks: 1,
      newestFirst: false,
      parallel: 2,
      profile: null,
      priority: null,
      maxFailures: null,
    } satisfies CreateBackfillRequest);
  const [first, paused, cancelled] = [await create(1, 5), await create(5, 7), await create(7, 9)];
  while ((await fixture.advanceBackfills.advance(first.id)) === 'moved');
  await setColumns(
    fixture.database,
    'backfills',
    { status: 'paused', pauseReason: 'failures' },
    { id: paused.id },
  );
  await setColumns(fixture.database, 'backfills', { status: 'cancelled' }, { id: cancelled.id });
  expect(await fixture.readBacklog()).toMatchObject({
    backfills: expect.arrayContaining([
      { status: 'running', pauseReason: null, count: 1, unprepared: 0 },
      { status: 'paused', pauseReason: 'failures', count: 1, unprepared: 0 },
    ]) as object,
    windows: { waiting: 4, running: 2 },
  });
  await setColumns(
    fixture.database,
    'backfills',
    { status: 'preparing', preparedCount: 0, windowCount: 1000 },
    { id: first.id },
  );
  expect((await fixture.readBacklog()).windows).toEqual({ waiting: 1004, running: 2 });
});
