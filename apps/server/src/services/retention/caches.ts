import type { Persistence } from '../../store/store.ts';
import type { RetainedKind, RetainedMachine } from './retained-kind.ts';
import type { RetentionCandidate } from '../../domain/retention/retention.ts';
import { createListedKind } from './retained-kind.ts';

/** Prefix for ids of stored packages, which share a list with ids of organizations. */
const packageMark = 'package:';

/**
 * Caches for later builds: one cache for each organization, and the stored packages. Removing them costs only
 * time. Builds do not record cache reads, so a cache counts as used when an environment of its organization
 * is used.
 */
export function createRetainedCaches(
  persistence: Persistence<'storage'>,
  { executor, workerId }: RetainedMachine,
): RetainedKind {
  async function remove(organizationId: string): Promise<boolean> {
    return persistence.transaction(async (store) => {
      if (await store.storage.environments.holdBuilds(organizationId)) return false;
      await executor.removeCache(organizationId);
      return true;
    });
  }

  async function listPackages(): Promise<RetentionCandidate[]> {
    const packages = await executor.listStoredPackages();
    return packages.map(({ id, usedAt, sizeBytes, isUsed }) => ({
      id: `${packageMark}${id}`,
      at: usedAt,
      bytes: sizeBytes,
      isNeeded: isUsed,
    }));
  }

  return createListedKind(
    async () => {
      const caches = await executor.listCaches();
      const lastUses = await persistence.store.storage.environments.listLastUses(workerId);
      const listed = caches.map(({ organizationId, sizeBytes, changedAt }) => {
        const at = lastUses.get(organizationId);
        const isLater = at !== undefined && at > changedAt;
        return { id: organizationId, at: isLater ? at : changedAt, bytes: sizeBytes, isNeeded: false };
      });
      return [...listed, ...(await listPackages())];
    },
    async (ids) => {
      const packages = ids.filter((id) => id.startsWith(packageMark));
      if (packages.length > 0) {
        await executor.removeStoredPackages(packages.map((id) => id.slice(packageMark.length)));
      }
      const removed = packages;
      for (const id of ids) {
        if (!id.startsWith(packageMark) && (await remove(id))) removed.push(id);
      }
      return removed;
    },
  );
}
