import type { BlobStore } from '../../blobs/blob-store.ts';
import type { PendingLimits } from '../../domain/pipelines/pending-packages.ts';
import type { TakenPipelineFolder } from '../../store/records.ts';
import type { Persistence, Store } from '../../store/store.ts';
import type { OwnerOfFolders, PipelineFolderChanges } from './record-pipeline-folders.ts';
import { Readable } from 'node:stream';
import { ServiceError } from '../../platform/service-error.ts';
import { keepAdded, readAhead, uniqueParts, writeParts } from '../local-data/part-blobs.ts';
import { folderLost, recordPipelineFolders, tooLarge } from './record-pipeline-folders.ts';

export interface PipelineFoldersDependencies {
  persistence: Persistence<'localData' | 'pipelineFolders'>;
  blobs: BlobStore;
  limits: PendingLimits;
}

export type PipelineFolders = ReturnType<typeof createPipelineFolders>;

/**
 * Working folders of pipelines that the server keeps for attempts whose local data is kept as objects
 * (docs/decisions/0091-pending-packages-as-objects.md). Each attempt reaches those of its own workspace and profile, and
 * changes those that it owns, while it is open.
 */
export function createPipelineFolders({ persistence, blobs, limits }: PipelineFoldersDependencies) {
  const { localData, pipelineFolders } = persistence.store;

  /** @throws ServiceError not_found, attempt_closed, attempt_files_withheld */
  async function findOwner(attemptId: string): Promise<OwnerOfFolders> {
    const attempt = await localData.findAttempt(attemptId);
    if (!attempt) throw new ServiceError('not_found', 'There is no such attempt.');
    const { workspaceId, profile, isApp, isInternal, isBegun, isClosed, hasExited } = attempt;
    if (isClosed || hasExited) throw attemptClosed();
    if (!isBegun || isApp || isInternal)
      throw new ServiceError('attempt_files_withheld', 'This attempt keeps no working folders of pipelines.');
    return { workspaceId, profile, attemptId };
  }

  /** Runs `work` while the attempt cannot be closed. @throws ServiceError attempt_closed */
  const whileOpen = async <Result>(
    attemptId: string,
    work: (tx: Pick<Store, 'pipelineFolders'>) => Promise<Result>,
  ): Promise<Result> =>
    persistence.transaction(async (tx) => {
      if (!(await tx.localData.holdOpenAttempt(attemptId))) throw attemptClosed();
      return work(tx);
    });

  return {
    /**
     * Stores contents for a folder that the attempt owns, or creates.
     * @returns the SHA-256 of each
     * @throws ServiceError pipeline_folder_lost, pipeline_folders_too_large, and those of `findOwner`
     */
    async storeParts(
      attemptId: string,
      folder: { id: string; pipelineName: string },
      contents: readonly Uint8Array[],
    ): Promise<string[]> {
      const owner = await findOwner(attemptId);
      const bytes = contents.reduce((sum, { length }) => sum + length, 0);
      // Twice: the normalized form of a package replaces the extracted one once it is stored completely.
      if ((await pipelineFolders.parts.countBytes(owner)) + bytes > 2 * limits.maxBytes)
        throw tooLarge(`Pending load packages may take ${limits.maxBytes} bytes.`);
      const { parts } = pipelineFolders;
      const written = await writeParts(blobs, parts, `pipeline-folders/${owner.workspaceId}`, contents);
      await whileOpen(attemptId, async (tx) => {
        if (!(await tx.pipelineFolders.reserve(owner, attemptId, folder))) throw folderLost();
        const added = await tx.pipelineFolders.parts.add(folder.id, uniqueParts(written));
        await keepAdded(tx.pipelineFolders.parts, written, added);
      });
      return written.map(({ sha256 }) => sha256);
    },

    /** @throws ServiceError those of `recordPipelineFolders` and `findOwner` */
    async record(attemptId: string, changes: PipelineFolderChanges): Promise<void> {
      const owner = await findOwner(attemptId);
      await whileOpen(attemptId, (tx) => recordPipelineFolders(tx, owner, changes, limits));
    },

    /**
     * Makes the attempt the owner of the oldest folder of a pipeline with pending packages, if the attempt that owned it is
     * over. Only one attempt gets it.
     * @returns null if there is none
     */
    async take(attemptId: string, pipelineName: string): Promise<TakenPipelineFolder | null> {
      const owner = await findOwner(attemptId);
      for (;;) {
        const found = await pipelineFolders.findLeft(owner, pipelineName);
        if (!found) return null;
        // An attempt that is over stays so: if the owner is still the same, no other attempt has it.
        const owners = { before: found.ownerAttemptId, after: attemptId };
        const taken = await whileOpen(attemptId, (tx) => tx.pipelineFolders.take(found.id, owners));
        if (taken) return taken;
      }
    },

    /** Streams parts of a folder that the attempt owns, one after the other. */
    async openParts(attemptId: string, id: string, digests: readonly string[]): Promise<Readable> {
      await findOwner(attemptId);
      if (!(await pipelineFolders.isOwner(attemptId, id))) throw folderLost();
      const stored = new Map(
        (await pipelineFolders.parts.list(id, digests)).map((part) => [part.sha256, part]),
      );
      const parts = digests.map((digest) => {
        const part = stored.get(digest);
        if (part === undefined) throw new ServiceError('not_found', 'The working folder has no such part.');
        return part;
      });
      return Readable.from(readAhead(blobs, parts), { objectMode: false });
    },
  };
}

function attemptClosed(): ServiceError {
  return new ServiceError('attempt_closed', 'This attempt has ended.');
}
