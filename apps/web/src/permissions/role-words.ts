import type { OrganizationMembershipRole, WorkspaceMembershipRole } from '@pumphouse/contract';

/** What roles in a workspace may do, from the least to the most. */
export const workspaceRoleWords: Record<WorkspaceMembershipRole, string> = {
  viewer: 'reads jobs, runs, logs and usage; starts jobs that run under the profile access',
  developer: 'deploys, starts, cancels, pauses and rolls back; sees code and webhooks',
  owner: 'all of that, and variables, members, keys, name and archiving',
};

export const organizationRoleWords: Record<OrganizationMembershipRole, string> = {
  collaborator: 'has the workspaces that they were given, and nothing else',
  member: 'makes workspaces, sees members and usage, and has the default access to all workspaces',
  owner: 'manages members, invitations, limits and every workspace',
};

export const workspaceRoles = Object.keys(workspaceRoleWords) as WorkspaceMembershipRole[];
export const organizationRoles = Object.keys(organizationRoleWords) as OrganizationMembershipRole[];
