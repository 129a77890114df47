import type { BlobStore } from '../../blobs/blob-store.ts';
import type {
  EnvironmentBuilder,
  EnvironmentLocation,
} from '../../executors/contract/environment-builder.ts';
import type { FileRemoval } from '../../store/records.ts';
import type { LogFiles } from '../../blobs/logs/log-files.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../../store/store.ts';
import { listArchiveKeys } from '../../domain/environments/environment-archive.ts';

export interface FileRemovalsDependencies {
  persistence: Persistence<'auditLog' | 'storage'>;
  blobs: BlobStore;
  logFiles: LogFiles;
  executor: EnvironmentBuilder;
  log: Logger;
  /** The worker whose files are removed; by default those that are not on a worker. */
  workerId?: string;
}

const batchSize = 100;

/**
 * Creates a function that removes the files marked for removal. It can be repeated after a crash at any
 * point: a missing file is fine, and one that cannot be removed now is retried in the next run.
 */
export function createFileRemovals({
  persistence,
  blobs,
  logFiles,
  executor,
  log,
  workerId,
}: FileRemovalsDependencies) {
  const { storage } = persistence.store;

  async function removeFile(removal: FileRemoval): Promise<void> {
    if (removal.kind === 'blob') await blobs.delete(removal.target.key);
    else if (removal.kind === 'log') await logFiles.delete(removal.target.attemptId);
    else await removeEnvironment(removal.target);
  }

  async function removeEnvironment(location: EnvironmentLocation): Promise<void> {
    await executor.removeEnvironment(location);
    if (location.archive === undefined) return;
    for (const key of listArchiveKeys(location.archive)) await blobs.delete(key);
  }

  return async function removeFiles(): Promise<void> {
    for (let afterId = 0; ;) {
      const removals = await storage.listRemovals(workerId ?? null, afterId, batchSize);
      const done: number[] = [];
      for (const removal of removals) {
        try {
          await removeFile(removal);
          done.push(removal.id);
        } catch (error) {
          log.warn({ err: error, target: removal.target }, 'a file could not be removed; retried later');
        }
      }
      await storage.finishRemovals(done);
      afterId = removals.at(-1)?.id ?? afterId;
      if (removals.length < batchSize) return;
    }
  };
}
