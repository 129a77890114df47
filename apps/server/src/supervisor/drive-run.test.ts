import type { BootstrappedExecutor } from './testing/supervisor-fixture.ts';
import type { Executor } from '../executors/executor.ts';
import type { FakeScripts } from '../executors/fake/fake-executor.ts';
import type { JobDefinition } from '../domain/jobs/job-definition.ts';
import type { RunState } from '@pumphouse/contract';
import type { ServiceFixture } from '../services/testing/service-fixture.ts';
import type { WorkspaceFixture } from '../services/testing/workspace-fixture.ts';
import type { Supervisor } from './supervisor.ts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createBootstrappedExecutor, createServer } from './testing/supervisor-fixture.ts';
import { createWorkspaceFixture, defineJob } from '../services/testing/workspace-fixture.ts';
import { createServiceFixture } from '../services/testing/service-fixture.ts';
import { eventually } from '../../../../testing/fixtures/eventually.ts';
import { runFailures } from '../domain/runs/run-failures.ts';
import { holdBuilds } from './testing/held-builds.ts';
import { endOpenRuns } from '../store/postgres/testing/runs.ts';
import { ago } from '../../../../testing/fixtures/relative-times.ts';
import { setAttempt } from '../store/postgres/testing/attempts.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
let server: Supervisor | null;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  server = null;
  context = await createWorkspaceFixture(fixture);
});
afterEach(async () => {
  await server?.stop();
  await endOpenRuns(fixture.database);
});

/** Starts a server with one job, whose attempts follow the scripts. */
async function serve(scripts: FakeScripts = {}, keys: Partial<JobDefinition> = {}) {
  await context.deployAll([defineJob('jobs.a', keys)]);
  const executor = createBootstrappedExecutor(fixture, scripts);
  await serveWith(executor);
  return executor;
}

async function serveWith(executor: Executor): Promise<void> {
  server = createServer(fixture, { executor });
  await server.start();
}

const awaitStatus = (jobRunId: string, status: RunState) =>
  eventually(`run ${jobRunId} is ${status}`, async () => {
    const run = await context.getRun(jobRunId);
    return run.status === status && run;
  });

const contents = async (jobRunId: string) => (await context.readLog(jobRunId)).map(({ content }) => content);
const look = (jobRunId: string) => fixture.attemptLog.announce(jobRunId);

describe('the environment of a run', () => {
  it('is built with the settings of its workspace and profile, and without run variables', async () => {
    const executor = await serve();
    const plain = (name: string, value: string) => ({ name, type: 'plain' as const, value });
    const password = { name: 'UV_INDEX_CORP_PASSWORD', type: 'secret' as const, value: 'swordfish' };
    const ofAll = [plain('UV_INDEX', 'https://one.example.com'), plain('API_REGION', 'north'), password];
    await context.updateVariables({ profile: null, deletes: [], upserts: ofAll });
    const ofProd = [plain('UV_INDEX', 'https://two.example.com')];
    await context.updateVariables({ profile: 'prod', deletes: [], upserts: ofProd });
    const { id } = await context.startRun('jobs.a');
    await executor.awaitStart(id);
    expect(executor.fake.built).toMatchObject([{ maskedValues: ['swordfish'] }]);
    expect(executor.fake.built[0]?.variables).toEqual({
      UV_INDEX: 'https://two.example.com',
      UV_INDEX_CORP_PASSWORD: 'swordfish',
    });
  });
});

