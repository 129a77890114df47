import type { BlobStore } from '../../blobs/blob-store.ts';
import type { Executor } from '../../executors/executor.ts';
import type { Persistence } from '../../store/store.ts';
import { archivePrefixes } from './packages.ts';

export interface LeftoversDependencies {
  persistence: Persistence;
  blobs: BlobStore;
  executor: Executor;
  /** Removes blobs of which a killed server wrote a part; gives how many. */
  removeUnfinishedBlobs: (olderThanHours: number) => Promise<number>;
}

/** Longer than any upload or build takes: what is that old and belongs to nothing was left by a server that was killed. */
const abandonedAfterHours = 24;

/**
 * Gives what removes the files that killed servers left: blobs and environments of which they had written a part, and those that
 * they had not told the store of yet. @returns how many
 */
export function createLeftovers({
  persistence,
  blobs,
  executor,
  removeUnfinishedBlobs,
}: LeftoversDependencies) {
  const { packages, environments } = persistence.store.storage;

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

  async function removeUnknownEnvironments(abandonedBefore: number): Promise<number> {
    const listed = await executor.listEnvironments();
    // After the list: a build that ends in between is then known.
    const known = await environments.listPaths();
    const unknown = listed.filter(
      ({ location, begunAt }) => begunAt.getTime() < abandonedBefore && !known.has(location.path),
    );
    for (const { location } of unknown) await executor.removeEnvironment(location);
    return unknown.length;
  }

  return async function removeLeftovers(now: Date): Promise<number> {
    const abandonedBefore = now.getTime() - abandonedAfterHours * 3_600_000;
    return (
      (await removeUnfinishedBlobs(abandonedAfterHours)) +
      (await removeUnknownArchives(abandonedBefore)) +
      (await removeUnknownEnvironments(abandonedBefore))
    );
  };
}
