/** What becomes of attempts when a cluster fails: the same on the real one and on the one in this process. */
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi, type TestContext } from 'vitest';
import type { ApiClient } from '../../../../../../testing/kubernetes/api-client.ts';
import type { FaultName } from '../../../../../../testing/kubernetes/cluster-faults.ts';
import type { TestCluster } from '../../../../../../testing/kubernetes/cluster.ts';
import type { AttemptHandle } from '../../contract/attempt-handle.ts';
import type { AttemptInspection, AttemptSpec } from '../../contract/attempt-runner.ts';
import type { Executor } from '../../executor.ts';
import type { KubernetesExecutorOptions } from '../kubernetes-backend.ts';
import { attemptPodName } from '../names.ts';

/** A cluster without pods, and an installation on it. */
export interface FaultSite {
  cluster: TestCluster;
  admin: ApiClient;
  executor: Executor;
  createExecutor(overrides?: Partial<KubernetesExecutorOptions>): Executor;
  /** Of a program that runs until it is stopped. */
  describeAttempt(changes?: Partial<AttemptSpec>): AttemptSpec;
  /**
   * Pods that are deleted with a grace period leave an exit record, which says why: bootstraps really run. Pods that
   * only pretend leave none.
   */
  leavesExitRecords: boolean;
  close(): Promise<void>;
}

const shortWait = { pendingMinutes: 0.01 };
const patience = { timeout: 180_000 };
const tooManyCores = { memoryBytes: null, cpus: 100, processes: null };

export const isRunning = (state: AttemptInspection): boolean =>
  state.state === 'running' && state.waitsFor === undefined;

/** Starts attempts on the site of a test, and watches them. */
export function watchAttempts(get: () => FaultSite) {
  return {
    start: async (spec = get().describeAttempt(), by = get().executor) => {
      const handle = await by.start(spec);
      await vi.waitUntil(async () => isRunning(await by.inspect(handle)), patience);
      return { handle, spec, pod: attemptPodName(spec.attemptId) };
    },

    awaitState: (handle: AttemptHandle, expected: object, by = get().executor) =>
      expect.poll(() => by.inspect(handle), patience).toMatchObject(expected),

    listPods: async (): Promise<{ metadata: { name: string; uid: string } }[]> =>
      (await get().admin.send('GET', get().admin.path('pods'))).body.items,

    nodeOf: async (pod: string): Promise<string> =>
      (await get().admin.send('GET', get().admin.path(`pods/${pod}`))).body.spec.nodeName,
  };
}

