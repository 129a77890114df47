import type { PendingLimits } from '../../domain/pipelines/pending-packages.ts';
import type { LocalDataKey, SavedPipelineFolder } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** What an attempt has changed in the working folders that it owns. */
export interface PipelineFolderChanges {
  saved: SavedPipelineFolder[];
  /** Ids of folders with nothing pending any more. */
  removed: string[];
}

export interface OwnerOfFolders extends LocalDataKey {
  attemptId: string;
}

export const pipelineFolderLimits = { filesOfFolder: 20_000 } as const;
const maxMissing = 10_000;

/**
 * Records working folders as an attempt has them, all or none. The caller holds the attempt, which is open. A repeated
 * call changes nothing.
 * @throws ServiceError pipeline_parts_missing, pipeline_folder_lost, pipeline_folders_too_large
 */
export async function recordPipelineFolders(
  { pipelineFolders }: Pick<Store, 'pipelineFolders'>,
  { attemptId, ...scope }: OwnerOfFolders,
  { saved, removed }: PipelineFolderChanges,
  limits: PendingLimits,
): Promise<void> {
  if (removed.length > 0) await pipelineFolders.remove(attemptId, removed);
  for (const folder of saved) {
    const fileCount = await pipelineFolders.save(scope, attemptId, folder);
    if (fileCount === undefined) throw folderLost();
    if (fileCount > pipelineFolderLimits.filesOfFolder)
      throw tooLarge(`A working folder may have ${pipelineFolderLimits.filesOfFolder} files.`);
    await requireParts(pipelineFolders, folder);
    if (folder.removed.length > 0) await pipelineFolders.parts.removeUnused(folder.id);
  }
  if (saved.length > 0 && (await pipelineFolders.parts.countBytes(scope)) > limits.maxBytes)
    throw tooLarge(`Pending load packages may take ${limits.maxBytes} bytes.`);
}

async function requireParts(
  pipelineFolders: Store['pipelineFolders'],
  { id, changed }: SavedPipelineFolder,
): Promise<void> {
  const digests = [
    ...new Set(Object.values(changed).flatMap(({ parts }) => (parts ?? []).map(([, , sha]) => sha))),
  ];
  if (digests.length === 0) return;
  const stored = new Map((await pipelineFolders.parts.list(id, digests)).map((part) => [part.sha256, part]));
  const missing = digests.filter((digest) => !stored.has(digest));
  if (missing.length === 0) return;
  throw new ServiceError('pipeline_parts_missing', `${missing.length} parts are not stored.`, {
    sha256: missing.slice(0, maxMissing),
  });
}

export function folderLost(): ServiceError {
  return new ServiceError('pipeline_folder_lost', 'This attempt does not own the working folder.');
}

export function tooLarge(message: string): ServiceError {
  return new ServiceError('pipeline_folders_too_large', message);
}
