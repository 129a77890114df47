import type { FakeScripts } from '../executors/fake/fake-executor.ts';
import type { BootstrappedExecutor } from './testing/supervisor-fixture.ts';
import type { JobDefinition } from '../domain/jobs/job-definition.ts';
import type { RunState } from '@pumphouse/contract';
import type { ServiceFixture } from '../services/testing/service-fixture.ts';
import type { WorkspaceFixture } from '../services/testing/workspace-fixture.ts';
import { claimNext } from '../services/testing/claim-next.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createBootstrappedExecutor } from './testing/supervisor-fixture.ts';
import {
  createWorkspaceFixture,
  defineJob,
  unlockedRequirements,
} from '../services/testing/workspace-fixture.ts';
import { createServiceFixture } from '../services/testing/service-fixture.ts';
import { useServers } from './testing/use-servers.ts';
import { eventually } from '../../../../testing/fixtures/eventually.ts';
import { holdBuilds } from './testing/held-builds.ts';
import { ago } from '../../../../testing/fixtures/relative-times.ts';
import { setAttempt } from '../store/postgres/testing/attempts.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  context = await createWorkspaceFixture(fixture);
});

const startServer = useServers(() => fixture);

/** Deploys a job with these settings, and starts a server whose attempts follow the scripts. */
async function serve(retries: string, scripts: FakeScripts = {}, keys: Partial<JobDefinition> = {}) {
  await deploy(retries, keys);
  const executor = createBootstrappedExecutor(fixture, scripts);
  await startServer({ executor });
  return executor;
}

async function deploy(retries: string, keys: Partial<JobDefinition> = {}, requirements?: unknown) {
  await context.uploadDeployment(requirements);
  await context.uploadConfiguration({ 'config.toml': `[pumphouse]\nretries = ${retries}\n` });
  await context.deployJobs([defineJob('jobs.a', keys)]);
}

const awaitStatus = (jobRunId: string, status: RunState) =>
  eventually(`run ${jobRunId} is ${status}`, async () => {
    const run = await context.getRun(jobRunId);
    return run.status === status && run;
  });

/** Waits for the executor to start attempt `number` of the run. */
const awaitAttempt = (executor: BootstrappedExecutor, jobRunId: string, number: number) =>
  eventually(
    `attempt ${number} is started`,
    () => executor.fake.started.filter((spec) => spec.jobRunId === jobRunId)[number - 1],
  );

async function beginAttempt(executor: BootstrappedExecutor, jobRunId: string, number: number) {
  const spec = await awaitAttempt(executor, jobRunId, number);
  await executor.begin(spec);
  return spec;
}

const contents = async (jobRunId: string) => (await context.readLog(jobRunId)).map(({ content }) => content);
const listAttempts = (jobRunId: string) => fixture.store.attempts.listOfRun(jobRunId);
const look = (jobRunId: string) => fixture.attemptLog.announce(jobRunId);

