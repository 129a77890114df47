import type { WorkspaceAccessResponse } from '@pumphouse/contract';

type Access = Pick<WorkspaceAccessResponse, 'role' | 'own_role' | 'default_role' | 'organization_role'>;

/** Why somebody has the role that counts. */
export function explainRole({ role, own_role, default_role, organization_role }: Access): string {
  if (own_role === null) return `every ${organization_role} of the organization is ${role}`;
  if (role === own_role)
    return organization_role === 'collaborator' ? 'given here, as a collaborator' : 'given here';
  return `more than the ${own_role} given here: every member of the organization is ${String(default_role)}`;
}
