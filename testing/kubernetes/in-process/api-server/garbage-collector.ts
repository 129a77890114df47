import type { ClusterState } from './cluster-state.ts';
import { deleteObject } from './delete-object.ts';
import type { KubeObject, ResourceType } from './kube-object.ts';
import * as types from './resource-types.ts';

interface Dependent {
  type: ResourceType;
  namespace: string | undefined;
  name: string;
  uid: string;
}

/**
 * Deletes objects whose owners are all gone, a moment after the last owner.
 * @returns a function that ends it
 */
export function startGarbageCollector(state: ClusterState): () => void {
  const { store } = state;
  const dependents = new Map<string, Set<Dependent>>();
  const existing = new Set<string>();
  for (const type of types.resourceTypes)
    for (const { metadata } of store.list(type)) existing.add(metadata.uid);

  const hasOwner = ({ metadata: { ownerReferences = [] } }: KubeObject) =>
    ownerReferences.length === 0 || ownerReferences.some(({ uid }) => existing.has(uid));

  const collect = ({ type, namespace, name, uid }: Dependent) => {
    const current = store.find(type, namespace, name);
    if (current === undefined || current.metadata.uid !== uid || hasOwner(current)) return;
    deleteObject(state, type, { current, options: { preconditions: { uid } } });
  };

  return store.subscribe(({ event, type, object: { metadata } }) => {
    const { uid, name, namespace, ownerReferences = [] } = metadata;
    if (event === 'DELETED') {
      existing.delete(uid);
      const orphans = dependents.get(uid) ?? [];
      dependents.delete(uid);
      setImmediate(() => [...orphans].forEach(collect));
      return;
    }
    if (event !== 'ADDED') return;
    existing.add(uid);
    const dependent = { type, namespace, name, uid };
    for (const owner of ownerReferences) {
      const known = dependents.get(owner.uid) ?? new Set();
      dependents.set(owner.uid, known.add(dependent));
    }
    // Its owner may have gone before it came.
    if (ownerReferences.length > 0) setImmediate(() => collect(dependent));
  });
}
