import type { Encryption } from '../../platform/encryption.ts';
import type {
  InvitationRecord,
  InvitedWorkspace,
  OrganizationRole,
  WorkspaceRecord,
  WorkspaceRole,
} from '../../store/records.ts';
import type { Page, PageRequest } from '../paging/read-page.ts';
import type { Persistence, Store } from '../../store/store.ts';
import type { UserPrincipal } from '../sign-in/principal.ts';
import { createSecret, hashSecret } from '../sign-in/credentials.ts';
import {
  couldInvite,
  findOnlyWorkspace,
  higherOrganizationRole,
  higherWorkspaceRole,
  holdOrganization,
  holdOrganizationOf,
  refusePlayground,
  requireManager,
  requireOrganizationOwner,
  revokeInvitation,
} from './people-rules.ts';
import { pageOf, sortBy } from '../paging/read-page.ts';
import { recordChange } from '../audit/audit.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** The stores that this use case touches. */
type Stores = 'auditLog' | 'invitations' | 'members' | 'people' | 'workspaces';

/** An invitation with the names of its workspaces. */
export interface ListedInvitation {
  invitation: InvitationRecord;
  workspaces: NamedWorkspace[];
}

export interface NamedWorkspace extends InvitedWorkspace {
  name: string;
}

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

export type Invitations = ReturnType<typeof createInvitations>;

const validDays = 14;
/** More than a large company needs at once, and too few to flood a mailbox for long. */
const maxPending = 500;

/** Builds the address of the server's page for accepting an invitation. */
export function invitationLink(origin: string, token: string): string {
  return `${origin}/sign-in/invitation?token=${token}`;
}

export interface InvitationDependencies {
  persistence: Persistence<
    'auditLog' | 'invitationMails' | 'invitations' | 'members' | 'outbox' | 'people' | 'workspaces'
  >;
  encryption: Encryption;
  /** Whether this server sends mail. */
  sendsMail: boolean;
}

/**
 * Manages invitations to an organization. An invitation grants no more than its inviter could grant at the
 * moment of acceptance: removed or demoted inviters cannot get back in through a link they kept.
 */