describe('a run with retries', () => {
  it('has a separate attempt for each retry until one succeeds; resources of earlier attempts are removed meanwhile', async () => {
    const executor = await serve('{ count = 3, backoff = 0 }');
    const { id } = await context.startRun('jobs.a');
    const first = await beginAttempt(executor, id, 1);
    executor.print(first, 'try 1');
    executor.finish(first, 3);
    const second = await beginAttempt(executor, id, 2);
    expect(second.attemptId).not.toBe(first.attemptId);
    expect([first.claimNumber, second.claimNumber]).toEqual([1, 2]);
    await eventually('the first attempt is removed', async () =>
      (await executor.list()).every(({ attemptId }) => attemptId !== first.attemptId),
    );
    expect((await context.getRun(id)).status).toBe('running');
    executor.print(second, 'try 2');
    executor.finish(second);
    await awaitStatus(id, 'completed');
    expect(await contents(id)).toEqual([
      'try 1',
      expect.stringMatching(/^Attempt 1 failed \(exit_code\): .* Retry 1 of 3 starts at /),
      'try 2',
    ]);
    expect(await listAttempts(id)).toMatchObject([
      { number: 1, exit: { code: 3 }, failure: { code: 'exit_code' } },
      { number: 2, exit: { code: 0 }, failure: null },
    ]);
  });

  it('waits for its delay', async () => {
    const executor = await serve('{ count = 1, backoff = 2 }');
    const { id } = await context.startRun('jobs.a');
    executor.finish(await beginAttempt(executor, id, 1), 1);
    await awaitAttempt(executor, id, 2);
    const [first, second] = await listAttempts(id);
    const waitedMs = (second?.createdAt.getTime() ?? 0) - (first?.closedAt?.getTime() ?? 0);
    expect(waitedMs).toBeGreaterThanOrEqual(2000);
  });

  it("has the environment's lines in the log of the attempt that waits for it", async () => {
    const failure = { code: 'builder_failed', message: 'The disk was busy.' } as const;
    let builds = 0;
    const build = () => ((builds += 1) === 1 ? { lines: ['no'], failure } : { lines: ['built'] });
    const executor = await serve('{ count = 1, backoff = 0 }', { build });
    const { id } = await context.startRun('jobs.a');
    executor.finish(await beginAttempt(executor, id, 1));
    await awaitStatus(id, 'completed');
    expect((await listAttempts(id)).map(({ number, logLines }) => [number, logLines])).toEqual([
      [1, 2],
      [2, 1],
    ]);
    expect((await contents(id)).map((line) => line.slice(0, 33))).toEqual([
      'no',
      'Attempt 1 failed (builder_failed)',
      'built',
    ]);
  });

  it('retries a start that was rejected for lack of capacity', async () => {
    let tries = 0;
    const attempt = () => ((tries += 1) < 3 ? { startFailure: 'quota' as const } : {});
    const executor = await serve('{ count = 2, backoff = 0, on = ["not_begun"] }', { attempt });
    const { id } = await context.startRun('jobs.a');
    executor.finish(await beginAttempt(executor, id, 1));
    await awaitStatus(id, 'completed');
    expect(await listAttempts(id)).toMatchObject([
      { number: 1, failure: { code: 'executor_quota' }, begunAt: null },
      { number: 2, failure: { code: 'executor_quota' }, begunAt: null },
      { number: 3, failure: null },
    ]);
  });

  it('retries a lost attempt if its settings say so', async () => {
    const executor = await serve('{ count = 1, backoff = 0 }');
    const { id } = await context.startRun('jobs.a');
    const first = await beginAttempt(executor, id, 1);
    executor.print(first, 'last words');
    executor.fake.vanish(first.attemptId);
    look(id);
    executor.finish(await beginAttempt(executor, id, 2));
    await awaitStatus(id, 'completed');
    expect(await listAttempts(id)).toMatchObject([
      { failure: { code: 'attempt_lost' }, exit: null, finishedAt: expect.any(Date) as Date },
      { failure: null },
    ]);
  });

  it('keeps the exit that the executor observed when no exit record exists', async () => {
    await deploy('{ count = 1, backoff = 0 }');
    const executor = createBootstrappedExecutor(fixture);
    const killed = { code: null, signal: 'SIGKILL', outOfMemory: 'limit' } as const;
    let goneId = '';
    await startServer({
      executor: {
        ...executor,
        inspect: async (handle) =>
          handle.data['attemptId'] === goneId ? { state: 'exited', exit: killed } : executor.inspect(handle),
      },
    });
    const { id } = await context.startRun('jobs.a');
    goneId = (await beginAttempt(executor, id, 1)).attemptId;
    look(id);
    executor.finish(await beginAttempt(executor, id, 2));
    await awaitStatus(id, 'completed');
    expect(await listAttempts(id)).toMatchObject([
      { failure: { code: 'out_of_memory' }, exit: killed },
      { exit: { code: 0 } },
    ]);
  });

  it('applies its timeout to each attempt', async () => {
    const keys = { execute: { timeout: { timeout: 600, grace_period: 1 } } };
    const executor = await serve('{ count = 1, backoff = 0, on = ["timed_out"] }', {}, keys);
    const { id } = await context.startRun('jobs.a');
    const first = await beginAttempt(executor, id, 1);
    const anHourAgo = ago({ hours: 1 });
    await context.setRun(id, { startedAt: anHourAgo });
    await setAttempt(fixture.database, first.attemptId, { begunAt: anHourAgo });
    look(id);
    const second = await beginAttempt(executor, id, 2);
    executor.print(second, 'in time');
    executor.finish(second);
    const ended = await awaitStatus(id, 'completed');
    expect(ended.endIntent).toBeNull();
    expect(await contents(id)).toEqual([
      'The run has reached its timeout of 600 s and is being stopped. It has 1 s to end before it is killed.',
      expect.stringMatching(/^Attempt 1 failed \(timed_out\)/),
      'in time',
    ]);
    expect(executor.fake.stopped.map(({ attemptId }) => attemptId)).not.toContain(second.attemptId);
  });
});

