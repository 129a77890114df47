import type { AttemptSpec } from '../executors/contract/attempt-runner.ts';
import type { JobRunRecord } from '../store/records.ts';
import type { RunState } from '@pumphouse/contract';
import type { ServiceFixture } from '../services/testing/service-fixture.ts';
import type { WorkspaceFixture } from '../services/testing/workspace-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BootstrappedExecutor } from './testing/supervisor-fixture.ts';
import { createReadApps } from '../services/apps/read-apps.ts';
import { describeStop } from '../domain/apps/app.ts';
import { createBootstrappedExecutor } from './testing/supervisor-fixture.ts';
import { createWorkspaceFixture, defineJob } from '../services/testing/workspace-fixture.ts';
import { createServiceFixture } from '../services/testing/service-fixture.ts';
import { useServers } from './testing/use-servers.ts';
import { eventually } from '../../../../testing/fixtures/eventually.ts';
import type { AppColumns } from '../store/postgres/testing/apps.ts';
import { ago, fromNow } from '../../../../testing/fixtures/relative-times.ts';
import { copyRun } from '../store/postgres/testing/runs.ts';
import { setAppInstance } from '../store/postgres/testing/apps.ts';

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

const unlimited = { execute: { concurrency: null } };

function defineApp(jobRef: string) {
  const launcher = 'dlt._workspace.deployment.launchers.module';
  const entry_point = { module: 'app', function: null, job_type: 'interactive' as const, launcher };
  return defineJob(jobRef, { entry_point, triggers: ['http:'] });
}

const openApp = async (of: WorkspaceFixture, jobRef: string) =>
  fixture.startRuns.startApp({ jobId: (await of.getJob(jobRef)).id, membershipId: null });

const awaitStatus = (of: WorkspaceFixture, jobRunId: string, status: RunState) =>
  eventually(`run ${jobRunId} is ${status}`, async () => {
    const run = await of.getRun(jobRunId);
    return run.status === status && run;
  });

/** Adds `count` pending runs of the same job, to simulate a caller that starts far too many. */
async function flood({ id, createdAt }: JobRunRecord, count: number): Promise<void> {
  await copyRun(fixture.database, id, count, (number) => ({
    status: 'pending',
    createdAt: new Date(createdAt.getTime() + number),
  }));
}

describe('apps and batch runs', () => {
  it('have separate slots: a batch run starts at once while apps use all of theirs', async () => {
    await context.deployAll([
      ...['a', 'b', 'c'].map((name) => defineApp(`jobs.app_${name}`)),
      defineJob('jobs.load'),
    ]);
    const executor = createBootstrappedExecutor(fixture);
    await startServer({ executor, maxActiveRuns: 2, maxActiveApps: 2 });
    const [first, second, third] = [
      await openApp(context, 'jobs.app_a'),
      await openApp(context, 'jobs.app_b'),
      await openApp(context, 'jobs.app_c'),
    ];
    const specs = [await executor.awaitBegin(first), await executor.awaitBegin(second)];
    const { id } = await context.startRun('jobs.load');
    executor.finish(await executor.awaitBegin(id));
    await awaitStatus(context, id, 'completed');
    expect((await context.getRun(third)).status).toBe('pending');
    for (const spec of specs) executor.finish(spec);
    executor.finish(await executor.awaitBegin(third));
    await awaitStatus(context, third, 'completed');
  });
});

describe('fairness', () => {
  it('gives the next slot to the only run of another organization, ahead of a thousand earlier ones', async () => {
    await context.deployAll([defineJob('jobs.many', unlimited)]);
    const other = await createWorkspaceFixture(fixture);
    await other.deployAll([defineJob('jobs.one')]);
    await flood(await context.startRun('jobs.many'), 1000);
    const order: AttemptSpec[] = [];
    const executor = createBootstrappedExecutor(fixture, {
      attempt(spec) {
        order.push(spec);
        return {};
      },
    });
    await startServer({ executor, maxActiveRuns: 2 });
    await eventually('both slots are in use', () => order.length === 2);
    const single = await other.startRun('jobs.one');
    for (let ended = 0; ended < 3; ended += 1) {
      const spec = order[ended];
      if (!spec) throw new Error('It started');
      await executor.begin(spec);
      executor.finish(spec);
      await eventually('the slot is in use again', () => order.length === ended + 3);
    }
    expect(order.findIndex((spec) => spec.jobRunId === single.id)).toBe(2);
  });
});

