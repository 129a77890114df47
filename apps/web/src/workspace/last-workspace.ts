import type { OrganizationMeResponse } from '@pumphouse/contract';

const key = 'pumphouse.workspace';

/** The workspace visited last in this browser; null if there is none. */
export const readLastWorkspace = () => localStorage.getItem(key);

export function rememberWorkspace(workspaceId: string): void {
  localStorage.setItem(key, workspaceId);
}

/** The user's workspace with this id, else any other one; undefined without an active workspace. */
export function chooseWorkspace(
  memberships: OrganizationMeResponse['workspace_memberships'],
  preferredId: string | null | undefined,
): { id: string; name: string } | undefined {
  const active = memberships?.flatMap(({ workspace }) => (workspace.archived_at ? [] : workspace)) ?? [];
  return active.find(({ id }) => id === preferredId) ?? active[0];
}
