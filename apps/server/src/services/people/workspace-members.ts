import type { Changer } from './people-rules.ts';
import type { Page, PageRequest } from '../paging/read-page.ts';
import type { Persistence, Store } from '../../store/store.ts';
import type {
  OrganizationMember,
  WorkspaceMember,
  WorkspaceRecord,
  WorkspaceRole,
} from '../../store/records.ts';
import {
  endLostInvitations,
  holdOrganizationOf,
  isOrganizationOwner,
  refusePlayground,
  requireManager,
} from './people-rules.ts';
import { endMembership } from './members.ts';
import { pageOf, sortBy } from '../paging/read-page.ts';
import { recordChange } from '../audit/audit.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** The stores that this use case touches. */
type Stores = 'auditLog' | 'invitations' | 'members' | 'people' | 'workspaces';

interface MemberScope {
  workspaceId: string;
  membershipId: string;
}

export type WorkspaceMembers = ReturnType<typeof createWorkspaceMembers>;

/**
 * Manages the roles in a workspace. Changes lock the organization, as changes of its members do, so that
 * concurrent changes agree on whether a workspace was the last one of a collaborator. Also works in an
 * archived workspace, which still has readers.
 */
export function createWorkspaceMembers(persistence: Persistence<Stores>) {
  async function hold(
    tx: Pick<Store, 'people' | 'workspaces'>,
    workspaceId: string,
  ): Promise<WorkspaceRecord> {
    const workspace = await holdOrganizationOf(tx, workspaceId);
    refusePlayground(workspace, 'A playground has exactly one member, its owner.');
    return workspace;
  }

  async function findPerson(tx: Pick<Store, 'members'>, workspace: WorkspaceRecord, membershipId: string) {
    const member = await tx.members.find(workspace.organizationId, membershipId);
    if (!member)
      throw new ServiceError('not_found', `There is no member ${membershipId} in the organization.`);
    return member;
  }

  /**
   * Removes an explicit role.
   * @throws ServiceError not_found if the member has none
   */
  async function takeRole(
    tx: Pick<Store, Stores>,
    workspace: WorkspaceRecord,
    member: OrganizationMember,
  ): Promise<void> {
    const role = await tx.members.removeFromWorkspace(workspace.id, member.membershipId);
    if (!role) {
      throw new ServiceError(
        'not_found',
        `${member.email} has no role of their own in the workspace; their access comes from the default role of the organization.`,
      );
    }
    await recordChange(tx, {
      action: 'workspace-member.remove',
      organizationId: workspace.organizationId,
      workspaceId: workspace.id,
      target: { kind: 'member', id: member.membershipId, name: member.email },
      before: { role },
      after: null,
    });
    const remaining = await tx.members.listAssignedWorkspaces([member.membershipId]);
    // A collaborator has access only to explicit workspaces.
    if (member.role === 'collaborator' && remaining.length === 0)
      await endMembership(tx, member, 'member.remove');
    else await endLostInvitations(tx, workspace.organizationId, member.userId);
  }

  return {
    /** Lists everyone with an explicit role or one from the organization, including keys of the workspace. */
    async list(
      workspaceId: string,
      page: PageRequest<'since' | 'created_at' | 'email'>,
      kinds: readonly string[] | null,
    ): Promise<Page<WorkspaceMember>> {
      const all = await persistence.store.members.listOfWorkspace(workspaceId);
      const asked = kinds ? all.filter(({ kind }) => kinds.includes(kind)) : all;
      return pageOf(sortBy(asked, page.sorting, byEmailOrTime), page, ({ membershipId }) => membershipId);
    },

    /**
     * Adds a member of the organization, or sets their role. An owner of the organization may give themselves
     * a role if they have none.
     * @throws ServiceError not_found, forbidden, own_role, playground_workspace
     */
    set(
      { workspaceId, membershipId }: MemberScope,
      role: WorkspaceRole,
      changer: Changer,
    ): Promise<WorkspaceMember> {
      return persistence.transaction(async (tx) => {
        const workspace = await hold(tx, workspaceId);
        await requireManager(tx, workspace, changer);
        const person = await findPerson(tx, workspace, membershipId);
        const known = await tx.members.findInWorkspace(workspaceId, membershipId);
        const before = known?.ownRole ?? null;
        if (before !== role) {
          if (person.userId === changer?.userId && !(await mayTakeRole(tx, workspace, person.userId, before)))
            throw new ServiceError('own_role', 'You cannot change your own role. Ask another owner.');
          await tx.members.setWorkspaceRole(workspaceId, membershipId, role);
          await endLostInvitations(tx, workspace.organizationId, person.userId);
          await recordChange(tx, {
            action: before ? 'workspace-member.set-role' : 'workspace-member.add',
            organizationId: workspace.organizationId,
            workspaceId,
            target: { kind: 'member', id: membershipId, name: person.email },
            before: before && { role: before },
            after: { role },
          });
        }
        const changed = await tx.members.findInWorkspace(workspaceId, membershipId);
        if (!changed) throw new Error(`The member ${membershipId} got no role in workspace ${workspaceId}`);
        return changed;
      });
    },

    /**
     * Removes an explicit role, possibly the caller's own.
     * @throws ServiceError not_found, forbidden, playground_workspace
     */
    async remove({ workspaceId, membershipId }: MemberScope, changer: Changer): Promise<void> {
      await persistence.transaction(async (tx) => {
        const workspace = await hold(tx, workspaceId);
        await requireManager(tx, workspace, changer);
        await takeRole(tx, workspace, await findPerson(tx, workspace, membershipId));
      });
    },

    /** @throws ServiceError not_found, playground_workspace; no_account for a workspace key */
    async leave(workspaceId: string, { userId }: { userId: string }): Promise<void> {
      await persistence.transaction(async (tx) => {
        const workspace = await hold(tx, workspaceId);
        const member = await tx.members.findByUser(workspace.organizationId, userId);
        if (!member)
          throw new ServiceError(
            'no_account',
            'A workspace key has no membership to leave; revoke it instead.',
          );
        await takeRole(tx, workspace, member);
      });
    },
  };
}

async function mayTakeRole(
  store: Pick<Store, 'people'>,
  { organizationId }: WorkspaceRecord,
  userId: string,
  ownRole: WorkspaceRole | null,
): Promise<boolean> {
  return ownRole === null && (await isOrganizationOwner(store, organizationId, userId));
}

const since = (member: { since: Date }) => member.since.getTime();

const byEmailOrTime = {
  email: ({ email }: { email: string }) => email.toLowerCase(),
  since,
  created_at: since,
};
