import type { BlobStore } from '../../blobs/blob-store.ts';
import type { Persistence } from '../../store/store.ts';
import { archivePrefixes } from './packages.ts';

export interface LostBlobsDependencies {
  persistence: Persistence<'storage'>;
  blobs: BlobStore;
  /** Removes blobs that a killed server wrote in part; returns how many. */
  removeUnfinishedBlobs: (olderThanHours: number) => Promise<number>;
}

/** Longer than any upload takes: an unreferenced blob of that age was left by a killed server. */
const abandonedAfterHours = 24;

/**
 * Creates a function that removes blobs left by killed servers: partly written ones, and archives not yet
 * recorded in the store.
 * @returns the number of removed blobs
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
    const known = await packages.findStored(old);
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
