import type { OrganizationMembershipRole, Permission, WorkspaceMembershipRole } from '@pumphouse/contract';
import { hasOrganizationRole, hasWorkspaceRole, requirements } from '@pumphouse/contract';

/** A user's roles in the current scope; null without a role. */
export interface Roles {
  organization: OrganizationMembershipRole | null;
  workspace: WorkspaceMembershipRole | null;
  /** Whether the user owns the installation; false if not given. */
  ownsInstallation?: boolean;
}

/**
 * Why the user lacks a permission, as a sentence for a tooltip; null if they have it. This only avoids a
 * failing request: the server enforces the same table.
 */
export function whyNot(permission: Permission, roles: Roles): string | null {
  const requirement = requirements[permission];
  if (requirement.scope === 'none' || requirement.scope === 'account') return null;
  if (requirement.scope === 'installation') {
    if (roles.ownsInstallation === true) return null;
    return 'Only owners of the installation can do this: owners of the organization with which it was set up.';
  }
  if (requirement.scope === 'organization') {
    const may = roles.organization !== null && hasOrganizationRole(roles.organization, requirement.role);
    return may ? null : `Requires the role ${requirement.role} in the organization.`;
  }
  const isOwner = requirement.orOrganizationOwner === true && roles.organization === 'owner';
  const may = roles.workspace !== null && hasWorkspaceRole(roles.workspace, requirement.role);
  if (may || isOwner) return null;
  return `Requires the role ${requirement.role} in this workspace. Ask a workspace owner.`;
}
