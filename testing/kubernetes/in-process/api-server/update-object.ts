import { isDeepStrictEqual } from 'node:util';
import type { ClusterState } from './cluster-state.ts';
import { checkKind } from './create-object.ts';
import { rulesOf } from './kind-rules.ts';
import type { KubeObject, ObjectMeta, ResourceType } from './kube-object.ts';
import { validateLabels } from './names.ts';
import { badRequest, conflict, invalid } from './status-error.ts';

export interface ObjectAddress {
  namespace: string | undefined;
  name: string;
  /** "status" changes only the status, and without it only the rest changes. */
  subresource?: string | undefined;
}

const changedText =
  'the object has been modified; please apply your changes to the latest version and try again';

/**
 * Replaces an object by what `change` makes of it, unless a version in the result is not the current one.
 * @throws StatusError
 */
export function updateObject(
  state: ClusterState,
  type: ResourceType,
  { address, change }: { address: ObjectAddress; change: (current: KubeObject) => unknown },
): KubeObject {
  const { namespace, name, subresource } = address;
  const current = state.store.get(type, namespace, name);
  const sent = change(current);
  checkKind(type, sent);
  const wanted = sent as KubeObject;
  const metadata = (wanted.metadata ?? {}) as Partial<ObjectMeta>;
  if (metadata.name !== undefined && metadata.name !== name) {
    throw badRequest(
      `the name of the object (${metadata.name}) does not match the name on the URL (${name})`,
    );
  }
  if (metadata.uid !== undefined && metadata.uid !== current.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${current.metadata.uid}`;
    throw conflict(type, name, why);
  }
  if (metadata.resourceVersion && metadata.resourceVersion !== current.metadata.resourceVersion)
    throw conflict(type, name, changedText);
  const updated: KubeObject =
    subresource === 'status'
      ? { ...current, ...(wanted.status && { status: wanted.status }) }
      : keepServerFields(current, { ...wanted, metadata: metadata as ObjectMeta });
  const errors = [
    ...validateLabels(updated.metadata.labels),
    ...rulesOf(type).validateUpdate(current, updated),
  ];
  if (errors.length > 0) throw invalid(type, name, errors);
  return writeUpdate(state, type, { current, updated });
}

/** What only the server decides about an object stays. */
function keepServerFields(current: KubeObject, wanted: KubeObject): KubeObject {
  const kept = current.metadata;
  const metadata: ObjectMeta = {
    ...wanted.metadata,
    name: kept.name,
    ...(kept.namespace !== undefined && { namespace: kept.namespace }),
    uid: kept.uid,
    resourceVersion: kept.resourceVersion,
    creationTimestamp: kept.creationTimestamp,
    ...(kept.generation !== undefined && { generation: kept.generation }),
    ...(kept.deletionTimestamp !== undefined && {
      deletionTimestamp: kept.deletionTimestamp,
      deletionGracePeriodSeconds: kept.deletionGracePeriodSeconds ?? 0,
    }),
  };
  return {
    ...wanted,
    kind: current.kind,
    apiVersion: current.apiVersion,
    metadata,
    ...(current.status !== undefined && { status: current.status }),
  };
}

/** Stores a change of an object, unless nothing changed. */
export function writeUpdate(
  { store }: ClusterState,
  type: ResourceType,
  { current, updated }: { current: KubeObject; updated: KubeObject },
): KubeObject {
  const fields = new Set([...Object.keys(updated), ...Object.keys(current)]);
  if ([...fields].every((field) => isSame(updated[field], current[field]))) return current;
  const { generation, finalizers = [], deletionTimestamp } = updated.metadata;
  const specChanged = !isSame(updated.spec, current.spec);
  const metadata =
    specChanged && generation !== undefined
      ? { ...updated.metadata, generation: generation + 1 }
      : updated.metadata;
  const stored = store.replace(type, { ...updated, metadata });
  const waitedForFinalizers = (current.metadata.finalizers ?? []).length > 0;
  const isLast = deletionTimestamp !== undefined && waitedForFinalizers && finalizers.length === 0;
  return isLast ? store.remove(type, stored) : stored;
}

const isSame = (one: unknown, other: unknown) =>
  one === other || isDeepStrictEqual(asJson(one), asJson(other));

/** Without the fields that are undefined, which JSON does not show. */
const asJson = (value: unknown): unknown =>
  value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown);
