import type { LocalDataObjects } from './local-data-objects.ts';
import type { LocalDataStore } from '../../executors/contract/local-data-store.ts';
import { checkLocalDataScope } from '../../executors/local-data-names.ts';

/**
 * Snapshots of local data that is kept as objects: a version, to which nothing is copied. Each version is
 * whole, because attempts commit their changes together. Running copies ask for new snapshots themselves.
 */
export function createObjectLocalDataStore(objects: LocalDataObjects): LocalDataStore {
  return {
    async takeSnapshot(scope, isWhole, { only } = {}) {
      checkLocalDataScope(scope);
      const { workspaceId, profile } = scope;
      const { bytes, version } = await objects.measure({ workspaceId, profile });
      const copied = { sizeBytes: bytes, plainChangedSecondsAgo: null };
      if (!(await isWhole(copied))) return null;
      await objects.takeSnapshot({ workspaceId, profile }, { version, only: only ?? null });
      return copied;
    },
    refreshCopy: () => Promise.resolve(),
  };
}
