import type { RetentionFixture } from '../testing/retention-fixture.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeExecutor } from '../../executors/fake/fake-executor.ts';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';
import { createRetentionFixture } from '../testing/retention-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { ago } from '../../../../../testing/fixtures/relative-times.ts';
import { copyRun } from '../../store/postgres/testing/runs.ts';
import { activeRunStates } from '@pumphouse/contract';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
let kept: RetentionFixture;

const unlimited = { execute: { concurrency: null } };

beforeEach(async () => {
  fixture = await createServiceFixture();
  context = await createWorkspaceFixture(fixture);
  kept = createRetentionFixture(fixture, context, createFakeExecutor());
  await context.deployAll([
    defineJob('jobs.a', unlimited),
    defineJob('jobs.b', { ...unlimited, triggers: ['job.success:jobs.a'] }),
  ]);
});
afterEach(() => fixture.close());

const numbersOf = async (jobRef: string) => (await context.listRuns(jobRef)).map((run) => run.number);

describe('runs past their age', () => {
  it('are removed with all their data, and leave younger ones intact', async () => {
    const old = await kept.addPastRun('jobs.b', 400);
    const young = await kept.addPastRun('jobs.b', 300);
    const latest = await kept.addPastRun('jobs.b', 200);
    expect(await kept.purge('runs=365d')).toMatchObject({ runs: { count: 1 } });
    expect(await numbersOf('jobs.b')).toEqual([2, 3]);
    expect(await kept.listBlobs('beacons/')).toEqual(
      [young, latest]
        .flatMap(({ attemptId }) => [0, 1, 2].map((n) => `beacons/${attemptId}/${n}.json`))
        .toSorted(),
    );
    const left = { attempts: 2, beacon_bodies: 6, pipeline_runs: 2, job_results: 2, storage_removals: 0 };
    for (const [table, count] of Object.entries(left)) {
      expect({ table, count: await kept.countRows(table) }).toEqual({ table, count });
    }
    expect(await Array.fromAsync(fixture.logFiles.read(old.attemptId, { fromLine: 0 }))).toEqual([]);
    expect((await context.readLog(young.run.id)).map((line) => line.content)).toEqual(['working']);
  });

  it('are kept if they are the newest of their job, however old', async () => {
    await kept.addPastRun('jobs.b', 900);
    await kept.addPastRun('jobs.b', 800);
    expect(await kept.purge('runs=0d')).toMatchObject({ runs: { count: 1 } });
    expect(await numbersOf('jobs.b')).toEqual([2]);
    expect((await context.startRun('jobs.b')).number).toBe(3);
  });

  it('are kept while they are active, in any state', async () => {
    for (const status of activeRunStates) {
      const { id } = await context.startRun('jobs.b');
      await context.setRun(id, { status, createdAt: ago({ days: 900 }) });
    }
    await kept.addPastRun('jobs.b', 1);
    expect(await kept.purge('runs=0d')).toMatchObject({ runs: { count: 0 } });
    expect(await numbersOf('jobs.b')).toEqual([1, 2, 3, 4, 5]);
  });

  it('that started others are no longer referenced by them', async () => {
    const old = await kept.addPastRun('jobs.a', 400);
    const [follower] = await context.listRuns('jobs.b');
    expect(follower?.previousJobRunId).toBe(old.run.id);
    await kept.addPastRun('jobs.a', 1);
    await kept.purge('runs=365d');
    expect((await context.getRun(follower?.id ?? '')).previousJobRunId).toBeNull();
  });

  it('are kept while their attempts are cleaned up, but not forever', async () => {
    const just = await kept.runOnce('jobs.b');
    await context.complete(just.run);
    await kept.addPastRun('jobs.b', 0);
    expect(await kept.purge('runs=0d')).toMatchObject({ runs: { count: 0 } });
    await kept.makeOlder(just, 8);
    expect(await kept.purge('runs=0d')).toMatchObject({ runs: { count: 1 } });
  });

  it('leave the schemas that they reported', async () => {
    await kept.addPastRun('jobs.b', 400);
    const schemas = await kept.countRows('schema_versions');
    await kept.addPastRun('jobs.b', 1);
    await kept.purge('runs=365d');
    expect(schemas).toBeGreaterThan(0);
    expect(await kept.countRows('schema_versions')).toBe(schemas);
    const { rows } = await fixture.store.schemaChanges
      .list(context.workspaceId, {})
      .read({ limit: 10, offset: 0 });
    expect(rows.map(({ jobRunId, jobRef }) => [jobRunId, jobRef])).toEqual(
      Array.from({ length: schemas }, () => [null, null]),
    );
  });

  it('that are locked at the moment are left for the next run', async () => {
    const old = await kept.addPastRun('jobs.b', 400);
    await kept.addPastRun('jobs.b', 1);
    await fixture.persistence.transaction(async (store) => {
      await store.jobRuns.lock(old.run.id);
      expect(await kept.purge('runs=365d')).toMatchObject({ runs: { count: 0 } });
    });
    expect(await kept.purge('runs=365d')).toMatchObject({ runs: { count: 1 } });
  });

  it('are removed in pages, by two concurrent purges', async () => {
    const model = await context.startRun('jobs.b');
    await context.complete(model);
    await copyRun(fixture.database, model.id, 500, (number) => ({
      status: 'completed',
      finishedAt: ago({ days: 400, minutes: number }),
    }));
    const rounds = await Promise.all([kept.purge('runs=365d'), kept.purge('runs=365d')]);
    expect(rounds.map(({ runs }) => runs?.count ?? 0).reduce((a, b) => a + b)).toBe(499);
    expect(await numbersOf('jobs.b')).toEqual([1, 501]);
  });
});
