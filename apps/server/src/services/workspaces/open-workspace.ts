import type { Persistence, Store } from '../../store/store.ts';
import type { WorkspaceRecord } from '../../store/records.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** @throws ServiceError workspace_archived */
export function refuseArchived(workspace: Pick<WorkspaceRecord, 'archivedAt'> | undefined): void {
  if (workspace?.archivedAt)
    throw new ServiceError('workspace_archived', 'The workspace is archived; restore it first.');
}

/**
 * Changes a workspace in a transaction that locks it first, as all changes of an open workspace do.
 * @throws ServiceError workspace_archived
 */
export function changeOpenWorkspace<Stores extends keyof Store, Result>(
  persistence: Persistence<Stores | 'workspaces'>,
  workspaceId: string,
  work: (tx: Pick<Store, Stores | 'workspaces'>) => Promise<Result>,
): Promise<Result> {
  return persistence.transaction(async (tx) => {
    refuseArchived(await tx.workspaces.lock(workspaceId));
    return work(tx);
  });
}

/** @throws ServiceError not_found, workspace_archived */
export async function requireOpenWorkspace(
  store: Pick<Store, 'workspaces'>,
  workspaceId: string,
): Promise<WorkspaceRecord> {
  const workspace = await store.workspaces.get(workspaceId);
  if (!workspace) throw new ServiceError('not_found', `There is no workspace ${workspaceId}.`);
  refuseArchived(workspace);
  return workspace;
}
