import type { Persistence } from '../../store/store.ts';
import type { Principal } from '../sign-in/credentials.ts';
import type { WorkspaceHealth } from '../../store/records.ts';

/** A switcher of more workspaces than this would be searched, not read. */
const maxWorkspaces = 500;

export type ReadWorkspaceHealth = ReturnType<typeof createReadWorkspaceHealth>;

/** Reads how all workspaces of a person are, in one statement. A key of one workspace reads that one. */
export function createReadWorkspaceHealth({ store }: Persistence) {
  return ({ userId, workspaceId }: Principal): Promise<WorkspaceHealth[]> =>
    store.workspaceHealth.listOfUser(userId, { only: workspaceId ?? null, limit: maxWorkspaces });
}
