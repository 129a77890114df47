import type { BlobStore } from '../../blobs/blob-store.ts';
import type { Persistence, Store } from '../../store/store.ts';
import { ServiceError } from '../../platform/service-error.ts';

/**
 * Stores the row of an archive that is stored already, under the workspace's lock, so that versions have no gap and no twin. The
 * archive of a refused one is removed. @throws ServiceError workspace_archived, and what `insert` refuses
 */
export function createStoreVersion({ persistence, blobs }: { persistence: Persistence; blobs: BlobStore }) {
  return async function storeVersion<Row>(
    workspaceId: string,
    archiveKey: string,
    insert: (tx: Store) => Promise<Row>,
  ): Promise<Row> {
    try {
      return await persistence.transaction(async (tx) => {
        const workspace = await tx.workspaces.lock(workspaceId);
        if (!workspace) throw new ServiceError('not_found', `There is no workspace ${workspaceId}.`);
        if (workspace.archivedAt) throw new ServiceError('workspace_archived', 'The workspace is archived.');
        return insert(tx);
      });
    } catch (error) {
      // Only after a refusal is it certain that no row names the blob: a commit whose answer got lost may have stored one.
      if (error instanceof ServiceError) await blobs.delete(archiveKey);
      throw error;
    }
  };
}
