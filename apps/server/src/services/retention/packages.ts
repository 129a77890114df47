import type { BlobStore } from '../../blobs/blob-store.ts';
import type { Persistence } from '../../store/store.ts';
import type { RetainedKind } from './retained-kind.ts';
import { createListedKind } from './retained-kind.ts';

export const archivePrefixes = ['deployments/', 'configurations/'];

/** Archives of code and configurations. Which files a version had stays known; what is in them goes. */
export function createRetainedPackages(persistence: Persistence, blobs: BlobStore): RetainedKind {
  async function measureArchives(): Promise<Map<string, number>> {
    const sizes = new Map<string, number>();
    for (const prefix of archivePrefixes) {
      for await (const { key, sizeBytes } of blobs.list(prefix)) sizes.set(key, sizeBytes);
    }
    return sizes;
  }

  return createListedKind(
    async () => {
      const sizes = await measureArchives();
      const archives = await persistence.store.storage.packages.list();
      return archives.map(({ key, at, isNeeded }) => ({ id: key, at, bytes: sizes.get(key) ?? 0, isNeeded }));
    },
    (keys) => persistence.transaction((store) => store.storage.packages.remove(keys)),
  );
}
