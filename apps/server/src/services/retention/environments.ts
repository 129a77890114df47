import type { Persistence } from '../../store/store.ts';
import type { RetainedKind, RetainedMachine } from './retained-kind.ts';
import type { StoredEnvironment } from '../../store/records.ts';
import { createListedKind } from './retained-kind.ts';

/**
 * Retention of environments, whose age counts from their last use. A removed one is built again on demand.
 */
export function createRetainedEnvironments(
  persistence: Persistence<'storage'>,
  { executor, workerId }: RetainedMachine,
): RetainedKind {
  const { environments } = persistence.store.storage;

  /** Environments share files: when one is removed, the shares of the others grow. */
  let isOutdated = false;

  /**
   * Reading all files of all environments takes seconds, so sizes are measured again only after one was added
   * or removed.
   */
  async function measureAll(stored: readonly StoredEnvironment[]): Promise<Map<string, number>> {
    const isMeasured = !isOutdated && stored.every(({ sizeBytes }) => sizeBytes !== null);
    if (isMeasured) return new Map(stored.map(({ key, sizeBytes }) => [key, sizeBytes ?? 0]));
    const sizes = new Map<string, number>();
    for (const { key, location } of stored) {
      const measured = await executor.measureEnvironment(location);
      await environments.saveSize(key, location.path, measured);
      sizes.set(key, measured);
    }
    isOutdated = false;
    return sizes;
  }

  return createListedKind(
    async () => {
      const stored = await environments.list(workerId);
      const sizes = await measureAll(stored);
      return stored.map(({ key, lastUsedAt, isNeeded }) => {
        return { id: key, at: lastUsedAt, bytes: sizes.get(key) ?? 0, isNeeded };
      });
    },
    async (keys) => {
      isOutdated = true;
      return persistence.transaction((store) => store.storage.environments.remove(keys));
    },
  );
}