export function createInvitations({ persistence, encryption, sendsMail }: InvitationDependencies) {
  const { store } = persistence;

  async function nameWorkspaces(
    tx: Pick<Store, 'workspaces'>,
    invitation: InvitationRecord,
  ): Promise<NamedWorkspace[]> {
    const named: NamedWorkspace[] = [];
    for (const one of invitation.workspaces)
      named.push({ ...one, name: (await tx.workspaces.get(one.workspaceId))?.name ?? '' });
    return named;
  }

  async function listAs(invitation: InvitationRecord): Promise<ListedInvitation> {
    return { invitation, workspaces: await nameWorkspaces(store, invitation) };
  }

  async function readPage(
    all: readonly InvitationRecord[],
    page: PageRequest<'created_at' | 'email'>,
    statuses: readonly string[] | null,
  ): Promise<Page<ListedInvitation>> {
    const asked = all.filter((one) => (statuses ?? ['pending']).includes(statusOf(one)));
    const found = pageOf(sortBy(asked, page.sorting, byEmailOrTime), page, ({ id }) => id);
    return { ...found, items: await Promise.all(found.items.map(listAs)) };
  }

  /**
   * Stores an invitation and its mail.
   * @returns the link, which is available only once
   */
  async function insert(
    tx: Pick<Store, 'auditLog' | 'invitationMails' | 'invitations' | 'outbox'>,
    inviter: Pick<UserPrincipal, 'userId'>,
    wanted: { organizationId: string; email: string; role: OrganizationRole; workspaces: InvitedWorkspace[] },
    origin: string,
  ) {
    const pending = await tx.invitations.listPending(wanted.organizationId);
    if (pending.length >= maxPending) {
      throw new ServiceError(
        'too_many_invitations',
        `The organization has ${maxPending} pending invitations. Revoke some first.`,
      );
    }
    const token = createSecret('dlt_i_');
    const id = await tx.invitations.create({
      ...wanted,
      tokenHash: hashSecret(token),
      invitedBy: inviter.userId,
      validDays,
    });
    const link = invitationLink(origin, token);
    if (sendsMail) {
      await tx.invitationMails.add(id, encryption.encrypt(Buffer.from(link), mailContext(id)));
      await tx.outbox.wake('mail');
    }
    await recordChange(tx, {
      action: 'invitation.create',
      organizationId: wanted.organizationId,
      workspaceId: findOnlyWorkspace(wanted),
      target: { kind: 'invitation', id, name: wanted.email },
      before: null,
      after: { role: wanted.role, workspaces: wanted.workspaces },
    });
    return { id, link };
  }

  async function describeCreated({ id, link }: { id: string; link: string }) {
    const invitation = await store.invitations.get(id);
    if (!invitation) throw new Error(`The invitation ${id} is not there after it was made`);
    return { ...(await listAs(invitation)), link };
  }

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
    /** Lists pending invitations, or those with the given statuses. Newest first unless sorted. */
    async list(
      organizationId: string,
      page: PageRequest<'created_at' | 'email'>,
      statuses: readonly string[] | null,
    ): Promise<Page<ListedInvitation>> {
      return readPage(await store.invitations.list(organizationId), page, statuses);
    },

    /** Lists invitations to this workspace only, in the same way. */
    async listOfWorkspace(
      workspaceId: string,
      page: PageRequest<'created_at' | 'email'>,
      statuses: readonly string[] | null,
    ): Promise<Page<ListedInvitation>> {
      const workspace = await store.workspaces.get(workspaceId);
      const all = workspace ? await store.invitations.list(workspace.organizationId) : [];
      return readPage(
        all.filter((one) => findOnlyWorkspace(one) === workspaceId),
        page,
        statuses,
      );
    },

    /**
     * Creates an invitation as an owner of the organization: any role, and roles in its workspaces.
     * @param origin the URL at which users reach this server
     * @throws ServiceError forbidden, too_many_invitations, playground_workspace; invalid_request for a
     * collaborator without a workspace, or for a workspace of another organization
     */
    async create(
      inviter: UserPrincipal,
      wanted: {
        organizationId: string;
        email: string;
        role: OrganizationRole;
        workspaces: readonly InvitedWorkspace[];
      },
      origin: string,
    ): Promise<ListedInvitation & { link: string }> {
      const created = await persistence.transaction(async (tx) => {
        await holdOrganization(tx, wanted.organizationId);
        await requireOrganizationOwner(tx, wanted.organizationId, inviter);
        const workspaces = await checkWorkspaces(tx, wanted);
        return insert(tx, inviter, { ...wanted, email: wanted.email.trim(), workspaces }, origin);
      });
      return describeCreated(created);
    },

    /**
     * Creates an invitation as an owner of a workspace: to that workspace only, as a collaborator of the
     * organization.
     * @throws ServiceError as `create`
     */
    async createToWorkspace(
      inviter: UserPrincipal,
      wanted: { workspaceId: string; email: string; role: WorkspaceRole },
      origin: string,
    ): Promise<ListedInvitation & { link: string }> {
      const { workspaceId, email, role } = wanted;
      const created = await persistence.transaction(async (tx) => {
        const workspace = await holdOrganizationOf(tx, workspaceId);
        await requireManager(tx, workspace, inviter);
        refusePlayground(workspace, 'A playground has exactly one member, its owner.');
        const { organizationId } = workspace;
        const invited = {
          organizationId,
          email: email.trim(),
          role: 'collaborator' as const,
          workspaces: [{ workspaceId, role }],
        };
        return insert(tx, inviter, invited, origin);
      });
      return describeCreated(created);
    },

    /**
     * Revokes an invitation; does nothing if it is no longer pending.
     * @throws ServiceError not_found, forbidden
     */
    async revoke(inviter: UserPrincipal, organizationId: string, invitationId: string): Promise<void> {
      await persistence.transaction(async (tx) => {
        await holdOrganization(tx, organizationId);
        await requireOrganizationOwner(tx, organizationId, inviter);
        const invitation = await tx.invitations.get(invitationId);
        if (invitation?.organizationId !== organizationId)
          throw new ServiceError('not_found', `There is no invitation ${invitationId}.`);
        await revokeInvitation(tx, invitation);
      });
    },

    /**
     * Revokes an invitation to this workspace only, in the same way.
     * @throws ServiceError not_found, forbidden
     */
    async revokeToWorkspace(
      inviter: UserPrincipal,
      workspaceId: string,
      invitationId: string,
    ): Promise<void> {
      await persistence.transaction(async (tx) => {
        await requireManager(tx, await holdOrganizationOf(tx, workspaceId), inviter);
        const invitation = await tx.invitations.get(invitationId);
        if (!invitation || findOnlyWorkspace(invitation) !== workspaceId)
          throw new ServiceError('not_found', `There is no invitation ${invitationId}.`);
        await revokeInvitation(tx, invitation);
      });
    },

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

/** Encryption context that binds the link of a mail to its row. */
export function mailContext(invitationId: string): string {
  return JSON.stringify(['invitation mail', invitationId]);
}

/** Derives the status of an invitation for lists. */
export function statusOf(invitation: InvitationRecord): 'accepted' | 'revoked' | 'expired' | 'pending' {
  if (invitation.acceptedAt) return 'accepted';
  if (invitation.revokedAt) return 'revoked';
  return invitation.isExpired ? 'expired' : 'pending';
}

const byEmailOrTime = {
  email: ({ email }: { email: string }) => email.toLowerCase(),
  created_at: ({ createdAt }: { createdAt: Date }) => createdAt.getTime(),
};

/** Validates the workspaces of an invitation and removes duplicates. */
async function checkWorkspaces(
  store: Pick<Store, 'workspaces'>,
  wanted: { organizationId: string; role: OrganizationRole; workspaces: readonly InvitedWorkspace[] },
): Promise<InvitedWorkspace[]> {
  const found = new Map<string, WorkspaceRole>();
  for (const { workspaceId, role } of wanted.workspaces) {
    const workspace: WorkspaceRecord | undefined = await store.workspaces.get(workspaceId);
    if (workspace?.organizationId !== wanted.organizationId) {
      const message = `has no workspace ${workspaceId}`;
      throw new ServiceError('invalid_request', `The organization ${message}.`, [
        { key: 'workspaces', message },
      ]);
    }
    refusePlayground(workspace, `${workspace.name} is a playground, which can have only one member.`);
    found.set(workspace.id, higherWorkspaceRole(role, found.get(workspace.id) ?? role));
  }
  if (wanted.role === 'collaborator' && found.size === 0) {
    const message = 'must name a workspace: collaborators have access only to assigned workspaces';
    throw new ServiceError('invalid_request', `The body is not valid: workspaces: ${message}.`, [
      { key: 'workspaces', message },
    ]);
  }
  return [...found].map(([workspaceId, role]) => ({ workspaceId, role }));
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
