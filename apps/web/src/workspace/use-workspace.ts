import type { Permission, WorkspaceMeResponse } from '@pumphouse/contract';
import { useSuspenseQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { operation } from '../api/operation.ts';
import { whyNot } from '../permissions/permissions.ts';

export const workspaceMe = (workspaceId: string) =>
  operation('get_workspace_me', { params: { workspace_id: workspaceId } });

export interface CurrentWorkspace {
  id: string;
  /** As the path parameters of operations take it. */
  params: { workspace_id: string };
  me: WorkspaceMeResponse;
  /** Why the person may not, as a sentence; null when they may. */
  whyNot: (permission: Permission) => string | null;
}

/** The workspace that the page is in, and what the person is there. The route has loaded it before any page is drawn. */
export function useWorkspace(): CurrentWorkspace {
  const { workspaceId } = useParams({ from: '/signed-in/w/$workspaceId' });
  const { data: me } = useSuspenseQuery(workspaceMe(workspaceId));
  const roles = { organization: me.organization_role, workspace: me.workspace_role };
  return {
    id: workspaceId,
    params: { workspace_id: workspaceId },
    me,
    whyNot: (permission) => whyNot(permission, roles as Parameters<typeof whyNot>[1]),
  };
}
