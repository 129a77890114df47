import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  startInProcessCluster,
  type InProcessCluster,
} from '../../../../../testing/kubernetes/in-process/start-cluster.ts';
import type { AttemptHandle } from '../contract/attempt-handle.ts';
import type { AttemptSpec } from '../contract/attempt-runner.ts';
import type { Executor } from '../executor.ts';
import { attemptPodName } from './names.ts';
import { createClusterFixture, type ClusterFixture } from './testing/cluster-fixture.ts';

const environment = { executor: 'kubernetes', path: 'abc-01234567-3.13-60910' };
/** Programs that only pretend to run, until they are stopped. */
const untilStopped = { startMilliseconds: 5, runMilliseconds: Infinity, exitCode: 0 };
const atOnce = { startMilliseconds: 5, runMilliseconds: 5, exitCode: 0 };
const shortWait = { pendingMinutes: 0.01 };

let cluster: InProcessCluster;
let fixture: ClusterFixture;
let executor: Executor;

beforeEach(async () => {
  cluster = await startInProcessCluster({
    pods: (_, container) => (container.name === 'prepare' ? atOnce : untilStopped),
    nodes: {
      'node-1': { cpu: '8', memory: '64Gi', pods: '110' },
      'node-2': { cpu: '8', memory: '64Gi', pods: '110' },
    },
  });
  fixture = await createClusterFixture(cluster);
  executor = fixture.createExecutor();
});
afterEach(() => fixture.close());

const describeAttempt = (changes: Partial<AttemptSpec> = {}): AttemptSpec => ({
  ...fixture.describeAttempt({ program: '', variables: {} }, environment),
  ...changes,
});

const inspect = (handle: AttemptHandle, by = executor) => by.inspect(handle);

async function start(spec = describeAttempt(), by = executor) {
  const handle = await by.start(spec);
  await vi.waitUntil(async () => isRunning(await by.inspect(handle)));
  return { handle, spec, pod: attemptPodName(spec.attemptId) };
}

const isRunning = (state: Awaited<ReturnType<typeof inspect>>): boolean =>
  state.state === 'running' && state.waitsFor === undefined;

const awaitState = (handle: AttemptHandle, expected: object, by = executor) =>
  expect.poll(() => inspect(handle, by)).toMatchObject(expected);

const listPods = async (): Promise<{ metadata: { name: string; uid: string } }[]> =>
  (await fixture.admin.send('GET', fixture.admin.path('pods'))).body.items;

const nodeOf = async (pod: string): Promise<string> =>
  (await fixture.admin.send('GET', fixture.admin.path(`pods/${pod}`))).body.spec.nodeName;

describe('an attempt that Kubernetes ends', () => {
  it.each([
    ['evicted through the API', 'evictPod', 'evicted', /evicted from its node/],
    ['preempted', 'preemptPod', 'preempted', /higher priority/],
    ['evicted by its node', 'evictForNodeMemory', 'evicted', /low on memory/],
  ] as const)('has a reason when it is %s', async (_, fault, code, detail) => {
    const { handle, pod } = await start();
    await cluster.faults[fault](pod);
    await awaitState(handle, { state: 'missing', code, detail: expect.stringMatching(detail) });
    // The reason stays after its pod has gone, as long as this server runs.
    await executor.stop(handle, { graceSeconds: 1 });
    await awaitState(handle, { state: 'missing', code });
  });

  it('says that its local data is lost if no claim has it', async () => {
    const { handle, pod } = await start();
    await cluster.faults.evictPod(pod);
    await awaitState(handle, { state: 'missing', detail: expect.not.stringMatching(/local data/) });
    const withoutClaim = fixture.createExecutor({ volumeClaim: null });
    const detail = expect.stringMatching(/local data is not stored\.$/);
    await awaitState(handle, { state: 'missing', detail }, withoutClaim);
  });

  it('has run out of its own memory', async () => {
    const { handle, pod } = await start();
    await cluster.faults.killForMemory(pod);
    await awaitState(handle, { state: 'exited', exit: { outOfMemory: 'limit' } });
  });

  it('is evicted when its node is drained', async () => {
    const { handle, pod } = await start();
    await cluster.faults.drainNode(await nodeOf(pod));
    await awaitState(handle, { state: 'missing', code: 'evicted' });
  });

  it('is unknown while its node is lost, and gone with its node', async () => {
    const { handle, pod } = await start();
    const node = await nodeOf(pod);
    await cluster.faults.loseNode(node);
    await awaitState(handle, { state: 'unknown', detail: expect.stringMatching(node) });
    await cluster.faults.removeNode(node);
    await awaitState(handle, { state: 'missing', code: 'node_lost' });
  });

  it('was deleted by a person', async () => {
    const { handle, pod } = await start();
    await fixture.admin.send('DELETE', fixture.admin.path(`pods/${pod}`));
    await awaitState(handle, { state: 'missing', code: 'pod_deleted' });
  });
});

