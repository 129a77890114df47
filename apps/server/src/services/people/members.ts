import type { Changer } from './people-rules.ts';
import type { AssignedWorkspace, OrganizationMember, OrganizationRole } from '../../store/records.ts';
import type { Page, PageRequest } from '../paging/read-page.ts';
import type { Persistence, Store } from '../../store/store.ts';
import {
  endLostInvitations,
  holdOrganization,
  keepAnOwner,
  requireOrganizationOwner,
} from './people-rules.ts';
import { pageOf, sortBy } from '../paging/read-page.ts';
import { recordChange } from '../audit/audit.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** The stores that this use case touches. */
type Stores = 'auditLog' | 'invitations' | 'members' | 'people' | 'workspaces';

export type ListedMember = OrganizationMember & { workspaces: AssignedWorkspace[] };

export type Members = ReturnType<typeof createMembers>;

/**
 * Manages the members of an organization. Every change locks the organization and checks the caller's role
 * again, so that of two owners who demote each other, the second fails.
 */
export function createMembers(persistence: Persistence<Stores>) {
  const { store } = persistence;

  async function describe(
    tx: Pick<Store, 'members'>,
    members: readonly OrganizationMember[],
  ): Promise<ListedMember[]> {
    const given = await tx.members.listAssignedWorkspaces(members.map(({ membershipId }) => membershipId));
    const byMember = Map.groupBy(given, ({ membershipId }) => membershipId);
    return members.map((member) => ({ ...member, workspaces: byMember.get(member.membershipId) ?? [] }));
  }

  /** Loads the member under the lock, if the caller may change them. */
  async function holdMember(
    tx: Pick<Store, 'members' | 'people'>,
    organizationId: string,
    membershipId: string,
    changer: Changer,
  ): Promise<ListedMember> {
    await holdOrganization(tx, organizationId);
    await requireOrganizationOwner(tx, organizationId, changer);
    const member = await tx.members.find(organizationId, membershipId);
    const [listed] = member ? await describe(tx, [member]) : [];
    if (!listed)
      throw new ServiceError('not_found', `There is no member ${membershipId} in the organization.`);
    return listed;
  }

  /**
   * @throws ServiceError not_found, forbidden, own_role, last_owner; invalid_request for a collaborator
   * without a workspace
   */
  function setRole(
    { organizationId, membershipId }: { organizationId: string; membershipId: string },
    role: OrganizationRole,
    changer: Changer,
  ): Promise<ListedMember> {
    return persistence.transaction(async (tx) => {
      const member = await holdMember(tx, organizationId, membershipId, changer);
      if (member.role === role) return member;
      if (member.userId === changer?.userId)
        throw new ServiceError('own_role', 'You cannot change your own role. Ask another owner.');
      if (role === 'collaborator' && member.workspaces.length === 0) {
        throw new ServiceError(
          'invalid_request',
          `${member.email} has no workspace, and a collaborator needs one. Give them a role in a workspace first, or remove them.`,
        );
      }
      await keepAnOwner(tx, member);
      await tx.members.setRole(membershipId, role);
      await endLostInvitations(tx, organizationId, member.userId);
      await recordChange(tx, {
        action: 'member.set-role',
        organizationId,
        target: { kind: 'member', id: membershipId, name: member.email },
        before: { role: member.role },
        after: { role },
      });
      return { ...member, role };
    });
  }

  return {
    /** Lists users, in the order in which they joined unless sorted. */
    async list(
      organizationId: string,
      page: PageRequest<'joined_at' | 'email'>,
    ): Promise<Page<ListedMember>> {
      const all = await store.members.list(organizationId);
      const found = pageOf(
        sortBy(all, page.sorting, byEmailOrTime),
        page,
        ({ membershipId }) => membershipId,
      );
      return { ...found, items: await describe(store, found.items) };
    },

    setRole,

    /**
     * Removes a member from the organization and all its workspaces.
     * @throws ServiceError not_found, forbidden, own_role, last_owner
     */
    async remove(
      { organizationId, membershipId }: { organizationId: string; membershipId: string },
      changer: Changer,
    ): Promise<void> {
      await persistence.transaction(async (tx) => {
        const member = await holdMember(tx, organizationId, membershipId, changer);
        if (member.userId === changer?.userId)
          throw new ServiceError('own_role', 'To remove yourself, leave the organization.');
        await keepAnOwner(tx, member);
        await endMembership(tx, member, 'member.remove');
      });
    },

    /** @throws ServiceError last_owner; no_account for a workspace key */
    async leave(organizationId: string, { userId }: { userId: string }): Promise<void> {
      await persistence.transaction(async (tx) => {
        await holdOrganization(tx, organizationId);
        const member = await tx.members.findByUser(organizationId, userId);
        if (!member)
          throw new ServiceError(
            'no_account',
            'A workspace key has no membership to leave; revoke it instead.',
          );
        await keepAnOwner(tx, member);
        await endMembership(tx, member, 'member.leave');
      });
    },

    /**
     * Finds a member of the organization by e-mail address.
     * @throws ServiceError not_found
     */
    async findByEmail(organizationId: string, email: string): Promise<OrganizationMember> {
      const user = await store.people.findUserByEmail(email);
      const member = user && (await store.members.findByUser(organizationId, user.id));
      if (!member) throw new ServiceError('not_found', `${email} is not a member of the organization.`);
      return member;
    },

    /**
     * For operators: gives an account a role in an organization, whether or not it is a member.
     * @throws ServiceError not_found
     */
    async put(organizationId: string, email: string, role: 'owner' | 'member'): Promise<void> {
      const user = await store.people.findUserByEmail(email);
      if (user?.kind !== 'human') throw new ServiceError('not_found', `There is no account ${email}.`);
      const known = await store.members.findByUser(organizationId, user.id);
      if (known) {
        await setRole({ organizationId, membershipId: known.membershipId }, role, null);
        return;
      }
      await persistence.transaction(async (tx) => {
        await holdOrganization(tx, organizationId);
        const { id } = await tx.people.addMember(organizationId, user.id, role);
        await recordChange(tx, {
          action: 'member.add',
          organizationId,
          target: { kind: 'member', id, name: user.email },
          before: null,
          after: { role },
        });
      });
    },
  };
}

/** Sort keys for lists of users. */
const byEmailOrTime = {
  email: ({ email }: { email: string }) => email.toLowerCase(),
  joined_at: ({ joinedAt }: { joinedAt: Date }) => joinedAt.getTime(),
};

/** Ends a membership with its roles in workspaces and its invitations, and records it. */
export async function endMembership(
  store: Pick<Store, Stores>,
  member: OrganizationMember,
  action: 'member.remove' | 'member.leave',
): Promise<void> {
  const { organizationId, membershipId, userId, email, role } = member;
  const given = await store.members.listAssignedWorkspaces([membershipId]);
  await store.members.remove(membershipId);
  await endLostInvitations(store, organizationId, userId);
  await recordChange(store, {
    action,
    organizationId,
    target: { kind: 'member', id: membershipId, name: email },
    before: {
      role,
      workspaces: given.map((one) => ({ id: one.workspaceId, name: one.name, role: one.role })),
    },
    after: null,
  });
}
