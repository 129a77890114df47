import type { ClusterState } from '../api-server/cluster-state.ts';
import { deleteObject } from '../api-server/delete-object.ts';
import { disruptPod, markDisrupted, withCondition } from '../api-server/evict-pod.ts';
import { isFinished, type Pod } from '../api-server/pods/pod.ts';
import * as types from '../api-server/resource-types.ts';
import { writeUpdate } from '../api-server/update-object.ts';
import type { Kubelet } from './kubelet.ts';
import { registerNode, setNodeReady, setNodeSchedulable, type NodeOptions } from './node-object.ts';

/** A node: its object's options and what runs its pods. */
export interface TestNode {
  options: NodeOptions;
  kubelet: Kubelet;
}

const podsOf = ({ store }: ClusterState, node: string): Pod[] =>
  (store.list(types.pods) as Pod[]).filter(({ spec }) => spec.nodeName === node);

/** The pod as it is now, after other changes. */
const refresh = ({ store }: ClusterState, { metadata }: Pod) =>
  store.find(types.pods, metadata.namespace, metadata.name) as Pod | undefined;

/** Cuts a node off, and does what the control plane does then, without waiting for its minutes to pass. */
export function loseNode(state: ClusterState, { options: { name }, kubelet }: TestNode): void {
  kubelet.disconnect();
  setNodeReady(state, name, false);
  for (const pod of podsOf(state, name)) {
    if (isFinished(pod)) continue;
    const unready = { type: 'Ready', status: 'False' };
    const status = withCondition(state, pod.status, unready);
    const current = writeUpdate(state, types.pods, { current: pod, updated: { ...pod, status } }) as Pod;
    disruptPod(state, current, { reason: 'DeletionByTaintManager' });
  }
}

/** Connects a lost node again, or adds a removed one. */
export function returnNode(state: ClusterState, { options, kubelet }: TestNode): void {
  if (state.store.find(types.nodes, undefined, options.name) === undefined) registerNode(state, options);
  else setNodeReady(state, options.name, true);
  kubelet.reconnect();
}

/** Ends a node and removes its object; its pods are then collected. */
export async function removeNode(
  state: ClusterState,
  { options: { name }, kubelet }: TestNode,
): Promise<void> {
  await kubelet.powerOff();
  const node = state.store.find(types.nodes, undefined, name);
  if (node !== undefined) state.store.remove(types.nodes, node);
  for (const pod of podsOf(state, name)) collectPod(state, pod);
}

/** What the collector of pods does to one whose node is gone. */
function collectPod(state: ClusterState, pod: Pod): void {
  if (!isFinished(pod)) {
    const marked = markDisrupted(state, pod, { reason: 'DeletionByPodGC' });
    const failed = { ...marked, status: { ...marked.status, phase: 'Failed' } };
    writeUpdate(state, types.pods, { current: marked, updated: failed });
  }
  const current = refresh(state, pod);
  if (current !== undefined) deleteObject(state, types.pods, { current, options: { gracePeriodSeconds: 0 } });
}

export function drainNode(state: ClusterState, { options: { name } }: TestNode): void {
  setNodeSchedulable(state, name, false);
  for (const pod of podsOf(state, name))
    if (pod.metadata.deletionTimestamp === undefined)
      disruptPod(state, pod, { reason: 'EvictionByEvictionAPI' });
}
