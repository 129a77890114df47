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

/** Workspace roles, from least to most privileged. */
export const workspaceRoles: WorkspaceMembershipRole[] = ['viewer', 'developer', 'owner'];

/** Organization roles, from least to most privileged. */
export const organizationRoles: OrganizationMembershipRole[] = ['collaborator', 'member', 'owner'];
