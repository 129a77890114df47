import type { WorkspaceAccessResponse } from '@pumphouse/contract';

type Access = Pick<WorkspaceAccessResponse, 'role' | 'own_role' | 'default_role' | 'organization_role'>;

/** Explains where a member's effective role comes from. */
export function explainRole({ role, own_role, default_role, organization_role }: Access): string {
  if (own_role === null) return `default for every ${organization_role} of the organization`;
  if (role === own_role)
    return organization_role === 'collaborator' ? 'assigned here, collaborator' : 'assigned here';
  return `organization default ${String(default_role)}, higher than the assigned ${own_role}`;
}
