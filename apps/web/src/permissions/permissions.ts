import type { OrganizationMembershipRole, Permission, WorkspaceMembershipRole } from '@pumphouse/contract';
import { hasOrganizationRole, hasWorkspaceRole, requirements } from '@pumphouse/contract';

/** What somebody is where they look: null where they have no role. */
export interface Roles {
  organization: OrganizationMembershipRole | null;
  workspace: WorkspaceMembershipRole | null;
}

/**
 * Why somebody may not, as a sentence for a tooltip; null when they may. It only spares them a try: the server decides, by the same table.
 */
export function whyNot(permission: Permission, roles: Roles): string | null {
  const requirement = requirements[permission];
  if (requirement.scope === 'none' || requirement.scope === 'account') return null;
  if (requirement.scope === 'organization') {
    const may = roles.organization !== null && hasOrganizationRole(roles.organization, requirement.role);
    return may ? null : `Takes the role ${requirement.role} in the organization.`;
  }
  const isOwner = requirement.orOrganizationOwner === true && roles.organization === 'owner';
  const may = roles.workspace !== null && hasWorkspaceRole(roles.workspace, requirement.role);
  if (may || isOwner) return null;
  return `Takes the role ${requirement.role} in this workspace; ask one of its owners.`;
}
