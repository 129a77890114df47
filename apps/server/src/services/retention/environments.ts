import type { Executor } from '../../executors/executor.ts';
import type { Persistence } from '../../store/store.ts';
import type { RetainedKind } from './retained-kind.ts';
import type { StoredEnvironment } from '../../store/records.ts';
import { createListedKind } from './retained-kind.ts';

/** Environments, whose age counts from their last use. One that is asked for again is built again. */
export function createRetainedEnvironments(persistence: Persistence, executor: Executor): RetainedKind {
  const { environments } = persistence.store.storage;

  /** Environments share files: when one goes, the shares of the others grow. */
  let isOutdated = false;

  /** Walking through the files of all environments takes seconds: they are measured again only when one has come or gone. */
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
      const stored = await environments.list();
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
