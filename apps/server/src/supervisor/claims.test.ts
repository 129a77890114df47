import type { AttemptSpec } from '../executors/contract/attempt-runner.ts';
import type { BootstrappedExecutor } from './testing/supervisor-fixture.ts';
import type { RunState } from '@pumphouse/contract';
import type { ServiceFixture } from '../services/testing/service-fixture.ts';
import type { WorkspaceFixture } from '../services/testing/workspace-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createBootstrappedExecutor } from './testing/supervisor-fixture.ts';
import { createWorkspaceFixture, defineJob } from '../services/testing/workspace-fixture.ts';
import { createServiceFixture } from '../services/testing/service-fixture.ts';
import { useServers } from './testing/use-servers.ts';
import { eventually } from '../../../../testing/fixtures/eventually.ts';
import { ago } from '../../../../testing/fixtures/relative-times.ts';
import { readClaims } from '../store/postgres/testing/runs.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  context = await createWorkspaceFixture(fixture);
});

const unlimited = { execute: { concurrency: null } };

const startServer = useServers(() => fixture);

const awaitStatus = (jobRunId: string, status: RunState) =>
  eventually(`run ${jobRunId} is ${status}`, async () => {
    const run = await context.getRun(jobRunId);
    return run.status === status && run;
  });

/** Simulates the time that a lease takes. A short lease would end on a busy machine before its server stops. */
const expireLease = (jobRunId: string) => context.setRun(jobRunId, { leaseExpiresAt: ago({ seconds: 1 }) });

/** An executor whose attempts begin without the test's help; all of them end once `count` have begun. */
function createBusyExecutor(userCode: AttemptSpec[], count: number): BootstrappedExecutor {
  const allBegan = Promise.withResolvers<void>();
  async function runThrough(spec: AttemptSpec): Promise<void> {
    await executor.begin(spec);
    userCode.push(spec);
    if (userCode.length === count) allBegan.resolve();
    await allBegan.promise;
    executor.print(spec, 'done');
    executor.finish(spec);
  }
  const executor: BootstrappedExecutor = createBootstrappedExecutor(fixture, {
    attempt(spec) {
      queueMicrotask(() => void runThrough(spec).catch(() => undefined));
      return {};
    },
  });
  return executor;
}

describe('two supervisors on one database', () => {
  it('claim each of 50 runs once, each within its own limit', async () => {
    await context.deployAll([defineJob('jobs.a', unlimited)]);
    const userCode: AttemptSpec[] = [];
    const executor = createBusyExecutor(userCode, 50);
    await Promise.all([1, 2].map(() => startServer({ executor, maxActiveRuns: 25 })));
    const runs = await Promise.all(Array.from({ length: 50 }, () => context.startRun('jobs.a')));
    const ended = await eventually('all runs have completed', async () => {
      const list = await context.listRuns('jobs.a');
      return list.every(({ status }) => status === 'completed') && list;
    });
    const ids = runs.map(({ id }) => id).toSorted();
    expect(executor.fake.started.map((spec) => spec.jobRunId).toSorted()).toEqual(ids);
    expect(userCode.map((spec) => spec.jobRunId).toSorted()).toEqual(ids);
    expect(ended.map(({ claimNumber }) => claimNumber)).toEqual(ids.map(() => 1));
    const owned = Map.groupBy(await readClaims(fixture.database, ids), ({ claimedBy }) => claimedBy);
    expect([...owned.values()].map(({ length }) => length)).toEqual([25, 25]);
  });
});

describe('a run whose lease expired', () => {
  it('is started again if user code had not begun; the old attempt is rejected', async () => {
    await context.deployAll([defineJob('jobs.a')]);
    const executor = createBootstrappedExecutor(fixture);
    const first = await startServer({ executor });
    const { id } = await context.startRun('jobs.a');
    const old = await executor.awaitStart(id);
    await first.stop();
    await expireLease(id);
    await startServer({ executor });
    const fresh = await eventually('another attempt is started', () =>
      executor.fake.started.find((spec) => spec.jobRunId === id && spec !== old),
    );
    expect([old.claimNumber, fresh.claimNumber]).toEqual([1, 2]);
    const answers = await Promise.allSettled([executor.begin(old), executor.begin(fresh)]);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    await expect(executor.begin(old)).rejects.toMatchObject({ code: 'claim_lost' });
    await expect(
      fixture.beginAttempt.begin(fresh.attemptId, { claimNumber: 2, nonce: 'another process' }),
    ).rejects.toMatchObject({ code: 'claim_lost' });
    executor.finish(fresh);
    await awaitStatus(id, 'completed');
    await expect(executor.begin(fresh)).rejects.toMatchObject({ code: 'claim_lost' });
  });

  it('is watched, not restarted, if user code had begun', async () => {
    await context.deployAll([defineJob('jobs.a')]);
    const executor = createBootstrappedExecutor(fixture);
    const first = await startServer({ executor });
    const { id } = await context.startRun('jobs.a');
    const spec = await executor.awaitBegin(id);
    await first.stop();
    await expireLease(id);
    await startServer({ executor });
    await eventually('the run is taken over', async () => (await context.getRun(id)).claimNumber === 2);
    // The same process asks again, because the first response was lost.
    expect(await executor.begin(spec)).toMatchObject({ run_id: id });
    executor.finish(spec);
    await awaitStatus(id, 'completed');
    expect(executor.fake.started).toHaveLength(1);
  });

  it('is not taken over while the server renews its lease', async () => {
    await context.deployAll([defineJob('jobs.a')]);
    const executor = createBootstrappedExecutor(fixture);
    // A server that is stopped for seconds in its tracks still renews in time.
    const leaseSeconds = 6;
    await startServer({ executor, leaseSeconds });
    const { id } = await context.startRun('jobs.a');
    const spec = await executor.awaitBegin(id);
    const readLease = async () => {
      const [claim] = await readClaims(fixture.database, [id]);
      return claim?.leaseExpiresAt?.getTime() ?? 0;
    };
    const firstLease = await readLease();
    await startServer({ executor, leaseSeconds });
    await eventually(
      'the lease was renewed past its end',
      async () => (await readLease()) > firstLease + leaseSeconds * 1000 + 100,
    );
    expect(await context.getRun(id)).toMatchObject({ claimNumber: 1, status: 'running' });
    executor.finish(spec);
    await awaitStatus(id, 'completed');
  });
});
