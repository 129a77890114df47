import type { BlobStore } from '../../blobs/blob-store.ts';
import type { DeploymentRecord } from '../../store/records.ts';
import { BlobNotFoundError } from '../../blobs/blob-store.ts';
import { readArchiveFiles } from '../../archives/read-archive-files.ts';

/** Code is written by hand. */
export const maxModuleBytes = 256 * 1024;

/**
 * Reads files of a deployment in one pass, whose sizes the caller has bounded. Empty if the archive is lost or
 * removed: then the runs decide.
 */
export async function readCodeFiles(
  blobs: BlobStore,
  deployment: Pick<DeploymentRecord, 'archiveKey' | 'archiveRemovedAt'>,
  paths: ReadonlySet<string>,
): Promise<Map<string, Buffer>> {
  if (deployment.archiveRemovedAt !== null || paths.size === 0) return new Map();
  try {
    return await readArchiveFiles(await blobs.openRead(deployment.archiveKey), paths);
  } catch (error) {
    if (error instanceof BlobNotFoundError) return new Map();
    throw error;
  }
}
