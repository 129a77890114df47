import type { Executor } from '../../executors/executor.ts';
import type { Persistence } from '../../store/store.ts';
import type { RetainedKind } from './retained-kind.ts';
import { createListedKind } from './retained-kind.ts';

/** What builders of environments keep of what they downloaded, one cache for each organization. Nothing is lost with it but time. */
export function createRetainedCaches(persistence: Persistence, executor: Executor): RetainedKind {
  async function remove(organizationId: string): Promise<boolean> {
    return persistence.transaction(async (store) => {
      if (await store.storage.environments.holdBuilds(organizationId)) return false;
      await executor.removeCache(organizationId);
      return true;
    });
  }

  return createListedKind(
    async () =>
      (await executor.listCaches()).map(({ organizationId, sizeBytes, changedAt }) => ({
        id: organizationId,
        at: changedAt,
        bytes: sizeBytes,
        isNeeded: false,
      })),
    async (organizationIds) => {
      const removed: string[] = [];
      for (const id of organizationIds) if (await remove(id)) removed.push(id);
      return removed;
    },
  );
}
