import type { BlobStore } from '../../blobs/blob-store.ts';
import type { LocalDataFile, LocalDataKey } from '../../store/records.ts';
import type { Persistence, Store } from '../../store/store.ts';
import { Readable } from 'node:stream';
import { localDataLimits } from '../../domain/local-data/local-data-limits.ts';
import { ServiceError } from '../../platform/service-error.ts';
import { commitLocalData, type LocalDataCommit } from './commit-local-data.ts';
import { keepAdded, readAhead, uniqueParts, writeParts } from './part-blobs.ts';

export interface LocalDataObjectsDependencies {
  persistence: Persistence<'localData' | 'pipelineFolders'>;
  blobs: BlobStore;
}

/** A page of a version. */
export interface LocalDataListing {
  version: number;
  files: LocalDataFile[];
  /** Whether more files follow the last one. */
  hasMore: boolean;
}

export type LocalDataObjects = ReturnType<typeof createLocalDataObjects>;

const pageSize = 1000;

/**
 * Local data as objects: contents are blobs that are written once, the files are rows, and a commit is one
 * transaction (docs/decisions/0080-local-data-as-objects.md). Callers have decided who may do this.
 */
export function createLocalDataObjects({ persistence, blobs }: LocalDataObjectsDependencies) {
  const { localData } = persistence.store;

  async function readParts(key: LocalDataKey, ids: readonly number[]) {
    const parts = new Map((await localData.parts.list(key, ids)).map((part) => [part.id, part]));
    return ids.map((id) => {
      const part = parts.get(id);
      if (part === undefined)
        throw new ServiceError('not_found', `There is no part ${id} of the local data.`);
      return part;
    });
  }

  return {
    /** Lists the current version, or for a copy that of the snapshot. @param at a version that was listed before */
    async list(
      key: LocalDataKey,
      { isCopy, after, at }: { isCopy: boolean; after: string; at: number | null },
    ): Promise<LocalDataListing> {
      const manifest = await localData.findManifest(key);
      const version = at ?? (isCopy ? manifest?.snapshotVersion : manifest?.version) ?? 0;
      if (version === 0 || !manifest) return { version, files: [], hasMore: false };
      const only = isCopy ? manifest.snapshotOnly : null;
      const files = await localData.listFiles(key, { version, only, after, limit: pageSize });
      return { version, files, hasMore: files.length === pageSize };
    },

    /** The version that a copy should have: that of the snapshot. */
    readSnapshotVersion: async (key: LocalDataKey): Promise<number> =>
      (await localData.findManifest(key))?.snapshotVersion ?? 0,

    /** Streams the contents of parts, one after the other. */
    async openParts(key: LocalDataKey, ids: readonly number[]): Promise<Readable> {
      const parts = await readParts(key, ids);
      return Readable.from(readAhead(blobs, parts), { objectMode: false });
    },

    /**
     * Stores parts of files. A part that exists is not stored again.
     * @returns the SHA-256 of each
     */
    async storeParts(
      key: LocalDataKey,
      attemptId: string,
      contents: readonly Uint8Array[],
    ): Promise<string[]> {
      const bytes = contents.reduce((sum, { length }) => sum + length, 0);
      const uploaded = await localData.parts.countUploadedBytes(attemptId);
      if (uploaded + bytes > localDataLimits.totalBytes)
        throw new ServiceError(
          'local_data_too_large',
          'The attempt has uploaded as much as local data may have.',
        );
      await localData.ensureManifest(key);
      const written = await writeParts(blobs, localData.parts, `local-data/${key.workspaceId}`, contents);
      await persistence.transaction(async (tx) => {
        const added = await tx.localData.parts.add(key, attemptId, uniqueParts(written));
        await keepAdded(tx.localData.parts, written, added);
      });
      return written.map(({ sha256 }) => sha256);
    },

    /** Stores all changes of an attempt, or none. @param before called first in the transaction */
    commit: (
      key: LocalDataKey,
      commit: LocalDataCommit,
      before: (tx: Pick<Store, 'localData' | 'pipelineFolders'>) => Promise<void>,
    ): Promise<{ version: number }> =>
      persistence.transaction(async (tx) => {
        await before(tx);
        return commitLocalData(tx.localData, key, commit);
      }),

    /** Measures the current version. */
    async measure(key: LocalDataKey): Promise<{ files: number; bytes: number; version: number }> {
      const version = (await localData.findManifest(key))?.version ?? 0;
      return { ...(await localData.measure(key)), version };
    },

    /** Makes a version the snapshot that copies contain, unless they have a later one. Nothing is copied. */
    async takeSnapshot(key: LocalDataKey, snapshot: { version: number; only: string | null }): Promise<void> {
      await localData.ensureManifest(key);
      await localData.setSnapshot(key, snapshot);
    },
  };
}
