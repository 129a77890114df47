import type { OrganizationMembershipRole, WorkspaceMembershipRole } from '@pumphouse/contract';

/** Descriptions of workspace roles, from least to most privileged. */
export const workspaceRoleLabels: Record<WorkspaceMembershipRole, string> = {
  viewer: 'Views jobs, runs, logs and usage. Runs jobs that use the profile access.',
  developer: 'Deploys, runs, cancels, pauses and rolls back. Views code and webhooks.',
  owner: 'All of that. Manages variables, members, keys, name and archiving.',
};

export const organizationRoleLabels: Record<OrganizationMembershipRole, string> = {
  collaborator: 'Has access only to assigned workspaces.',
  member: 'Creates workspaces, views members and usage, and has the default role in all workspaces.',
  owner: 'Manages members, invitations, limits and every workspace.',
};

export const workspaceRoles = Object.keys(workspaceRoleLabels) as WorkspaceMembershipRole[];
export const organizationRoles = Object.keys(organizationRoleLabels) as OrganizationMembershipRole[];
