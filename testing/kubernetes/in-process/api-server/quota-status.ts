import type { ClusterState } from './cluster-state.ts';
import type { Pod } from './pods/pod.ts';
import { measureQuota, type ResourceQuota } from './pods/quota.ts';
import * as types from './resource-types.ts';
import { writeUpdate } from './update-object.ts';

/**
 * Keeps the status of quotas up to date.
 * @returns a function that ends it
 */
export function startQuotaController(state: ClusterState): () => void {
  const { store } = state;
  let isDue = false;
  const measure = () => {
    isDue = false;
    for (const object of store.list(types.resourceQuotas)) {
      const quota = object as ResourceQuota;
      const pods = store.list(types.pods, quota.metadata.namespace) as Pod[];
      const status = { hard: quota.spec.hard ?? {}, used: measureQuota(quota, pods) };
      writeUpdate(state, types.resourceQuotas, { current: quota, updated: { ...quota, status } });
    }
  };
  return store.subscribe(({ type }) => {
    const matters = type === types.pods || type === types.resourceQuotas;
    if (!matters || isDue || store.count(types.resourceQuotas) === 0) return;
    isDue = true;
    setImmediate(measure);
  });
}
