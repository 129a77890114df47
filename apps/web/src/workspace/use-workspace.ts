import type { Permission, WorkspaceMeResponse } from '@pumphouse/contract';
import { useSuspenseQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { operation } from '../api/operation.ts';
import { whyNot, type Roles } from '../permissions/permissions.ts';

export const workspaceMe = (workspaceId: string) =>
  operation('get_workspace_me', { params: { workspace_id: workspaceId } });

export function rolesInWorkspace(me: WorkspaceMeResponse): Roles {
  return { organization: me.organization_role, workspace: me.workspace_role } as Roles;
}

export interface CurrentWorkspace {
  id: string;
  /** As the path parameters of operations take it. */
  params: { workspace_id: string };
  me: WorkspaceMeResponse;
  /** Why the person may not, as a sentence; null when they may. */
  whyNot: (permission: Permission) => string | null;
  /** The same for changes that an archived workspace takes from nobody. */
  whyNotChange: (permission: Permission) => string | null;
}

/** The workspace that the page is in, and what the person is there. The route has loaded it before any page is drawn. */
export function useWorkspace(): CurrentWorkspace {
  const { workspaceId } = useParams({ from: '/signed-in/w/$workspaceId' });
  const { data: me } = useSuspenseQuery(workspaceMe(workspaceId));
  return {
    id: workspaceId,
    params: { workspace_id: workspaceId },
    me,
    whyNot: (permission) => whyNot(permission, rolesInWorkspace(me)),
    whyNotChange: (permission) => whyNot(permission, rolesInWorkspace(me)) ?? archivedReason(me),
  };
}

function archivedReason({ workspace }: WorkspaceMeResponse): string | null {
  return workspace.archived_at ? 'The workspace is archived; bring it back first, under Settings.' : null;
}
