import type { OrganizationRole, WorkspaceRole } from '../store/records.ts';
import type { Permission } from '@pumphouse/contract';

/** Who may use a permission: anyone, anyone who is known, or a role that is at least the one named. */
export type Requirement =
  | { scope: 'none' }
  | { scope: 'account' }
  | { scope: 'organization'; role: OrganizationRole }
  | { scope: 'workspace'; role: WorkspaceRole };

const account: Requirement = { scope: 'account' };
const inOrganization = (role: OrganizationRole): Requirement => ({ scope: 'organization', role });
const inWorkspace = (role: WorkspaceRole): Requirement => ({ scope: 'workspace', role });

/** One table: permission to the least role that has it. The server compares it with the route table when it starts. */
export const requirements: Record<Permission, Requirement> = {
  public: { scope: 'none' },
  'account.read': account,
  'dataplane.list': account,
  'organization.list': account,
  'organization.read': inOrganization('collaborator'),
  'organization.set-region': inOrganization('owner'),
  'organization-limits.read': inOrganization('member'),
  'organization-limits.update': inOrganization('owner'),
  'organization-usage.read': inOrganization('member'),
  'organization-audit-log.read': inOrganization('owner'),
  'workspace.list': inOrganization('collaborator'),
  'workspace.create': inOrganization('member'),
  'workspace.read': inWorkspace('viewer'),
  'workspace.update': inWorkspace('owner'),
  'workspace.archive': inWorkspace('owner'),
  'workspace.deploy': inWorkspace('developer'),
  'workspace-usage.read': inWorkspace('viewer'),
  'workspace-audit-log.read': inWorkspace('owner'),
  'workspace-member.list': inWorkspace('viewer'),
  'dataplane-token.issue': inWorkspace('viewer'),
  'deployment.read': inWorkspace('viewer'),
  'deployment.upload': inWorkspace('developer'),
  'deployment.compare': inWorkspace('developer'),
  'deployment.roll-back': inWorkspace('developer'),
  'configuration.read': inWorkspace('viewer'),
  'configuration.upload': inWorkspace('developer'),
  'configuration.compare': inWorkspace('developer'),
  'configuration.roll-back': inWorkspace('developer'),
  'job.read': inWorkspace('viewer'),
  'job.archive': inWorkspace('developer'),
  'job.pause': inWorkspace('developer'),
  'job.publish': inWorkspace('developer'),
  'job-run.read': inWorkspace('viewer'),
  'job-run.read-input': inWorkspace('developer'),
  'job-run.start': inWorkspace('developer'),
  'job-run.cancel': inWorkspace('developer'),
  'log.read': inWorkspace('viewer'),
  'telemetry.read': inWorkspace('viewer'),
  'webhook.read': inWorkspace('developer'),
  'webhook.update': inWorkspace('developer'),
  'variable.read': inWorkspace('owner'),
  'variable.update': inWorkspace('owner'),
};

const organizationRank: Record<OrganizationRole, number> = { collaborator: 0, member: 1, owner: 2 };
const workspaceRank: Record<WorkspaceRole, number> = { viewer: 0, developer: 1, owner: 2 };

export function hasOrganizationRole(has: OrganizationRole, needs: OrganizationRole): boolean {
  return organizationRank[has] >= organizationRank[needs];
}

export function hasWorkspaceRole(has: WorkspaceRole, needs: WorkspaceRole): boolean {
  return workspaceRank[has] >= workspaceRank[needs];
}
