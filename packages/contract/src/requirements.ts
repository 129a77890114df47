import type { OrganizationMembershipRole } from './schemas/workspaces/organizations.ts';
import type { Permission } from './permissions.ts';
import type { WorkspaceMembershipRole } from './schemas/workspaces/workspaces.ts';

/** Who has a permission: everyone, every authenticated caller, or callers with at least this role. */
export type Requirement =
  | { scope: 'none' }
  | { scope: 'account' }
  /** Owners of the oldest organization, with which the installation was set up. */
  | { scope: 'installation' }
  | { scope: 'organization'; role: OrganizationMembershipRole }
  | {
      scope: 'workspace';
      role: WorkspaceMembershipRole;
      /** Owners of the organization have it too, even without a role in the workspace. */
      orOrganizationOwner?: true;
      /** Not for the code of a run, which otherwise counts as a viewer. */
      notForRuns?: true;
    };

const account: Requirement = { scope: 'account' };
const inOrganization = (role: OrganizationMembershipRole): Requirement => ({ scope: 'organization', role });
const inWorkspace = (role: WorkspaceMembershipRole): Requirement => ({ scope: 'workspace', role });
const ofViewers: Requirement = { scope: 'workspace', role: 'viewer', notForRuns: true };
const ofDevelopers: Requirement = { scope: 'workspace', role: 'developer', notForRuns: true };
/** Managers of a workspace and its members. */
const ofManagers: Requirement = { scope: 'workspace', role: 'owner', orOrganizationOwner: true };

/**
 * The lowest role for each permission. The server checks this table against the route table at start and
 * enforces it; the console derives from it what a user may do.
 */
export const requirements: Record<Permission, Requirement> = {
  public: { scope: 'none' },
  'account.read': account,
  'account.revoke-session': account,
  'personal-key.list': account,
  'personal-key.create': account,
  'personal-key.revoke': account,
  'events.follow': account,
  'system.read': { scope: 'installation' },
  'dataplane.list': account,
  'organization.list': account,
  'organization.create': account,
  'organization.read': inOrganization('collaborator'),
  'organization.update': inOrganization('owner'),
  'organization.set-region': inOrganization('owner'),
  'organization-limits.read': inOrganization('member'),
  'organization-limits.update': inOrganization('owner'),
  'organization-usage.read': inOrganization('member'),
  'organization-usage.break-down': inOrganization('owner'),
  'organization-cost.read': inOrganization('owner'),
  'cost-rates.read': inOrganization('member'),
  'cost-rates.update': inOrganization('owner'),
  'organization-storage.read': inOrganization('member'),
  'member.list': inOrganization('member'),
  'member.set-role': inOrganization('owner'),
  'member.remove': inOrganization('owner'),
  'member.leave': inOrganization('collaborator'),
  'invitation.list': inOrganization('owner'),
  'invitation.create': inOrganization('owner'),
  'invitation.revoke': inOrganization('owner'),
  'worker.list': inOrganization('member'),
  'worker.create': inOrganization('owner'),
  'worker.replace-token': inOrganization('owner'),
  'worker.pause': inOrganization('owner'),
  'worker.remove': inOrganization('owner'),
  'organization-audit-log.read': inOrganization('owner'),
  'workspace.list': inOrganization('collaborator'),
  'workspace.create': inOrganization('member'),
  'workspace.read': inWorkspace('viewer'),
  'workspace.update': inWorkspace('owner'),
  'workspace.archive': inWorkspace('owner'),
  'workspace.deploy': inWorkspace('developer'),
  'workspace-usage.read': inWorkspace('viewer'),
  'workspace-cost.read': ofViewers,
  'workspace-audit-log.read': inWorkspace('owner'),
  'workspace-member.list': { scope: 'workspace', role: 'viewer', orOrganizationOwner: true },
  'workspace-member.set-role': ofManagers,
  'workspace-member.remove': ofManagers,
  'workspace-member.leave': ofViewers,
  'workspace-invitation.list': ofManagers,
  'workspace-invitation.create': ofManagers,
  'workspace-invitation.revoke': ofManagers,
  'workspace-key.list': inWorkspace('owner'),
  'workspace-key.create': inWorkspace('owner'),
  'workspace-key.revoke': inWorkspace('owner'),
  'dataplane-token.issue': ofViewers,
  'deployment.read': inWorkspace('viewer'),
  'deployment.upload': inWorkspace('developer'),
  'deployment.compare': inWorkspace('developer'),
  'deployment.download': inWorkspace('developer'),
  'deployment.roll-back': inWorkspace('developer'),
  'configuration.read': inWorkspace('viewer'),
  'configuration.upload': inWorkspace('developer'),
  'configuration.compare': inWorkspace('developer'),
  // Comparisons mask secrets; the archive contains them. See `download_configuration`.
  'configuration.download': inWorkspace('owner'),
  'configuration.roll-back': inWorkspace('developer'),
  'job.read': inWorkspace('viewer'),
  'job.archive': inWorkspace('developer'),
  'job.pause': inWorkspace('developer'),
  'job.publish': inWorkspace('developer'),
  'app.open': ofViewers,
  'app.restart': inWorkspace('developer'),
  'app.list-visitors': inWorkspace('developer'),
  'job-run.read': inWorkspace('viewer'),
  'job-run.read-input': inWorkspace('developer'),
  // `start-runs` checks a viewer's starts one by one: only runs with the profile `access` are allowed.
  'job-run.start': ofViewers,
  'job-run.cancel': inWorkspace('developer'),
  'job-run.force-end': ofManagers,
  'saved-view.read': ofViewers,
  // The service checks that a view is the caller's own, and that only developers share.
  'saved-view.change': ofViewers,
  'backfill.read': inWorkspace('viewer'),
  'backfill.create': ofDevelopers,
  'backfill.change': ofDevelopers,
  'job.invalidate-windows': ofDevelopers,
  'log.read': inWorkspace('viewer'),
  'pending-packages.finish': { scope: 'workspace', role: 'developer', notForRuns: true },
  'pending-packages.drop': { scope: 'workspace', role: 'developer', notForRuns: true },
  'local-data.read': ofViewers,
  'local-data.download': ofDevelopers,
  'local-data.reset': ofDevelopers,
  'telemetry.read': inWorkspace('viewer'),
  'alert.read': ofViewers,
  'alert.handle': ofDevelopers,
  'alert.change-rules': ofDevelopers,
  'webhook.read': inWorkspace('developer'),
  'webhook.update': inWorkspace('developer'),
  'alert-channel.read': inWorkspace('developer'),
  // A channel can send mail to any address.
  'alert-channel.update': inWorkspace('owner'),
  'alert-channel.send': inWorkspace('developer'),
  'event-subscription.read': inWorkspace('developer'),
  // A subscription sends data of the workspace to any server.
  'event-subscription.update': inWorkspace('owner'),
  'event-subscription.send': inWorkspace('developer'),
  'variable.read': inWorkspace('owner'),
  'variable.update': inWorkspace('owner'),
};

const organizationRank: Record<OrganizationMembershipRole, number> = { collaborator: 0, member: 1, owner: 2 };
const workspaceRank: Record<WorkspaceMembershipRole, number> = { viewer: 0, developer: 1, owner: 2 };

export function hasOrganizationRole(
  has: OrganizationMembershipRole,
  needs: OrganizationMembershipRole,
): boolean {
  return organizationRank[has] >= organizationRank[needs];
}

export function hasWorkspaceRole(has: WorkspaceMembershipRole, needs: WorkspaceMembershipRole): boolean {
  return workspaceRank[has] >= workspaceRank[needs];
}
