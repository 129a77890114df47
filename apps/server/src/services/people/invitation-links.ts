import type { InvitationRecord, OrganizationRole } from '../../store/records.ts';
import type { NamedWorkspace } from './invitation-details.ts';
import type { Persistence, Store } from '../../store/store.ts';
import {
  couldInvite,
  findOnlyWorkspace,
  higherOrganizationRole,
  higherWorkspaceRole,
  holdOrganization,
} from './people-rules.ts';
import { hashSecret } from '../sign-in/credentials.ts';
import { nameWorkspaces, statusOf } from './invitation-details.ts';
import { recordChange } from '../audit/audit.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** The stores that this use case touches. */
type Stores = 'auditLog' | 'invitations' | 'members' | 'people' | 'workspaces';

/** What the page behind a link shows to its bearer. */
export interface DescribedInvitation {
  email: string;
  organizationName: string;
  role: OrganizationRole;
  workspaces: NamedWorkspace[];
  inviterEmail: string;
  expiresAt: Date;
  /**
   * Whether an account with this address exists: then the user must sign in, otherwise they can create one.
   */
  hasAccount: boolean;
}

/** The resulting membership. */
export interface AcceptedInvitation {
  organizationId: string;
  membershipId: string;
  role: OrganizationRole;
}

/**
 * Describes and accepts what a link offers. An invitation grants no more than its inviter could grant at the
 * moment of acceptance: removed or demoted inviters cannot get back in through a link they kept.
 */
export function createInvitationLinks(persistence: Persistence<Stores>) {
  const { store } = persistence;

  async function acceptIn(
    tx: Pick<Store, Stores>,
    token: string,
    userId: string,
  ): Promise<AcceptedInvitation> {
    const seen = await tx.invitations.findByToken(hashSecret(token));
    if (!seen) throw notGood('unknown');
    await holdOrganization(tx, seen.organizationId);
    // Read again under the lock: concurrent acceptances are serialized.
    const invitation = await tx.invitations.findByToken(hashSecret(token));
    if (!invitation) throw notGood('unknown');
    const user = await tx.people.getUser(userId);
    if (user?.kind !== 'human' || user.disabledAt)
      throw new ServiceError('forbidden', 'The account cannot accept this.');
    const known = await tx.members.findByUser(invitation.organizationId, userId);
    // A repeated click by the same user.
    if (invitation.acceptedBy === userId && known)
      return {
        organizationId: invitation.organizationId,
        membershipId: known.membershipId,
        role: known.role,
      };
    await requireGood(tx, invitation);
    if (user.email.toLowerCase() !== invitation.email.toLowerCase()) {
      throw new ServiceError(
        'invitation_for_another',
        'The invitation is for another e-mail address than that of your account.',
      );
    }
    const accepted = [invitation, ...(await listMerged(tx, invitation))];
    const membership = await enter(tx, invitation.organizationId, userId, accepted);
    await tx.invitations.accept(
      accepted.map(({ id }) => id),
      userId,
    );
    for (const one of accepted) {
      await recordChange(tx, {
        action: 'invitation.accept',
        organizationId: one.organizationId,
        workspaceId: findOnlyWorkspace(one),
        target: { kind: 'invitation', id: one.id, name: one.email },
        before: known ? { role: known.role } : null,
        after: { role: membership.role, workspaces: one.workspaces, member_id: membership.membershipId },
      });
    }
    return { organizationId: invitation.organizationId, ...membership };
  }

  return {
    /**
     * Describes what a link offers.
     * @throws ServiceError invitation_not_good, which contains only the reason
     */
    async describe(token: string): Promise<DescribedInvitation> {
      const invitation = await store.invitations.findByToken(hashSecret(token));
      if (!invitation) throw notGood('unknown');
      await requireGood(store, invitation);
      const organization = await store.people.getOrganization(invitation.organizationId);
      return {
        email: invitation.email,
        organizationName: organization?.name ?? '',
        role: invitation.role,
        workspaces: await nameWorkspaces(store, invitation),
        inviterEmail: invitation.inviterEmail,
        expiresAt: invitation.expiresAt,
        hasAccount: (await store.people.findUserByEmail(invitation.email)) !== undefined,
      };
    },

    /**
     * Accepts an invitation for an account. Other pending invitations for its address are accepted with it if
     * this inviter could have created them; the highest of several roles applies. Repeating it for the same
     * user changes nothing.
     * @param tx an open transaction, such as the one that creates the account; null to use a new one
     * @throws ServiceError invitation_not_good; invitation_for_another if the account has another address;
     * forbidden
     */
    accept: (tx: Pick<Store, Stores> | null, token: string, userId: string): Promise<AcceptedInvitation> =>
      tx ? acceptIn(tx, token, userId) : persistence.transaction((own) => acceptIn(own, token, userId)),
  };
}

/** @throws ServiceError invitation_not_good */
async function requireGood(
  store: Pick<Store, 'people' | 'workspaces'>,
  invitation: InvitationRecord,
): Promise<void> {
  const status = statusOf(invitation);
  if (status !== 'pending') throw notGood(status);
  if (!(await couldInvite(store, invitation.invitedBy, invitation))) throw notGood('revoked');
}

function notGood(why: 'unknown' | 'accepted' | 'revoked' | 'expired'): ServiceError {
  const details = {
    unknown: 'There is no invitation with this link.',
    accepted: 'The invitation was already accepted.',
    revoked: 'The invitation was revoked.',
    expired: 'The invitation has expired.',
  };
  return new ServiceError(
    'invitation_not_good',
    `${details[why]} Ask the member who invited you for a new one.`,
  );
}

/**
 * Lists the other pending invitations for the address that this inviter could have created too. An account
 * created through a link proves only possession of the link, and the inviter has it as well. Without this
 * limit, an owner of one workspace could create the account of a user whom an organization owner has invited,
 * and get what was offered to them.
 */
async function listMerged(
  store: Pick<Store, 'invitations' | 'people' | 'workspaces'>,
  invitation: InvitationRecord,
): Promise<InvitationRecord[]> {
  const { organizationId, email, invitedBy } = invitation;
  const merged: InvitationRecord[] = [];
  for (const other of await store.invitations.listPending(organizationId, { email })) {
    if (other.id === invitation.id) continue;
    const isGood = await couldInvite(store, other.invitedBy, other);
    if (isGood && (await couldInvite(store, invitedBy, other))) merged.push(other);
  }
  return merged;
}

/** Grants the account what the invitations offer, and removes nothing that it has. */
async function enter(
  store: Pick<Store, 'members' | 'people'>,
  organizationId: string,
  userId: string,
  accepted: readonly InvitationRecord[],
): Promise<{ membershipId: string; role: OrganizationRole }> {
  const known = await store.people.findMembership(organizationId, userId);
  const offered = accepted.map(({ role }) => role).reduce(higherOrganizationRole);
  const role = known ? higherOrganizationRole(known.role, offered) : offered;
  const membershipId = known?.id ?? (await store.people.addMember(organizationId, userId, role)).id;
  if (known && known.role !== role) await store.members.setRole(membershipId, role);
  const given = await store.members.listAssignedWorkspaces([membershipId]);
  const roles = new Map(given.map((one) => [one.workspaceId, one.role]));
  for (const { workspaceId, role: offeredRole } of accepted.flatMap(({ workspaces }) => workspaces)) {
    const before = roles.get(workspaceId);
    const now = before ? higherWorkspaceRole(before, offeredRole) : offeredRole;
    if (now !== before) await store.members.setWorkspaceRole(workspaceId, membershipId, now);
    roles.set(workspaceId, now);
  }
  return { membershipId, role };
}
