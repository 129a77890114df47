import type { LocalDataKey } from '../../store/records.ts';
import type { LocalDataCommit } from './commit-local-data.ts';
import type { LocalDataListing, LocalDataObjects } from './local-data-objects.ts';
import type { PipelineFolderChanges } from '../pipelines/record-pipeline-folders.ts';
import type { Persistence } from '../../store/store.ts';
import type { PendingLimits } from '../../domain/pipelines/pending-packages.ts';
import type { Readable } from 'node:stream';
import { ServiceError } from '../../platform/service-error.ts';
import { recordPipelineFolders } from '../pipelines/record-pipeline-folders.ts';
import { sourceProfileOf } from '../../domain/local-data/local-data-path.ts';

export type AttemptLocalData = ReturnType<typeof createAttemptLocalData>;

/**
 * Local data that is kept as objects, for attempts: each reaches only that of its own workspace and profile,
 * while it is open. Apps get the snapshot and change nothing.
 */
export function createAttemptLocalData(
  persistence: Persistence<'localData'>,
  objects: LocalDataObjects,
  pendingLimits: PendingLimits,
) {
  const { localData } = persistence.store;

  /** @throws ServiceError not_found, attempt_closed, attempt_files_withheld */
  async function findUse(attemptId: string) {
    const attempt = await localData.findAttempt(attemptId);
    if (!attempt) throw new ServiceError('not_found', 'There is no such attempt.');
    const { workspaceId, isApp, isInternal } = attempt;
    if (attempt.isClosed) throw new ServiceError('attempt_closed', 'This attempt has ended.');
    if (!attempt.isBegun)
      throw new ServiceError(
        'attempt_files_withheld',
        'The attempt was not admitted. It gets no local data.',
      );
    const profile = isApp ? sourceProfileOf(attempt.profile) : attempt.profile;
    return { key: { workspaceId, profile }, isCopy: isApp, isInternal, hasExited: attempt.hasExited };
  }

  /** @throws ServiceError local_data_closed, and those of `findUse` */
  async function findWritable(attemptId: string): Promise<LocalDataKey> {
    const { key, isCopy, isInternal, hasExited } = await findUse(attemptId);
    if (isCopy || isInternal || hasExited)
      throw new ServiceError('local_data_closed', 'This attempt may not change local data.');
    return key;
  }

  return {
    /**
     * Lists the files that the attempt gets.
     * @param at the version of an earlier page
     */
    async list(
      attemptId: string,
      { after, at }: { after: string; at: number | null },
    ): Promise<LocalDataListing> {
      const { key, isCopy, isInternal } = await findUse(attemptId);
      // It imports code and loads nothing: a deploy does not wait for gigabytes.
      if (isInternal) return { version: 0, files: [], hasMore: false };
      return objects.list(key, { isCopy, after, at });
    },

    async readSnapshotVersion(attemptId: string): Promise<number> {
      const { key } = await findUse(attemptId);
      return objects.readSnapshotVersion(key);
    },

    async openParts(attemptId: string, ids: readonly number[]): Promise<Readable> {
      const { key } = await findUse(attemptId);
      return objects.openParts(key, ids);
    },

    async storeParts(attemptId: string, contents: readonly Uint8Array[]): Promise<string[]> {
      return objects.storeParts(await findWritable(attemptId), attemptId, contents);
    },

    /** @param folders what changes with the local data: load packages whose rows it has */
    async commit(
      attemptId: string,
      commit: LocalDataCommit,
      folders: PipelineFolderChanges | null = null,
    ): Promise<{ version: number }> {
      const key = await findWritable(attemptId);
      return objects.commit(key, commit, async (tx) => {
        if (!(await tx.localData.holdOpenAttempt(attemptId)))
          throw new ServiceError('local_data_closed', 'This attempt ended meanwhile.');
        if (folders) await recordPipelineFolders(tx, { ...key, attemptId }, folders, pendingLimits);
      });
    },
  };
}
