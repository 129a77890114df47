import type { Persistence } from '../../store/store.ts';

/**
 * Creates a function that removes contents of local data that no version uses: those that were replaced, and
 * uploads without a commit. Their blobs are removed with the other files.
 */
export function createSweepLocalData(persistence: Persistence<'localData'>) {
  return async function sweepLocalData(): Promise<void> {
    for (const key of await persistence.store.localData.parts.listUnswept())
      await persistence.transaction(async ({ localData }) => {
        await localData.lockManifest(key);
        await localData.parts.sweep(key);
      });
  };
}