describe('an attempt that does not start', () => {
  it('says that no node has room, and is given up', async () => {
    const spec = describeAttempt({ limits: { memoryBytes: null, cpus: 100, processes: null } });
    const patient = await executor.start(spec);
    await awaitState(patient, { state: 'running', waitsFor: expect.stringMatching(/too little free cpu/) });
    const impatient = fixture.createExecutor(shortWait);
    await awaitState(patient, { state: 'missing', code: 'pod_not_scheduled' }, impatient);
    expect(await listPods()).toEqual([]);
  });

  it('says which image is missing, and is given up', async () => {
    await cluster.faults.removeImage();
    const handle = await executor.start(describeAttempt());
    const waitsFor = expect.stringContaining(`cannot pull the image ${cluster.image}`) as string;
    await awaitState(handle, { state: 'running', waitsFor });
    await awaitState(handle, { state: 'missing', code: 'executor_image' }, fixture.createExecutor(shortWait));
  });

  it('waits while the quota is exhausted', async () => {
    await start();
    await cluster.faults.fillQuota();
    const spec = describeAttempt();
    await expect(executor.start(spec)).rejects.toMatchObject({
      kind: 'backend',
      message: expect.stringMatching(/quota of namespace .* is exhausted/),
    });
    await cluster.faults.freeQuota();
    await start(spec);
  });

  it('is one pod although the answer to its creation was lost', async () => {
    await executor.probe();
    await cluster.faults.failNext({ method: 'POST', path: /\/pods$/, failure: 'answer-lost' });
    const { handle, spec } = await start();
    expect(await executor.start(spec)).toEqual(handle);
    expect(await listPods()).toHaveLength(1);
  });

  it('is started again only when its earlier pod has gone', async () => {
    const { handle, spec, pod } = await start();
    await cluster.faults.loseNode(await nodeOf(pod));
    await fixture.admin.send('DELETE', fixture.admin.path(`pods/${pod}`));
    await expect(executor.start(spec)).rejects.toMatchObject({
      kind: 'backend',
      message: expect.stringMatching(/has not ended yet/),
    });
    await cluster.faults.removeNode(await nodeOf(pod));
    await vi.waitUntil(async () => (await listPods()).length === 0);
    const again = await executor.start(spec);
    expect(again.data['podUid']).not.toBe(handle.data['podUid']);
    // The pod of the first handle is gone, although one with its name exists.
    await awaitState(handle, { state: 'missing' });
  });
});

describe('an API server that fails', () => {
  it.each([
    ['is restarted', () => cluster.faults.restartApiServer()],
    ['loses its history', () => cluster.faults.restartApiServer({ losesHistory: true })],
    ['cuts its watches', () => cluster.faults.cutWatches()],
    ['forgets old versions', () => cluster.faults.expireHistory()],
  ])('loses no end of an attempt when it %s', async (_, cause) => {
    const [kept, ended] = [await start(), await start()];
    await cause();
    await cluster.faults.evictForNodeMemory(ended.pod);
    await expect
      .poll(async () => {
        expect((await inspect(kept.handle)).state).toMatch(/running|unknown/);
        return inspect(ended.handle);
      })
      .toMatchObject({ state: 'missing', code: 'evicted' });
    await awaitState(kept.handle, { state: 'running' });
  });

  it('makes attempts unknown, not missing', async () => {
    const { handle } = await start();
    const fresh = fixture.createExecutor();
    await fresh.list();
    for (const failure of [503, 500, 'reset'] as const) {
      await cluster.faults.failNext({ method: 'GET', path: /\/pods/, failure, times: 4 });
      expect((await fresh.inspect(handle)).state).toMatch(/running|unknown/);
    }
    await awaitState(handle, { state: 'running' }, fresh);
  });

  it('with another clock ends nothing', async () => {
    const { handle } = await start();
    await cluster.faults.skewClock(3600);
    await awaitState(handle, { state: 'running' });
    const other = await start();
    await awaitState(other.handle, { state: 'running' });
  });
});

it('reads the end of a finished attempt only until it is removed', async () => {
  const { handle, spec } = await start();
  expect(await executor.list()).toMatchObject([{ attemptId: spec.attemptId, handle }]);
  await executor.stop(handle, { graceSeconds: 1 });
  await executor.remove(handle);
  expect(await fixture.createExecutor().list()).toEqual([]);
  const text = JSON.stringify((await fixture.admin.send('GET', fixture.admin.path('secrets'))).body);
  expect(text).not.toContain(attemptPodName(spec.attemptId));
});

it('leaves the pods of other installations alone', async () => {
  const { handle, pod } = await start();
  const other = fixture.createExecutor({ installationId: randomUUID() });
  expect(await other.list()).toEqual([]);
  await other.removeResource({ kind: 'container', id: pod });
  await awaitState(handle, { state: 'running' }, fixture.createExecutor());
});

it('holds runs back while too many pods wait, and until half of them have started', async () => {
  const limits = { memoryBytes: null, cpus: 100, processes: null };
  const careful = fixture.createExecutor({ maxPendingPods: 2 });
  const handles = [];
  for (let count = 0; count < 2; count += 1) handles.push(await careful.start(describeAttempt({ limits })));
  const [first, second] = handles;
  if (first === undefined || second === undefined) throw new Error('There are no attempts.');
  await careful.inspect(first);
  await expect.poll(() => careful.describePressure()).toMatch(/2 pods wait to be started/);
  await careful.stop(first, { graceSeconds: 0 });
  await expect.poll(() => careful.describePressure()).toBeNull();
});

it('says which permissions are missing', async () => {
  expect(await executor.probe()).toMatchObject({ ok: true });
  const nowhere = fixture.createExecutor({ namespace: 'elsewhere' });
  expect(await nowhere.probe()).toMatchObject({
    ok: false,
    detail: expect.stringMatching(/lacks permissions: create pods, /),
  });
});
