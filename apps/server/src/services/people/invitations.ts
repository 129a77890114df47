import type { Encryption } from '../../platform/encryption.ts';
import type {
  InvitationRecord,
  InvitedWorkspace,
  OrganizationRole,
  WorkspaceRecord,
  WorkspaceRole,
} from '../../store/records.ts';
import type { NamedWorkspace } from './invitation-details.ts';
import type { Page, PageRequest } from '../paging/read-page.ts';
import type { Persistence, Store } from '../../store/store.ts';
import type { UserPrincipal } from '../sign-in/principal.ts';
import { createInvitationLinks } from './invitation-links.ts';
import { createSecret, hashSecret } from '../sign-in/credentials.ts';
import {
  findOnlyWorkspace,
  higherWorkspaceRole,
  holdOrganization,
  holdOrganizationOf,
  refusePlayground,
  requireManager,
  requireOrganizationOwner,
  revokeInvitation,
} from './people-rules.ts';
import { nameWorkspaces, statusOf } from './invitation-details.ts';
import { pageOf, sortBy } from '../paging/read-page.ts';
import { recordChange } from '../audit/audit.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** An invitation with the names of its workspaces. */
export interface ListedInvitation {
  invitation: InvitationRecord;
  workspaces: NamedWorkspace[];
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

/** Manages invitations to an organization, from their creation to their acceptance or end. */
export function createInvitations({ persistence, encryption, sendsMail }: InvitationDependencies) {
  const { store } = persistence;

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

  return {
    ...createInvitationLinks(persistence),

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
  };
}

/** Encryption context that binds the link of a mail to its row. */
export function mailContext(invitationId: string): string {
  return JSON.stringify(['invitation mail', invitationId]);
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
