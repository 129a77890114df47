import type {
  MeResponse,
  OrganizationMeResponse,
  OrganizationResponse,
  OrganizationSettingsResponse,
  OrganizationWorkspaceResponse,
  WorkspaceMeResponse,
  WorkspaceResponse,
} from '@pumphouse/contract';
import type { ListedWorkspace, WorkspaceMe } from '../../services/workspaces/workspaces.ts';
import type { AccountMe, OrganizationMe } from '../../services/workspaces/organizations.ts';
import type { OrganizationRecord, WorkspaceRecord } from '../../store/records.ts';
import type { Principal } from '../../services/sign-in/principal.ts';
import { credentialRequired, rejectUnknownKind } from '../../services/sign-in/principal.ts';
import { dataplaneId } from '../../services/sign-in/dataplane.ts';
import { toInstant, toInstantOrNull } from '../serializers/instants.ts';

/**
 * Code of a run has no account and no membership, but the contract requires ids: this id refers to no one.
 */
const nobody = '00000000-0000-0000-0000-000000000000';

export function toOrganization(organization: OrganizationRecord): OrganizationResponse {
  return {
    id: organization.id,
    name: organization.name,
    description: organization.description,
    dataplane_id: organization.dataplaneId,
    created_at: toInstant(organization.createdAt),
    updated_at: toInstant(organization.updatedAt),
  };
}

export function toOrganizationSettings(organization: OrganizationRecord): OrganizationSettingsResponse {
  return {
    ...toOrganization(organization),
    default_workspace_role: organization.defaultWorkspaceRole,
    max_key_days: organization.maxKeyDays,
    is_personal: organization.isPersonal,
  };
}

/** @param origin the address of the workspace's data plane, which is this server */
export function toWorkspace(workspace: WorkspaceRecord, origin: string): WorkspaceResponse {
  return {
    id: workspace.id,
    name: workspace.name,
    description: workspace.description,
    organization_id: workspace.organizationId,
    dataplane_id: dataplaneId,
    dataplane_url: origin,
    is_playground: workspace.isPlayground,
    predefined_profiles: { DATA_WRITE: 'prod', DATA_READ: 'access' },
    archived_at: toInstantOrNull(workspace.archivedAt),
    created_at: toInstant(workspace.createdAt),
    updated_at: toInstant(workspace.updatedAt),
  };
}

export function toListedWorkspace(listed: ListedWorkspace, origin: string): OrganizationWorkspaceResponse {
  return {
    ...toWorkspace(listed.workspace, origin),
    member_count: listed.memberCount,
    owner_members: listed.owners.map((owner) => ({
      id: owner.membershipId,
      user_id: owner.userId,
      email: owner.email,
      organization_membership_id: owner.membershipId,
      role: 'owner',
    })),
  };
}

/** The last used workspace is not recorded. */
export function toMe({ principal, name, primary, latest, memberships }: AccountMe): MeResponse {
  return {
    name,
    user_id: principal.userId,
    email: principal.email,
    organization_membership_id: primary.membershipId,
    primary_organization: toOrganization(primary),
    latest_organization: toOrganization(latest),
    organization_memberships: memberships.map((organization) => ({
      id: organization.membershipId,
      is_active: true,
      role: organization.role,
      organization: toOrganization(organization),
    })),
  };
}

export function toOrganizationMe(me: OrganizationMe, origin: string): OrganizationMeResponse {
  return {
    user_id: me.principal.userId,
    email: me.principal.email,
    organization_membership_id: me.membershipId,
    role: me.role,
    organization: toOrganization(me.organization),
    workspace_memberships: me.workspaces.map((workspace) => ({
      role: workspace.role,
      workspace: toWorkspace(workspace, origin),
    })),
  };
}

/** The code of a run is no user: it has a placeholder id and `run` instead of an email address. */
function identify(principal: Principal): Pick<WorkspaceMeResponse, 'user_id' | 'email'> {
  switch (principal.kind) {
    case 'user':
      return { user_id: principal.userId, email: principal.email };
    case 'run':
      return { user_id: nobody, email: 'run' };
    case 'anonymous':
      throw credentialRequired();
    default:
      return rejectUnknownKind(principal);
  }
}

export function toWorkspaceMe(me: WorkspaceMe, origin: string): WorkspaceMeResponse {
  return {
    ...identify(me.principal),
    organization: toOrganization(me.organization),
    organization_membership_id: me.access.membershipId || nobody,
    organization_role: me.access.organizationRole,
    workspace: toWorkspace(me.access.workspace, origin),
    workspace_role: me.access.workspaceRole,
  };
}