describe('a lost attempt', () => {
  it('fails its run as lost, after its remaining spool is read', async () => {
    const executor = await serve();
    const { id } = await context.startRun('jobs.a');
    const spec = await executor.awaitBegin(id);
    executor.print(spec, 'last words');
    executor.fake.vanish(spec.attemptId);
    look(id);
    expect(await awaitStatus(id, 'failed')).toMatchObject({ failure: { code: 'attempt_lost' } });
    expect(await context.readLog(id)).toMatchObject([
      { source: 'user', content: 'last words' },
      {
        source: 'runner',
        content: expect.stringMatching(/^Failed \(attempt_lost\): .* Start the job again/) as string,
      },
    ]);
  });

  it('is decided by its exit record if there is one', async () => {
    const executor = await serve();
    const { id } = await context.startRun('jobs.a');
    const spec = await executor.awaitBegin(id);
    executor.fake.finish(spec.attemptId, { code: 3 });
    executor.fake.vanish(spec.attemptId);
    look(id);
    expect(await awaitStatus(id, 'failed')).toMatchObject({ failure: { code: 'exit_code' } });
  });

  it.each([
    {
      inspection: { state: 'missing', detail: 'Its container was ended from outside by signal 9.' } as const,
      line: /^Failed \(attempt_lost\): Its container was ended from outside by signal 9\. Start the job again/,
    },
    {
      inspection: {
        state: 'exited',
        exit: { code: null, signal: 'SIGKILL', outOfMemory: 'limit' },
      } as const,
      line: /^Failed \(out_of_memory\): The run was killed at 4096 MiB of the 4096 MiB of memory of its instance size small\. Try /,
    },
  ])('ends its run with the exit that the executor observed: $inspection', async ({ inspection, line }) => {
    await context.deployAll([defineJob('jobs.a')]);
    const executor = createBootstrappedExecutor(fixture);
    let isGone = false;
    await serveWith({
      ...executor,
      inspect: async (handle) => (isGone ? inspection : executor.inspect(handle)),
    });
    const { id } = await context.startRun('jobs.a');
    await executor.awaitBegin(id);
    isGone = true;
    look(id);
    await awaitStatus(id, 'failed');
    expect((await context.readLog(id)).at(-1)?.content).toMatch(line);
  });

  it('is cancelled if it was lost after a cancel request', async () => {
    const executor = await serve();
    const { id } = await context.startRun('jobs.a');
    const spec = await executor.awaitBegin(id);
    // Hide the loss until the cancel request is stored; otherwise the run would end as lost.
    executor.fake.hide(spec.attemptId);
    executor.fake.vanish(spec.attemptId);
    await fixture.cancelRuns.cancel(context.workspaceId, id);
    executor.fake.hide(spec.attemptId, false);
    expect((await awaitStatus(id, 'cancelled')).failure).toBeNull();
  });

  it('is never assumed while the executor cannot see it', async () => {
    await context.deployAll([defineJob('jobs.a')]);
    const executor = createBootstrappedExecutor(fixture);
    let unknown = 0;
    await serveWith({
      ...executor,
      async inspect(handle) {
        const inspection = await executor.inspect(handle);
        if (inspection.state === 'unknown') unknown += 1;
        return inspection;
      },
    });
    const { id } = await context.startRun('jobs.a');
    const spec = await executor.awaitBegin(id);
    executor.fake.hide(spec.attemptId);
    await eventually('it was looked at in vain, time and again', () => {
      look(id);
      return unknown >= 10;
    });
    expect(await context.getRun(id)).toMatchObject({ status: 'running', failure: null });
    executor.fake.hide(spec.attemptId, false);
    executor.finish(spec);
    await awaitStatus(id, 'completed');
  });
});

describe('an attempt that fails to start', () => {
  it.each(['config', 'image'] as const)('fails its run for a permanent reason (%s)', async (kind) => {
    const executor = await serve({ attempt: () => ({ startFailure: kind }) });
    const { id } = await context.startRun('jobs.a');
    const ended = await awaitStatus(id, 'failed');
    expect(ended.failure).toMatchObject({ code: `executor_${kind}` });
    const { nextStep } = runFailures[`executor_${kind}`];
    const text = `Failed (executor_${kind}): ${ended.failure?.detail} ${nextStep}`;
    expect(await contents(id)).toEqual([text]);
    expect(executor.fake.started).toEqual([]);
  });

  it('is retried after the lease expires for a temporary reason (backend)', async () => {
    let tries = 0;
    const attempt = () => ((tries += 1) === 1 ? { startFailure: 'backend' as const } : {});
    const executor = await serve({ attempt });
    const { id } = await context.startRun('jobs.a');
    await eventually('the failure is in the log', async () =>
      (await contents(id)).some((line) => line.includes('is retried')),
    );
    expect((await context.getRun(id)).claimNumber).toBe(1);
    await context.setRun(id, { leaseExpiresAt: ago({ seconds: 1 }) });
    const spec = await executor.awaitBegin(id);
    expect(spec.claimNumber).toBe(2);
    executor.finish(spec);
    expect(await awaitStatus(id, 'completed')).toMatchObject({ claimNumber: 2 });
    expect(await contents(id)).toEqual([expect.stringContaining('is retried')]);
  });
});

