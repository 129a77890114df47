import { addSeconds, toTimestamp } from './cluster-clock.ts';
import type { ClusterState } from './cluster-state.ts';
import type { KubeObject, ResourceType } from './kube-object.ts';
import { isFinished, type Pod } from './pods/pod.ts';
import * as types from './resource-types.ts';
import { preconditionFailed } from './status-error.ts';

export interface DeleteOptions {
  gracePeriodSeconds?: number;
  preconditions?: { uid?: string; resourceVersion?: string };
  propagationPolicy?: string;
  orphanDependents?: boolean;
}

export interface Deletion {
  /** The object as deleted, or as marked for deletion. */
  object: KubeObject;
  isGone: boolean;
}

/**
 * Deletes an object, or begins to: a running pod ends first, and finalizers must be removed first.
 * @throws StatusError 409 if a precondition does not hold
 */
export function deleteObject(
  state: ClusterState,
  type: ResourceType,
  { current, options }: { current: KubeObject; options: DeleteOptions },
): Deletion {
  checkPreconditions(type, current, options);
  if (options.propagationPolicy === 'Orphan' || options.orphanDependents === true)
    removeOwner(state, current.metadata.uid);
  // Only pods end gracefully; for other kinds, a mark just waits for finalizers.
  const isPod = type === types.pods;
  const seconds = isPod ? graceOf(current as Pod, options) : 0;
  const hasFinalizers = (current.metadata.finalizers ?? []).length > 0;
  const marked = isPod || hasFinalizers ? mark(state, type, { current, seconds }) : current;
  const waits = seconds > 0 || hasFinalizers;
  if (waits) return { object: marked, isGone: false };
  return { object: state.store.remove(type, marked), isGone: true };
}

function checkPreconditions(
  type: ResourceType,
  { metadata: { name, uid, resourceVersion } }: KubeObject,
  { preconditions = {} }: DeleteOptions,
): void {
  if (preconditions.uid !== undefined && preconditions.uid !== uid) {
    const record = `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid})`;
    throw preconditionFailed(type, name, `${record}. The object might have been deleted and then recreated`);
  }
  const wanted = preconditions.resourceVersion;
  if (wanted !== undefined && wanted !== resourceVersion) {
    const record = `the ResourceVersion in the precondition (${wanted}) does not match the ResourceVersion in record`;
    throw preconditionFailed(
      type,
      name,
      `${record} (${resourceVersion}). The object might have been modified`,
    );
  }
}

/** How long a pod may take to end: nothing if it does not run anywhere. */
function graceOf(pod: Pod, { gracePeriodSeconds }: DeleteOptions): number {
  if (!pod.spec.nodeName || isFinished(pod)) return 0;
  return Math.max(0, gracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30);
}

/** Sets the time of the deletion. A repeated deletion may only bring it forward. */
function mark(
  { store, clock }: ClusterState,
  type: ResourceType,
  { current, seconds }: { current: KubeObject; seconds: number },
): KubeObject {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, generation } = current.metadata;
  if (deletionTimestamp !== undefined && seconds >= deletionGracePeriodSeconds) return current;
  return store.replace(type, {
    ...current,
    metadata: {
      ...current.metadata,
      deletionTimestamp: toTimestamp(addSeconds(clock.now(), seconds)),
      deletionGracePeriodSeconds: seconds,
      ...(generation !== undefined && { generation: generation + 1 }),
    },
  });
}

/** Makes the dependents of an object survive it. */
function removeOwner({ store }: ClusterState, uid: string): void {
  for (const type of types.resourceTypes) {
    for (const object of store.list(type)) {
      const owners = object.metadata.ownerReferences ?? [];
      const kept = owners.filter((owner) => owner.uid !== uid);
      if (kept.length < owners.length)
        store.replace(type, { ...object, metadata: { ...object.metadata, ownerReferences: kept } });
    }
  }
}