/** @param open opens the site of a test */
export function describeFaults(name: string, open: () => Promise<FaultSite>): void {
  let site: FaultSite;
  beforeEach(async () => {
    site = await open();
  });
  afterEach(() => site.close());
  const { start, awaitState, listPods, nodeOf } = watchAttempts(() => site);
  const needs = (test: TestContext, fault: FaultName) =>
    test.skip(!site.cluster.capabilities.faults.has(fault), `this cluster has no ${fault}`);
  /** The end of a pod that got the time to end by itself. */
  const graceful = (code: string) =>
    site.leavesExitRecords ? { state: 'exited' } : { state: 'missing', code };

  describe(name, () => {
    describe('an attempt that Kubernetes ends', () => {
      it.each([
        ['evicted through the API', 'evictPod', 'evicted', /evicted from its node/],
        ['preempted', 'preemptPod', 'preempted', /higher priority/],
        ['evicted by its node', 'evictForNodeMemory', 'evicted', /low on memory/],
      ] as const)('has a reason when it is %s', async (_, fault, code, detail) => {
        const { handle, pod } = await start();
        await site.cluster.faults[fault](pod);
        const expected = fault === 'evictForNodeMemory' ? { state: 'missing', code } : graceful(code);
        await awaitState(handle, expected);
        if (expected.state === 'missing') await awaitState(handle, { detail: expect.stringMatching(detail) });
        // The reason stays after its pod has gone, as long as this server runs.
        await site.executor.stop(handle, { graceSeconds: 1 });
        await awaitState(handle, expected);
      });

      it('says that its local data is lost if no claim has it', async () => {
        const { handle, pod } = await start();
        await site.cluster.faults.evictForNodeMemory(pod);
        await awaitState(handle, { state: 'missing', detail: expect.not.stringMatching(/local data/) });
        const withoutClaim = site.createExecutor({ volumeClaim: null });
        const detail = expect.stringMatching(/local data is not stored\.$/);
        await awaitState(handle, { state: 'missing', detail }, withoutClaim);
      });

      it('has run out of its own memory', async () => {
        const { handle, pod } = await start();
        await site.cluster.faults.killForMemory(pod);
        await awaitState(handle, { state: 'exited', exit: { outOfMemory: 'limit' } });
      });

      it('is evicted when its node is drained', async () => {
        const { handle, pod } = await start();
        const node = await nodeOf(pod);
        onTestFinished(() => site.cluster.faults.uncordonNode(node));
        await site.cluster.faults.drainNode(node);
        await awaitState(handle, graceful('evicted'));
      });

      it('is unknown while its node is lost, and gone with its node', async () => {
        const { handle, pod } = await start();
        const node = await nodeOf(pod);
        onTestFinished(() => site.cluster.faults.returnNode(node));
        await site.cluster.faults.loseNode(node);
        await awaitState(handle, { state: 'unknown', detail: expect.stringMatching(node) });
        await site.cluster.faults.removeNode(node);
        // Kubernetes before 1.26 does not say why a pod was deleted.
        const { disruptionTarget } = site.cluster.capabilities;
        await awaitState(handle, { state: 'missing', code: disruptionTarget ? 'node_lost' : 'pod_deleted' });
      });

      it('was deleted by a person', async () => {
        const { handle, pod } = await start();
        await site.admin.send('DELETE', site.admin.path(`pods/${pod}`));
        await awaitState(handle, graceful('pod_deleted'));
      });
    });

    describe('an attempt that does not start', () => {
      it('says that no node has room, and is given up', async () => {
        const spec = site.describeAttempt({ limits: tooManyCores });
        const patient = await site.executor.start(spec);
        await awaitState(patient, {
          state: 'running',
          waitsFor: expect.stringMatching(/too little free cpu/),
        });
        const impatient = site.createExecutor(shortWait);
        await awaitState(patient, { state: 'missing', code: 'pod_not_scheduled' }, impatient);
        expect(await listPods()).toEqual([]);
      });

      it('says which image is missing, and is given up', async () => {
        onTestFinished(() => site.cluster.faults.restoreImage());
        await site.cluster.faults.removeImage();
        const handle = await site.executor.start(site.describeAttempt());
        const waitsFor = expect.stringContaining(`cannot pull the image ${site.cluster.image}`) as string;
        await awaitState(handle, { state: 'running', waitsFor });
        await awaitState(
          handle,
          { state: 'missing', code: 'executor_image' },
          site.createExecutor(shortWait),
        );
      });

      it('waits while the quota is exhausted', async () => {
        await start();
        await site.cluster.faults.fillQuota();
        const spec = site.describeAttempt();
        await expect(site.executor.start(spec)).rejects.toMatchObject({
          kind: 'backend',
          message: expect.stringMatching(/quota of namespace .* is exhausted/),
        });
        await site.cluster.faults.freeQuota();
        await start(spec);
      });

      it('is one pod although the answer to its creation was lost', async () => {
        await site.executor.probe();
        await site.cluster.faults.failNext({ method: 'POST', path: /\/pods$/, failure: 'answer-lost' });
        const { handle, spec } = await start();
        expect(await site.executor.start(spec)).toEqual(handle);
        expect(await listPods()).toHaveLength(1);
      });

      it('is started again only when its earlier pod has gone', async () => {
        const { handle, spec, pod } = await start();
        const node = await nodeOf(pod);
        onTestFinished(() => site.cluster.faults.returnNode(node));
        await site.cluster.faults.loseNode(node);
        await site.admin.send('DELETE', site.admin.path(`pods/${pod}`));
        await expect(site.executor.start(spec)).rejects.toMatchObject({
          kind: 'backend',
          message: expect.stringMatching(/has not ended yet/),
        });
        await site.cluster.faults.removeNode(node);
        await vi.waitUntil(async () => (await listPods()).length === 0, patience);
        const again = await site.executor.start(spec);
        expect(again.data['podUid']).not.toBe(handle.data['podUid']);
        // The pod of the first handle is gone, although one with its name exists.
        await awaitState(handle, { state: 'missing' });
      });
    });

    describe('an API server that fails', () => {
      it.each([
        ['is restarted', () => site.cluster.faults.restartApiServer()],
        ['loses its history', () => site.cluster.faults.restartApiServer({ losesHistory: true })],
        ['cuts its watches', () => site.cluster.faults.cutWatches()],
        ['forgets old versions', () => site.cluster.faults.expireHistory()],
      ])('loses no end of an attempt when it %s', async (_, cause) => {
        const [kept, ended] = [await start(), await start()];
        await cause();
        await site.cluster.faults.killForMemory(ended.pod);
        await expect
          .poll(async () => {
            expect((await site.executor.inspect(kept.handle)).state).toMatch(/running|unknown/);
            return site.executor.inspect(ended.handle);
          })
          .toMatchObject({ state: 'exited', exit: { outOfMemory: 'limit' } });
        await awaitState(kept.handle, { state: 'running' });
      });

      it('makes attempts unknown, not missing', async () => {
        const { handle } = await start();
        const fresh = site.createExecutor();
        await fresh.list();
        for (const failure of [503, 500, 'reset'] as const) {
          await site.cluster.faults.failNext({ method: 'GET', path: /\/pods/, failure, times: 4 });
          expect((await fresh.inspect(handle)).state).toMatch(/running|unknown/);
        }
        await awaitState(handle, { state: 'running' }, fresh);
      });

      it('with another clock ends nothing', async (test) => {
        needs(test, 'skewClock');
        const { handle } = await start();
        await site.cluster.faults.skewClock(3600);
        await awaitState(handle, { state: 'running' });
        const other = await start();
        await awaitState(other.handle, { state: 'running' });
      });
    });
  });
}