describe('a cancelled run', () => {
  it('is stopped with its grace period while it runs', async () => {
    const executor = await serve({}, { execute: { timeout: { grace_period: 7 } } });
    const { id } = await context.startRun('jobs.a');
    const spec = await executor.awaitBegin(id);
    const answer = await fixture.cancelRuns.cancel(context.workspaceId, id);
    expect(answer.endIntent).toBe('cancel');
    await awaitStatus(id, 'cancelled');
    expect(executor.fake.stopped[0]).toEqual({ attemptId: spec.attemptId, graceSeconds: 7 });
    expect(await contents(id)).toEqual([
      'Cancelled by the server; the run is being stopped. It has 7 s to end before it is killed.',
      'Cancelled. It ended within its grace period of 7 s.',
    ]);
    await expect(fixture.cancelRuns.cancel(context.workspaceId, id)).rejects.toMatchObject({
      code: 'run_finished',
    });
  });

  it('is stopped later if it cannot be stopped now', async () => {
    const executor = await serve();
    const { id } = await context.startRun('jobs.a');
    const spec = await executor.awaitBegin(id);
    executor.fake.hide(spec.attemptId);
    await fixture.cancelRuns.cancel(context.workspaceId, id);
    look(id);
    expect((await context.getRun(id)).status).toBe('cancelling');
    executor.fake.hide(spec.attemptId, false);
    await awaitStatus(id, 'cancelled');
    expect(executor.fake.stopped.map(({ attemptId }) => attemptId)).toContain(spec.attemptId);
  });

  it('never begins if user code had not begun', async () => {
    const executor = await serve();
    const { id } = await context.startRun('jobs.a');
    const spec = await executor.awaitStart(id);
    await fixture.cancelRuns.cancel(context.workspaceId, id);
    await expect(executor.begin(spec)).rejects.toMatchObject({ code: 'claim_lost' });
    await awaitStatus(id, 'cancelled');
    expect((await context.getRun(id)).startedAt).toBeNull();
  });

  it('ends at once while its environment is built, and aborts the build', async () => {
    await context.deployAll([defineJob('jobs.a')]);
    const executor = createBootstrappedExecutor(fixture);
    const held = holdBuilds(executor);
    await serveWith(held.executor);
    const { id } = await context.startRun('jobs.a');
    await held.awaitBuilds(1);
    await eventually('the line of the build is in the log', async () => (await contents(id)).length === 1);
    await fixture.cancelRuns.cancel(context.workspaceId, id);
    await awaitStatus(id, 'cancelled');
    await eventually('the build is aborted', () => held.aborted === 1);
    expect(executor.fake.started).toEqual([]);
    expect(await contents(id)).toEqual([
      'resolving',
      'Cancelled by the server; the run is being stopped. It has 30 s to end before it is killed.',
      'Cancelled. Its code had not started.',
    ]);
  });

  it('ends without an attempt while it is pending', async () => {
    await context.deployAll([defineJob('jobs.a')]);
    const { id } = await context.startRun('jobs.a');
    await fixture.cancelRuns.cancel(context.workspaceId, id);
    expect((await context.getRun(id)).status).toBe('cancelled');
    expect(await fixture.store.attempts.listOfRun(id)).toEqual([]);
    expect((await context.getRun(id)).waitReason).toBe('Cancelled. By the server, before it started.');
  });
});