describe('a cancelled run', () => {
  it('never begins again if it is cancelled while its next attempt is prepared', async () => {
    await deploy('{ count = 1, backoff = 0 }');
    const executor = createBootstrappedExecutor(fixture);
    const before = await startServer({ executor });
    const { id } = await context.startRun('jobs.a');
    const first = await beginAttempt(executor, id, 1);
    const held = holdBuilds(executor);
    await before.stop();
    await fixture.recordSpool.record(first.attemptId, 0, exitRecord(1));
    // This server's executor has lost the environment, so it has to build it.
    await startServer({ executor: { ...held.executor, hasEnvironment: async () => false } });
    await held.awaitBuilds(1);
    await fixture.cancelRuns.cancel(context.workspaceId, id);
    await awaitStatus(id, 'cancelled');
    expect(executor.fake.started).toHaveLength(1);
  });
});

describe('a server that dies', () => {
  it('between the exit and its consequences leaves them to the next server', async () => {
    await deploy('{ count = 1, backoff = 0 }');
    const executor = createBootstrappedExecutor(fixture);
    const first = await startServer({ executor });
    const { id } = await context.startRun('jobs.a');
    const spec = await beginAttempt(executor, id, 1);
    fixture.setFault('between-exit-and-finish', () => {
      throw new Error('crash');
    });
    await expect(fixture.recordSpool.record(spec.attemptId, 0, exitRecord(1))).rejects.toThrow('crash');
    await first.stop();
    fixture.setFault('between-exit-and-finish', () => undefined);
    await context.setRun(id, { leaseExpiresAt: ago({ seconds: 1 }) });
    await startServer({ executor });
    executor.finish(await beginAttempt(executor, id, 2));
    await awaitStatus(id, 'completed');
    expect(await listAttempts(id)).toMatchObject([{ failure: { code: 'exit_code' } }, { failure: null }]);
  });

  it('after it claimed a retry leaves it to the next server, without an additional attempt', async () => {
    await deploy('{ count = 1, backoff = 0 }');
    const executor = createBootstrappedExecutor(fixture);
    const first = await startServer({ executor });
    const { id } = await context.startRun('jobs.a');
    const spec = await beginAttempt(executor, id, 1);
    await first.stop();
    await fixture.recordSpool.record(spec.attemptId, 0, exitRecord(1));
    expect(await claimNext(fixture.store, 'a server that is gone', 0)).toMatchObject({
      jobRunId: id,
    });
    await startServer({ executor });
    const second = await beginAttempt(executor, id, 2);
    expect(second.claimNumber).toBe(3);
    executor.finish(second, 1);
    await awaitStatus(id, 'failed');
    expect((await listAttempts(id)).map(({ number }) => number)).toEqual([1, 2]);
  });

  it('is followed by two that compete for a retry, and start it once', async () => {
    await deploy('{ count = 5, backoff = 0 }');
    const executor = createBootstrappedExecutor(fixture);
    await Promise.all([1, 2].map(() => startServer({ executor })));
    const { id } = await context.startRun('jobs.a');
    for (const number of [1, 2, 3, 4]) executor.finish(await beginAttempt(executor, id, number), 1);
    executor.finish(await beginAttempt(executor, id, 5));
    await awaitStatus(id, 'completed');
    expect(executor.fake.started).toHaveLength(5);
    expect((await listAttempts(id)).map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('a run that waits for its retry', () => {
  it('gives the local data lock to another run, and says so in the log of its next attempt', async () => {
    await deploy('{ count = 1, backoff = 0 }', { execute: { concurrency: null } }, unlockedRequirements);
    const executor = createBootstrappedExecutor(fixture);
    await startServer({ executor });
    const first = await context.startRun('jobs.a');
    const spec = await beginAttempt(executor, first.id, 1);
    await context.setRun(first.id, { waitNoted: true });
    const other = await context.startRun('jobs.a');
    // It was created earlier, so it goes first.
    await context.setRun(other.id, { createdAt: ago({ hours: 1 }) });
    executor.finish(spec, 1);
    const otherSpec = await beginAttempt(executor, other.id, 1);
    const text = `Waiting for run ${other.number} of jobs.a: it uses the same local data (.dlt/data of this profile).`;
    await eventually('the wait is in the log', async () => (await contents(first.id)).includes(text));
    executor.finish(otherSpec);
    executor.finish(await beginAttempt(executor, first.id, 2));
    await awaitStatus(first.id, 'completed');
    expect((await listAttempts(first.id)).map(({ number, logLines }) => [number, logLines])).toEqual([
      [1, 1],
      [2, 1],
    ]);
  });
});

function exitRecord(code: number): Buffer {
  const record = { n: 0, kind: 'exit', at: '2026-03-10T10:00:00Z', code, signal: null, reason: null };
  return Buffer.from(`${JSON.stringify(record)}\n`);
}
