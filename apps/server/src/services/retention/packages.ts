import type { BlobStore } from '../../blobs/blob-store.ts';
import type { Persistence } from '../../store/store.ts';
import type { RetainedKind } from './retained-kind.ts';
import { createListedKind } from './retained-kind.ts';

export const archivePrefixes = ['deployments/', 'configurations/'];

/**
 * Retention of the archives of code and configurations. The file list of a version is kept, the contents are
 * removed.
 */
export function createRetainedPackages(persistence: Persistence<'storage'>, blobs: BlobStore): RetainedKind {
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
