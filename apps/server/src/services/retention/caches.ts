import type { Executor } from '../../executors/executor.ts';
import type { Persistence } from '../../store/store.ts';
import type { RetainedKind } from './retained-kind.ts';
import { createListedKind } from './retained-kind.ts';

/**
 * What builders of environments keep of what they downloaded, one cache for each organization. Nothing is lost with it but time.
 * A builder says little of when it reads its cache: one counts as used when an environment of its organization is.
 */
export function createRetainedCaches(persistence: Persistence, executor: Executor): RetainedKind {
  async function remove(organizationId: string): Promise<boolean> {
    return persistence.transaction(async (store) => {
      if (await store.storage.environments.holdBuilds(organizationId)) return false;
      await executor.removeCache(organizationId);
      return true;
    });
  }

  return createListedKind(
    async () => {
      const caches = await executor.listCaches();
      const lastUses = await persistence.store.storage.environments.listLastUses();
      return caches.map(({ organizationId, sizeBytes, changedAt }) => {
        const at = lastUses.get(organizationId);
        const isLater = at !== undefined && at > changedAt;
        return { id: organizationId, at: isLater ? at : changedAt, bytes: sizeBytes, isNeeded: false };
      });
    },
    async (organizationIds) => {
      const removed: string[] = [];
      for (const id of organizationIds) if (await remove(id)) removed.push(id);
      return removed;
    },
  );
}
