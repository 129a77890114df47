import { toTimestamp } from './cluster-clock.ts';
import type { ClusterState } from './cluster-state.ts';
import { deleteObject, type DeleteOptions } from './delete-object.ts';
import { writeUpdate } from './update-object.ts';
import type { Condition, Pod } from './pods/pod.ts';
import * as types from './resource-types.ts';

/** Why a pod is disrupted: reasons and messages of the condition DisruptionTarget. */
const disruptions = {
  EvictionByEvictionAPI: 'Eviction API: evicting',
  PreemptionByScheduler: 'default-scheduler: preempting to accommodate a higher priority pod',
  DeletionByTaintManager: 'Taint manager: deleting due to NoExecute taint',
  DeletionByPodGC: 'PodGC: node no longer exists',
  TerminationByKubelet: 'The node was low on resource: memory.',
} as const;

export type DisruptionReason = keyof typeof disruptions;

/** Sets the condition DisruptionTarget of a pod. */
export function markDisrupted(
  state: ClusterState,
  pod: Pod,
  { reason, message = disruptions[reason] }: { reason: DisruptionReason; message?: string },
): Pod {
  const condition = { type: 'DisruptionTarget', status: 'True', reason, message };
  const updated = { ...pod, status: withCondition(state, pod.status, condition) };
  return writeUpdate(state, types.pods, { current: pod, updated }) as Pod;
}

/** The status with a condition set. Its transition time changes only with its value. */
export function withCondition(
  { clock }: ClusterState,
  status: Pod['status'],
  condition: Omit<Condition, 'lastProbeTime' | 'lastTransitionTime'>,
): Pod['status'] {
  const conditions = status.conditions ?? [];
  const previous = conditions.find(({ type }) => type === condition.type);
  const lastTransitionTime =
    previous?.status === condition.status && previous.lastTransitionTime !== undefined
      ? previous.lastTransitionTime
      : toTimestamp(clock.now());
  const added: Condition = { lastProbeTime: null, lastTransitionTime, ...condition };
  const others = conditions.filter(({ type }) => type !== condition.type);
  return { ...status, conditions: [...others, added] };
}

/** Marks a pod as disrupted and deletes it, gracefully. */
export function disruptPod(
  state: ClusterState,
  pod: Pod,
  { reason, message, options = {} }: { reason: DisruptionReason; message?: string; options?: DeleteOptions },
): void {
  const marked = markDisrupted(state, pod, { reason, ...(message !== undefined && { message }) });
  deleteObject(state, types.pods, { current: marked, options });
}