describe('a run that exceeds its timeout', () => {
  it('is stopped, and fails with that reason', async () => {
    const executor = await serve({}, { execute: { timeout: { timeout: 0.1, grace_period: 2 } } });
    const { id } = await context.startRun('jobs.a');
    const spec = await executor.awaitBegin(id);
    expect(await awaitStatus(id, 'failed')).toMatchObject({
      endIntent: 'timeout',
      failure: { code: 'timed_out' },
    });
    expect(executor.fake.stopped[0]).toEqual({ attemptId: spec.attemptId, graceSeconds: 2 });
    const text =
      'The run has reached its timeout of 0.1 s and is being stopped. It has 2 s to end before it is killed.';
    expect((await contents(id)).filter((line) => line === text)).toHaveLength(1);
  });

  /** A run that began the given number of seconds ago, by the database's clock. */
  async function startLongAgo(executor: BootstrappedExecutor, seconds: number) {
    const { id } = await context.startRun('jobs.a');
    const spec = await executor.awaitStart(id);
    await executor.begin(spec);
    await setAttempt(fixture.database, spec.attemptId, { begunAt: ago({ seconds }) });
    look(id);
    return { id, spec };
  }

  it('has a default timeout of two hours', async () => {
    const executor = await serve();
    const { id } = await startLongAgo(executor, 7201);
    await awaitStatus(id, 'failed');
    expect(await contents(id)).toContain(
      'The run has reached its timeout of 7200 s and is being stopped. It has 30 s to end before it is killed.',
    );
  });

  it.each([
    ['0', { timeout: { timeout: 0 } }],
    ['null', { timeout: null }],
  ])('has no time limit with a timeout of %s', async (_what, execute) => {
    const executor = await serve({}, { execute });
    const { id, spec } = await startLongAgo(executor, 365 * 24 * 3600);
    executor.print(spec, 'still here');
    executor.finish(spec);
    await awaitStatus(id, 'completed');
    expect(executor.fake.stopped).toEqual([]);
    expect(await contents(id)).toEqual(['still here']);
  });
});

describe('runs that wait for the same environment', () => {
  const unlimited = { execute: { concurrency: null } };

  /** Starts five runs that wait for the held build. */
  async function startFive(): Promise<string[]> {
    const ids: string[] = [];
    for (let count = 0; count < 5; count += 1) ids.push((await context.startRun('jobs.a')).id);
    await eventually('all wait for the build', async () =>
      (await Promise.all(ids.map(contents))).every((lines) => lines.length === 1),
    );
    return ids;
  }

  it('share one build, and each log has its lines', async () => {
    await context.deployAll([defineJob('jobs.a', unlimited)]);
    const executor = createBootstrappedExecutor(fixture, { build: () => ({ lines: ['built'] }) });
    const held = holdBuilds(executor);
    await serveWith(held.executor);
    const ids = await startFive();
    held.release();
    for (const id of ids) executor.finish(await executor.awaitBegin(id));
    for (const id of ids) {
      await awaitStatus(id, 'completed');
      expect(await context.readLog(id)).toMatchObject([
        { line_num: 0, source: 'setup', stage: 'build', content: 'resolving', io_stream: 'stdout' },
        { line_num: 1, source: 'setup', stage: 'build', content: 'built', io_stream: 'stderr' },
      ]);
    }
    expect(executor.fake.built).toHaveLength(1);
  });

  it('all fail with the error of a failed build', async () => {
    await context.deployAll([defineJob('jobs.a', unlimited)]);
    const failure = { code: 'requirements_failed', message: 'No solution: requests is too old.' } as const;
    const executor = createBootstrappedExecutor(fixture, { build: () => ({ lines: ['no'], failure }) });
    const held = holdBuilds(executor);
    await serveWith(held.executor);
    const ids = await startFive();
    held.release();
    for (const id of ids) {
      expect(await awaitStatus(id, 'failed')).toMatchObject({
        failure: { code: 'requirements_failed', detail: failure.message },
      });
      const { nextStep } = runFailures.requirements_failed;
      const text = `Failed (requirements_failed): ${failure.message} ${nextStep}`;
      expect(await contents(id)).toEqual(['resolving', 'no', text]);
    }
    expect(executor.fake.started).toEqual([]);
  });
});
