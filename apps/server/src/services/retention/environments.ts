import type { Executor } from '../../executors/executor.ts';
import type { Persistence } from '../../store/store.ts';
import type { RetainedKind } from './retained-kind.ts';
import type { StoredEnvironment } from '../../store/records.ts';
import { createListedKind } from './retained-kind.ts';

/** Environments, whose age counts from their last use. One that is asked for again is built again. */
export function createRetainedEnvironments(persistence: Persistence, executor: Executor): RetainedKind {
  const { environments } = persistence.store.storage;

  /** Looked up once: to walk through the files of all of them takes seconds. */
  async function sizeOf({ key, location, sizeBytes }: StoredEnvironment): Promise<number> {
    if (sizeBytes !== null) return sizeBytes;
    const measured = await executor.measureEnvironment(location);
    await environments.saveSize(key, location.path, measured);
    return measured;
  }

  return createListedKind(
    async () => {
      const candidates = [];
      for (const environment of await environments.list()) {
        const { key, lastUsedAt, isNeeded } = environment;
        candidates.push({ id: key, at: lastUsedAt, bytes: await sizeOf(environment), isNeeded });
      }
      return candidates;
    },
    (keys) => persistence.transaction((store) => store.storage.environments.remove(keys)),
  );
}
