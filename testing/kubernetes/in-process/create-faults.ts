import { setTimeout as delay } from 'node:timers/promises';
import type { ClusterFaults } from '../cluster-faults.ts';
import type { ApiServer } from './api-server/api-server.ts';
import type { ClusterState } from './api-server/cluster-state.ts';
import { createObject } from './api-server/create-object.ts';
import { disruptPod } from './api-server/evict-pod.ts';
import { isFinished, type Pod } from './api-server/pods/pod.ts';
import * as types from './api-server/resource-types.ts';
import { drainNode, loseNode, removeNode, returnNode, type TestNode } from './node/node-faults.ts';
import { setNodeSchedulable } from './node/node-object.ts';

interface FaultTargets {
  state: ClusterState;
  server: ApiServer;
  nodes: TestNode[];
  namespace: string;
  image: string;
  missingImages: Set<string>;
}

const quotaName = 'pumphouse-test-quota';
/** How long the API server refuses connections while it restarts. */
const restartMilliseconds = 200;

/** Creates the faults of an in-process cluster. */
export function createFaults(targets: FaultTargets): ClusterFaults {
  const { state, server, nodes, namespace, image: runsImage, missingImages } = targets;
  const { store } = state;
  const podOf = (name: string) => store.get(types.pods, namespace, name) as Pod;
  const nodeOf = (name: string | undefined): TestNode => {
    const found = nodes.find(({ options }) => name === undefined || options.name === name);
    if (found === undefined) throw new Error(`The test cluster has no node ${name}.`);
    return found;
  };
  const kubeletOf = (pod: Pod) => nodeOf(pod.spec.nodeName).kubelet;

  return {
    async restartApiServer({ losesHistory = false } = {}) {
      await server.stop();
      if (losesHistory) server.expireHistory();
      await delay(restartMilliseconds);
      await server.listen();
    },
    cutWatches: async () => server.cutWatches(),
    expireHistory: async () => server.expireHistory(),
    delayWatches: async (milliseconds) => void (server.watchSettings.delayMilliseconds = milliseconds),
    evictPod: async (name) => disruptPod(state, podOf(name), { reason: 'EvictionByEvictionAPI' }),
    preemptPod: async (name) => disruptPod(state, podOf(name), { reason: 'PreemptionByScheduler' }),
    evictForNodeMemory: async (name) => kubeletOf(podOf(name)).evictForMemory(podOf(name)),
    killForMemory: (name) => kubeletOf(podOf(name)).killForMemory(podOf(name)),
    loseNode: async (node) => loseNode(state, nodeOf(node)),
    returnNode: async (node) => returnNode(state, nodeOf(node)),
    removeNode: (node) => removeNode(state, nodeOf(node)),
    drainNode: async (node) => drainNode(state, nodeOf(node)),
    uncordonNode: async (node) => setNodeSchedulable(state, nodeOf(node).options.name, true),
    removeImage: async (image = runsImage) => void missingImages.add(image),
    restoreImage: async (image = runsImage) => void missingImages.delete(image),
    async fillQuota() {
      const pods = store.list(types.pods, namespace).filter((pod) => !isFinished(pod as Pod));
      const hard = { pods: String(pods.length) };
      createObject(state, types.resourceQuotas, {
        namespace,
        body: { metadata: { name: quotaName }, spec: { hard } },
      });
    },
    async freeQuota() {
      store.remove(types.resourceQuotas, store.get(types.resourceQuotas, namespace, quotaName));
    },
    failNext: async (failure) => server.faults.add(failure),
    skewClock: async (seconds) => void (state.clock.skewSeconds = seconds),
  };
}
