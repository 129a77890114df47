import type {
  InvitationRecord,
  OrganizationMember,
  OrganizationRecord,
  OrganizationRole,
  WorkspaceRecord,
  WorkspaceRole,
} from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { recordChange } from '../audit/audit.ts';
import { hasOrganizationRole, hasWorkspaceRole } from '@pumphouse/contract';
import { ServiceError } from '../../platform/service-error.ts';

/**
 * The caller of a membership change: the user that a call acts as, or null for an operator on the command
 * line, who may do everything.
 */
export type Changer = { userId: string } | null;

const maxNameLength = 200;

/**
 * Validates the name of an organization or a workspace.
 * @throws ServiceError invalid_request
 */
export function checkName(name: string): string {
  const trimmed = name.trim();
  if (trimmed !== '' && trimmed.length <= maxNameLength) return trimmed;
  const message = `must have 1 to ${maxNameLength} characters`;
  throw new ServiceError('invalid_request', `The name ${message}.`, [{ key: 'name', message }]);
}

/**
 * Locks an organization, so that changes of its members are serialized. The caller's earlier authorization
 * may be outdated by then, so check it again afterwards.
 * @throws ServiceError not_found
 */
export async function holdOrganization(
  store: Pick<Store, 'people'>,
  organizationId: string,
): Promise<OrganizationRecord> {
  const organization = await store.people.lockOrganization(organizationId);
  if (!organization) throw new ServiceError('not_found', `There is no organization ${organizationId}.`);
  return organization;
}

/**
 * Locks the organization of a workspace in the same way.
 * @throws ServiceError not_found
 */
export async function holdOrganizationOf(
  store: Pick<Store, 'people' | 'workspaces'>,
  workspaceId: string,
): Promise<WorkspaceRecord> {
  const workspace = await store.workspaces.get(workspaceId);
  if (!workspace) throw new ServiceError('not_found', `There is no workspace ${workspaceId}.`);
  await holdOrganization(store, workspace.organizationId);
  return workspace;
}

/** @throws ServiceError forbidden */
export async function requireOrganizationOwner(
  store: Pick<Store, 'people'>,
  organizationId: string,
  changer: Changer,
): Promise<void> {
  if (changer && !(await isOrganizationOwner(store, organizationId, changer.userId)))
    throw new ServiceError('forbidden', 'Only an owner of the organization may do this.');
}

/**
 * Requires an owner of the workspace or of its organization.
 * @throws ServiceError forbidden
 */
export async function requireManager(
  store: Pick<Store, 'people' | 'workspaces'>,
  workspace: WorkspaceRecord,
  changer: Changer,
): Promise<void> {
  if (changer && !(await isManager(store, workspace, changer.userId)))
    throw new ServiceError('forbidden', 'Only an owner of the workspace or of its organization may do this.');
}

export async function isOrganizationOwner(
  store: Pick<Store, 'people'>,
  organizationId: string,
  userId: string,
): Promise<boolean> {
  return (await store.people.findMembership(organizationId, userId))?.role === 'owner';
}

async function isManager(
  store: Pick<Store, 'people' | 'workspaces'>,
  workspace: WorkspaceRecord,
  userId: string,
): Promise<boolean> {
  const access = await store.workspaces.findAccess(workspace.id, userId);
  return (
    access?.workspaceRole === 'owner' || (await isOrganizationOwner(store, workspace.organizationId, userId))
  );
}

/** @throws ServiceError playground_workspace */
export function refusePlayground(workspace: WorkspaceRecord, detail: string): void {
  if (workspace.isPlayground) throw new ServiceError('playground_workspace', detail);
}

/** @throws ServiceError last_owner */
export async function keepAnOwner(store: Pick<Store, 'members'>, member: OrganizationMember): Promise<void> {
  if (member.role !== 'owner') return;
  if (await store.members.hasOtherOwner(member.organizationId, member.membershipId)) return;
  throw new ServiceError(
    'last_owner',
    `${member.email} is the last owner of the organization. Make another member an owner first.`,
  );
}

/** Reports whether a user could grant now what an invitation grants. */
export async function couldInvite(
  store: Pick<Store, 'people' | 'workspaces'>,
  userId: string,
  { organizationId, role, workspaces }: Pick<InvitationRecord, 'organizationId' | 'role' | 'workspaces'>,
): Promise<boolean> {
  const user = await store.people.getUser(userId);
  if (!user || user.disabledAt) return false;
  if (await isOrganizationOwner(store, organizationId, userId)) return true;
  if (role !== 'collaborator' || workspaces.length === 0) return false;
  for (const { workspaceId } of workspaces) {
    const access = await store.workspaces.findAccess(workspaceId, userId);
    if (access?.workspaceRole !== 'owner') return false;
  }
  return true;
}

/**
 * Revokes the invitations that a user could no longer create after losing a role: otherwise their links would
 * lead back in.
 */
export async function endLostInvitations(
  store: Pick<Store, 'auditLog' | 'invitations' | 'people' | 'workspaces'>,
  organizationId: string,
  userId: string,
): Promise<void> {
  for (const invitation of await store.invitations.listPending(organizationId, { invitedBy: userId })) {
    if (await couldInvite(store, userId, invitation)) continue;
    await revokeInvitation(store, invitation);
  }
}

/** Revokes an invitation; does nothing if it is no longer pending. */
export async function revokeInvitation(
  store: Pick<Store, 'auditLog' | 'invitations'>,
  invitation: InvitationRecord,
): Promise<void> {
  if (!(await store.invitations.revoke(invitation.id))) return;
  const { id, organizationId, email, role, workspaces } = invitation;
  await recordChange(store, {
    action: 'invitation.revoke',
    organizationId,
    workspaceId: findOnlyWorkspace(invitation),
    target: { kind: 'invitation', id, name: email },
    before: { role, workspaces },
    after: null,
  });
}

/**
 * Returns the workspace of an invitation to that workspace only, which its owners may manage; otherwise null.
 */
export function findOnlyWorkspace({
  role,
  workspaces,
}: Pick<InvitationRecord, 'role' | 'workspaces'>): string | null {
  const [only, ...others] = workspaces;
  return role === 'collaborator' && only && others.length === 0 ? only.workspaceId : null;
}

export function higherOrganizationRole(one: OrganizationRole, other: OrganizationRole): OrganizationRole {
  return hasOrganizationRole(one, other) ? one : other;
}

export function higherWorkspaceRole(one: WorkspaceRole, other: WorkspaceRole): WorkspaceRole {
  return hasWorkspaceRole(one, other) ? one : other;
}
