import type { BlobStore } from '../../blobs/blob-store.ts';
import type { Persistence, Store } from '../../store/store.ts';
import { ServiceError } from '../../platform/service-error.ts';

/**
 * Creates a function that stores the row of a stored archive under the workspace's lock, so that version
 * numbers have no gaps or duplicates. The archive of a rejected version is removed.
 * @throws ServiceError workspace_archived, and errors of `insert`
 */
export function createStoreVersion({
  persistence,
  blobs,
}: {
  persistence: Persistence<'auditLog' | 'configurations' | 'deployments' | 'workspaces'>;
  blobs: BlobStore;
}) {
  return async function storeVersion<Row>(
    workspaceId: string,
    archiveKey: string,
    insert: (tx: Pick<Store, 'auditLog' | 'configurations' | 'deployments' | 'workspaces'>) => Promise<Row>,
  ): Promise<Row> {
    try {
      return await persistence.transaction(async (tx) => {
        const workspace = await tx.workspaces.lock(workspaceId);
        if (!workspace) throw new ServiceError('not_found', `There is no workspace ${workspaceId}.`);
        if (workspace.archivedAt) throw new ServiceError('workspace_archived', 'The workspace is archived.');
        return insert(tx);
      });
    } catch (error) {
      // Only a rejection guarantees that no row refers to the blob: a commit with a lost response may have
      // stored one.
      if (error instanceof ServiceError) await blobs.delete(archiveKey);
      throw error;
    }
  };
}
