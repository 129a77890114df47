import {
  organizationMembershipRole,
  workspaceMembershipRole,
  type Permission,
  type WorkspaceMeResponse,
} from '@pumphouse/contract';
import { useSuspenseQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { operation } from '../api/operation.ts';
import { whyNot, type Roles } from '../permissions/permissions.ts';

export const workspaceMe = (workspaceId: string) =>
  operation('get_workspace_me', { params: { workspace_id: workspaceId } });

/** Roles that this console knows. A role of a newer server that it does not know grants nothing. */
export function rolesInWorkspace(me: WorkspaceMeResponse): Roles {
  return {
    organization: organizationMembershipRole.safeParse(me.organization_role).data ?? null,
    workspace: workspaceMembershipRole.safeParse(me.workspace_role).data ?? null,
  };
}

export interface CurrentWorkspace {
  id: string;
  /** Path parameters for operations. */
  params: { workspace_id: string };
  me: WorkspaceMeResponse;
  /** Why the user lacks a permission, as a sentence; null if they have it. */
  whyNot: (permission: Permission) => string | null;
  /** Like `whyNot`, for changes that an archived workspace rejects from everyone. */
  whyNotChange: (permission: Permission) => string | null;
}

/** The workspace of the page and the user's roles in it. The route loads it before any page renders. */
export function useWorkspace(): CurrentWorkspace {
  const { workspaceId } = useParams({ from: '/signed-in/w/$workspaceId' });
  return useWorkspaceOf(workspaceId);
}

/** Any workspace of the user, for what is also on pages outside a workspace. */
export function useWorkspaceOf(workspaceId: string): CurrentWorkspace {
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
  return workspace.archived_at ? 'This workspace is archived. Restore it in Settings first.' : null;
}
