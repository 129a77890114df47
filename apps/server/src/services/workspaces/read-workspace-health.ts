import type { Persistence } from '../../store/store.ts';
import type { UserPrincipal } from '../sign-in/principal.ts';
import type { WorkspaceHealth } from '../../store/records.ts';

/** Maximum number of workspaces: users would search a longer list, not read it. */
const maxWorkspaces = 500;

export type ReadWorkspaceHealth = ReturnType<typeof createReadWorkspaceHealth>;

/** Reads the health of all workspaces of a user in one statement. A workspace key reads only its own. */
export function createReadWorkspaceHealth({ store }: Persistence<'workspaceHealth'>) {
  return ({ userId, workspaceId }: UserPrincipal): Promise<WorkspaceHealth[]> =>
    store.workspaceHealth.listOfUser(userId, { only: workspaceId ?? null, limit: maxWorkspaces });
}
