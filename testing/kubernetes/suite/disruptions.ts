import { describe, expect, it, onTestFailed, type TestContext } from 'vitest';
import {
  createPod,
  describePod,
  needsFaults,
  readPod,
  readUntil,
  scripts,
  untilGone,
  untilPhase,
  type GetContext,
} from './suite-pods.ts';

interface DisruptedPod {
  metadata: { deletionTimestamp?: string };
  status: {
    phase: string;
    reason?: string;
    message?: string;
    conditions: { type: string; reason?: string }[];
  };
}

/** What nodes, the scheduler and the API do to pods that run or wait. */
export function describeDisruptions(get: GetContext): void {
  const readDisruption = ({ status }: DisruptedPod) =>
    status.conditions.find(({ type }) => type === 'DisruptionTarget');
  const expectReason = (pod: DisruptedPod, reason: string) => {
    if (get().cluster.capabilities.disruptionTarget)
      expect(readDisruption(pod)).toMatchObject({ status: 'True', reason });
  };
  const runPod = async (spec: object = {}) => {
    const { name } = (await createPod(get(), { graceSeconds: 1, spec })).metadata;
    return untilPhase(get(), name, 'Running');
  };
  /** The last state of a pod that is deleted. */
  const readEnd = async (pod: { metadata: { name: string; resourceVersion: string } }) => {
    const { api } = get();
    const { name, resourceVersion } = pod.metadata;
    const query = `resourceVersion=${resourceVersion}&fieldSelector=metadata.name%3D${name}`;
    const watch = await api.watch(`${api.path('pods')}?${query}`);
    const events = await readUntil(watch, ({ type }) => type === 'DELETED');
    watch.close();
    return events.at(-1)?.object as unknown as DisruptedPod;
  };
  const needs = (test: TestContext, ...names: Parameters<typeof needsFaults>[2][]) =>
    needsFaults(test, get(), ...names);

  describe('disruptions', () => {
    it('by an eviction delete the pod and say why', async (test) => {
      needs(test, 'evictPod');
      const pod = await runPod();
      await get().cluster.faults.evictPod(pod.metadata.name);
      expectReason(await readEnd(pod), 'EvictionByEvictionAPI');
    });

    it('by a pod of higher priority delete the pod and say why', async (test) => {
      needs(test, 'preemptPod');
      const pod = await runPod();
      await get().cluster.faults.preemptPod(pod.metadata.name);
      const end = await readEnd(pod);
      if (get().cluster.capabilities.disruptionTarget)
        expect(readDisruption(end)?.reason).toMatch(/^PreemptionBy(Kube)?Scheduler$/);
    });

    it('by a drained node delete the pod, and keep others away', async (test) => {
      needs(test, 'drainNode', 'uncordonNode');
      const { cluster } = get();
      const pod = await runPod();
      onTestFailed(() => cluster.faults.uncordonNode());
      await cluster.faults.drainNode();
      expectReason(await readEnd(pod), 'EvictionByEvictionAPI');
      const { name } = (await createPod(get())).metadata;
      const readScheduled = async () =>
        ((await readPod(get(), name)).body as DisruptedPod).status.conditions?.find(
          ({ type }) => type === 'PodScheduled',
        );
      await expect.poll(readScheduled).toMatchObject({
        status: 'False',
        reason: 'Unschedulable',
        message: expect.stringMatching(/^0\/\d nodes are available: .*node\(s\) were unschedulable/),
      });
      await cluster.faults.uncordonNode();
      await untilPhase(get(), name, 'Running');
    });

    it('by a node that lacks memory fail the pod, whose object stays', async (test) => {
      needs(test, 'evictForNodeMemory');
      // The fault restarts the kubelet, which must not count as the loss of its node.
      const tolerations = ['not-ready', 'unreachable'].map((problem) => ({
        key: `node.kubernetes.io/${problem}`,
        operator: 'Exists',
        effect: 'NoExecute',
      }));
      const { name } = (await runPod({ tolerations })).metadata;
      await get().cluster.faults.evictForNodeMemory(name);
      const pod = (await untilPhase(get(), name, 'Failed')) as DisruptedPod;
      expect(pod.status).toMatchObject({
        reason: 'Evicted',
        // The second one is of a kubelet that was started meanwhile, and does not admit the pod again.
        message: expect.stringMatching(
          /^(The node was low on resource: memory|Pod The node had condition: \[MemoryPressure\])\./,
        ),
      });
      expect(pod.metadata.deletionTimestamp).toBeUndefined();
      expectReason(pod, 'TerminationByKubelet');
    });

    it('by a container that lacks memory fail the pod with OOMKilled', async (test) => {
      needs(test, 'killForMemory');
      const { name } = (await runPod()).metadata;
      await get().cluster.faults.killForMemory(name);
      const pod = await untilPhase(get(), name, 'Failed');
      expect(pod.status.containerStatuses[0].state.terminated).toMatchObject({
        reason: 'OOMKilled',
        exitCode: 137,
      });
    });

    it('by a lost node leave the pod terminating until the node returns', async (test) => {
      needs(test, 'loseNode', 'returnNode');
      const { api, cluster } = get();
      const pod = await runPod();
      const { name } = pod.metadata;
      onTestFailed(() => cluster.faults.returnNode());
      await cluster.faults.loseNode();
      await expect
        .poll(async () => (await readPod(get(), name)).body.metadata.deletionTimestamp)
        .toBeTruthy();
      const lost = (await readPod(get(), name)).body as DisruptedPod;
      expect(lost.status.phase).toBe('Running');
      expectReason(lost, 'DeletionByTaintManager');
      expect(await api.send('GET', api.path(`pods/${name}/log`))).toMatchObject({ status: 500 });
      await cluster.faults.returnNode();
      await untilGone(get(), name);
      await runPod();
    });

    it('by a removed node remove the pod', async (test) => {
      needs(test, 'loseNode', 'removeNode', 'returnNode');
      const { cluster } = get();
      const pod = await runPod();
      onTestFailed(() => cluster.faults.returnNode());
      await cluster.faults.loseNode();
      await cluster.faults.removeNode();
      const end = await readEnd(pod);
      // Releases with this condition also set the phase.
      expect(end.status.phase).toBe(cluster.capabilities.disruptionTarget ? 'Failed' : 'Running');
      expectReason(end, 'DeletionByPodGC');
      await cluster.faults.returnNode();
      await runPod();
    });
  });

  describe('pods that cannot start', () => {
    it('say which resource is missing', async () => {
      const resources = { requests: { cpu: '1000' } };
      const { name } = (await createPod(get(), { container: { resources } })).metadata;
      await expect
        .poll(async () => (await readPod(get(), name)).body.status.conditions?.[0])
        .toMatchObject({
          type: 'PodScheduled',
          status: 'False',
          reason: 'Unschedulable',
          message: expect.stringMatching(/^0\/\d nodes are available: \d Insufficient cpu/),
        });
    });

    it('say that their image is missing, and start when it is there', async (test) => {
      needs(test, 'removeImage', 'restoreImage');
      const { cluster } = get();
      await cluster.faults.removeImage();
      const { name } = (await createPod(get())).metadata;
      const readWaiting = async () =>
        (await readPod(get(), name)).body.status.containerStatuses?.[0]?.state?.waiting?.reason;
      await expect.poll(readWaiting).toBe('ErrImagePull');
      await expect.poll(readWaiting).toBe('ImagePullBackOff');
      await cluster.faults.restoreImage();
      await untilPhase(get(), name, 'Running');
    });

    it('end at their deadline', async () => {
      const { name } = (await createPod(get(), { spec: { activeDeadlineSeconds: 1 } })).metadata;
      const pod = await untilPhase(get(), name, 'Failed');
      expect(pod.status.reason).toBe('DeadlineExceeded');
    });

    it('succeed or fail by their exit code', async () => {
      const [good, bad] = [
        await createPod(get(), { script: scripts.succeeds }),
        await createPod(get(), { script: scripts.fails }),
      ];
      const ended = await untilPhase(get(), bad.metadata.name, 'Failed');
      const { terminated } = ended.status.containerStatuses[0].state;
      expect(terminated).toMatchObject({ exitCode: 3, reason: 'Error' });
      await untilPhase(get(), good.metadata.name, 'Succeeded');
    });
  });

  describe('requests', () => {
    it('fail as ordered, with a time to wait', async (test) => {
      needs(test, 'failNext');
      const { api, cluster } = get();
      await cluster.faults.failNext({
        method: 'GET',
        path: /\/pods\/limited$/,
        failure: 429,
        retryAfterSeconds: 7,
      });
      const refused = await api.send('GET', api.path('pods/limited'));
      expect(refused).toMatchObject({
        status: 429,
        headers: { 'retry-after': '7' },
        body: { reason: 'TooManyRequests', details: { retryAfterSeconds: 7 } },
      });
      expect(await api.send('GET', api.path('pods/limited'))).toMatchObject({ status: 404 });
    });

    it('have their effect although the answer is lost', async (test) => {
      needs(test, 'failNext');
      const { api, cluster } = get();
      const body = describePod(get());
      await cluster.faults.failNext({ method: 'POST', path: /\/pods$/, failure: 'answer-lost' });
      await expect(api.send('POST', api.path('pods'), { body })).rejects.toThrow();
      expect(await readPod(get(), body.metadata.name)).toMatchObject({ status: 200 });
    });

    it('get times of the clock of the cluster', async (test) => {
      needs(test, 'skewClock');
      const { cluster } = get();
      await cluster.faults.skewClock(3600);
      const { name } = (await createPod(get())).metadata;
      await cluster.faults.skewClock(0);
      const { creationTimestamp } = (await readPod(get(), name)).body.metadata;
      expect(Date.parse(creationTimestamp) - Date.now()).toBeGreaterThan(3_000_000);
    });
  });
}
