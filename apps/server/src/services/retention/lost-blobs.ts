import type { BlobStore } from '../../blobs/blob-store.ts';
import type { Persistence } from '../../store/store.ts';
import { archivePrefixes } from './packages.ts';

export interface LostBlobsDependencies {
  persistence: Persistence;
  blobs: BlobStore;
  /** Removes blobs of which a killed server wrote a part; gives how many. */
  removeUnfinishedBlobs: (olderThanHours: number) => Promise<number>;
}

/** Longer than any upload takes: what is that old and belongs to nothing was left by a server that was killed. */
const abandonedAfterHours = 24;

/**
 * Gives what removes the blobs that killed servers left: those of which they had written a part, and archives that they had not told
 * the store of yet. @returns how many
 */
export function createLostBlobs({ persistence, blobs, removeUnfinishedBlobs }: LostBlobsDependencies) {
  const { packages } = persistence.store.storage;

  async function removeUnknownArchives(abandonedBefore: number): Promise<number> {
    const old: string[] = [];
    for (const prefix of archivePrefixes) {
      for await (const { key, modifiedAt } of blobs.list(prefix)) {
        if (modifiedAt.getTime() < abandonedBefore) old.push(key);
      }
    }
    const known = await packages.findKnown(old);
    const unknown = old.filter((key) => !known.has(key));
    for (const key of unknown) await blobs.delete(key);
    return unknown.length;
  }

  return async function removeLostBlobs(now: Date): Promise<number> {
    const abandonedBefore = now.getTime() - abandonedAfterHours * 3_600_000;
    return (
      (await removeUnfinishedBlobs(abandonedAfterHours)) + (await removeUnknownArchives(abandonedBefore))
    );
  };
}