describe('an app without a free slot', () => {
  /** Running apps that answer requests, each last used the given number of seconds ago. */
  async function openListening(executor: BootstrappedExecutor, ages: Record<string, number>) {
    const opened = [];
    for (const [jobRef, seconds] of Object.entries(ages)) {
      const id = await openApp(context, jobRef);
      const spec = await executor.awaitBegin(id);
      await fixture.store.apps.noteListening(id);
      await setAge(id, { lastUsedAt: ago({ seconds }) });
      opened.push({ id, spec });
    }
    return opened;
  }
  const setAge = (id: string, columns: AppColumns) => setAppInstance(fixture.database, id, columns);

  beforeEach(() => context.deployAll(['a', 'b', 'c'].map((name) => defineApp(`jobs.app_${name}`))));

  it('gets the slot of the app idle longest, whose log says why it was stopped', async () => {
    const executor = createBootstrappedExecutor(fixture);
    await startServer({ executor, maxActiveApps: 2 });
    const [first, second] = await openListening(executor, { 'jobs.app_a': 500, 'jobs.app_b': 600 });
    if (!first || !second) throw new Error('Both are open');
    const third = await openApp(context, 'jobs.app_c');
    await executor.awaitBegin(third);
    const { status, endIntent } = await awaitStatus(context, second.id, 'completed');
    expect({ status, endIntent }).toEqual({ status: 'completed', endIntent: 'room' });
    expect((await context.getRun(first.id)).endIntent).toBeNull();
    const log = (await context.readLog(second.id)).map(({ content }) => content);
    expect(log.at(-1)).toMatch(
      /^The app is stopped to make room for another app: it has been idle for 6\d\d s\. The next visit starts it again\.$/,
    );
    const { workspaceId } = context;
    const job = await context.getJob('jobs.app_b');
    const { situation, end } = await createReadApps(fixture.persistence).get(workspaceId, job.id);
    expect([situation.kind, describeStop(end?.endIntent ?? null)]).toEqual([
      'stopped',
      'It was idle, and another app needed its slot.',
    ]);
  });

  it('waits and says so, and never stops apps that are in use or have an open connection', async () => {
    const executor = createBootstrappedExecutor(fixture);
    await startServer({ executor, maxActiveApps: 2 });
    const [used, connected] = await openListening(executor, { 'jobs.app_a': 0, 'jobs.app_b': 600 });
    if (!used || !connected) throw new Error('Both are open');
    // Visitors use the one, and stay connected to the other, for as long as the test takes.
    await setAge(used.id, { lastUsedAt: fromNow({ hours: 1 }) });
    await setAge(connected.id, { connectedAt: fromNow({ hours: 1 }) });
    const third = await openApp(context, 'jobs.app_c');
    const reason = 'No free slot: 2 of 2 apps in use. It starts when one is free.';
    await eventually(
      'it says what it waits for',
      async () => (await context.getRun(third)).waitReason === reason,
    );
    await eventually('its log says so', async () =>
      (await context.readLog(third)).some(({ content }) => content === reason),
    );
    expect([await context.getRun(used.id), await context.getRun(connected.id)]).toMatchObject([
      { status: 'running', endIntent: null },
      { status: 'running', endIntent: null },
    ]);
    executor.finish(used.spec);
    await executor.awaitBegin(third);
  });
});

describe('a run that is larger than the machine', () => {
  it('waits, says for how much memory, and runs alone', async () => {
    const large = { require: { instance: { size: 'xlarge' as const } } };
    await context.deployAll([defineJob('jobs.small'), defineJob('jobs.large', large)]);
    const machine = { cpus: 8, memoryBytes: 8 * 1024 ** 3 };
    const executor = createBootstrappedExecutor(fixture, {}, machine);
    await startServer({ executor });
    const small = await executor.awaitBegin((await context.startRun('jobs.small')).id);
    const { id } = await context.startRun('jobs.large');
    const reason =
      'Waiting for memory: the sizes of 1 active run use 4 GiB of the 4 GiB that the server has for batch runs, and this run needs 4 GiB.';
    const waiting = await eventually('it says what it waits for', async () => {
      const run = await context.getRun(id);
      return run.waitReason !== null && run;
    });
    expect(waiting).toMatchObject({ status: 'pending', waitKind: 'size', waitReason: reason });
    executor.finish(small);
    executor.finish(await executor.awaitBegin(id));
    await awaitStatus(context, id, 'completed');
    expect((await context.readLog(id)).map(({ content }) => content)).toEqual([reason]);
  });
});
