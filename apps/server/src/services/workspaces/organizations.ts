import type { Authorization } from '../people/authorize.ts';
import type {
  OrganizationRecord,
  OrganizationRole,
  UserRecord,
  WorkspaceRecord,
  WorkspaceRole,
} from '../../store/records.ts';
import type { Page, PageRequest } from '../paging/read-page.ts';
import type { Persistence, Store } from '../../store/store.ts';
import type { UserPrincipal } from '../sign-in/principal.ts';
import { requireUser } from '../sign-in/principal.ts';
import { isDeepStrictEqual } from 'node:util';
import { checkName, holdOrganization } from '../people/people-rules.ts';
import { dataplaneId, dataplanes } from '../sign-in/dataplane.ts';
import { pageOf, sortBy } from '../paging/read-page.ts';
import { recordChange } from '../audit/audit.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** The caller in an organization, with the workspaces in which the caller has a role. */
export interface OrganizationMe {
  principal: UserPrincipal;
  organization: OrganizationRecord;
  membershipId: string;
  role: OrganizationRole;
  workspaces: (WorkspaceRecord & { role: WorkspaceRole })[];
}

/** The caller's own account: the organization joined first, the one joined last, and all of them. */
export interface AccountMe {
  principal: UserPrincipal;
  name: string | null;
  primary: JoinedOrganization;
  latest: JoinedOrganization;
  memberships: JoinedOrganization[];
}

export type JoinedOrganization = OrganizationRecord & { membershipId: string; role: OrganizationRole };

export type Organizations = ReturnType<typeof createOrganizations>;

/** Manages organizations for their members. */
export function createOrganizations(persistence: Persistence<'auditLog' | 'people' | 'workspaces'>) {
  const { store } = persistence;

  async function get(organizationId: string): Promise<OrganizationRecord> {
    const organization = await store.people.getOrganization(organizationId);
    if (!organization) throw new ServiceError('not_found', `There is no organization ${organizationId}.`);
    return organization;
  }

  /** Creates it once: of concurrent calls, the first one creates it and the others wait. */
  function makePersonal({ id }: UserRecord): Promise<JoinedOrganization[]> {
    return persistence.transaction(async (tx) => {
      const user = await tx.people.lockUser(id);
      if (!user) throw new ServiceError('not_found', 'There is no such account.');
      const known = await tx.people.listMembershipsOf(id);
      if (known.length > 0) return known;
      const name = (user.email.split('@')[0] ?? '').slice(0, maxLocalPartLength) || 'Personal';
      await insertOrganization(tx, user, { name, description: null, isPersonal: true });
      return tx.people.listMembershipsOf(id);
    });
  }

  return {
    get,

    async list(
      principal: UserPrincipal,
      page: PageRequest<'created_at' | 'name'>,
    ): Promise<Page<OrganizationRecord>> {
      const all = await store.people.listOrganizationsOf(principal.userId);
      return pageOf(sortBy(all, page.sorting, byNameOrAge), page, ({ id }) => id);
    },

    async me(authorization: Authorization): Promise<OrganizationMe> {
      const { principal, organization: scope } = authorization;
      if (!scope) throw new Error('The operation was not authorized at an organization');
      return {
        principal: requireUser(principal),
        organization: await get(scope.organizationId),
        membershipId: scope.membershipId,
        role: scope.role,
        workspaces: await store.workspaces.listOfMembership(scope.membershipId),
      };
    },

    /**
     * Reads the caller's account. A user without an organization gets a personal one, with a playground.
     * @throws ServiceError no_account for a workspace key
     */
    async account(principal: UserPrincipal): Promise<AccountMe> {
      const user = await store.people.getUser(principal.userId);
      if (user?.kind !== 'human') {
        throw new ServiceError('no_account', 'A workspace key has no account. Use /organizations instead.');
      }
      const found = await store.people.listMembershipsOf(user.id);
      const memberships = found.length > 0 ? found : await makePersonal(user);
      const [primary, latest] = [memberships[0], memberships.at(-1)];
      if (!primary || !latest) throw new Error(`The account ${user.id} belongs to no organization`);
      return { principal, name: user.name, primary, latest, memberships };
    },

    /**
     * Creates an organization; the caller owns it.
     * @throws ServiceError no_account for a workspace key; invalid_request
     */
    async create(
      { userId }: UserPrincipal,
      wanted: { name: string; description: string | null },
    ): Promise<OrganizationRecord> {
      const name = checkName(wanted.name);
      const user = await store.people.getUser(userId);
      if (user?.kind !== 'human')
        throw new ServiceError('no_account', 'A workspace key cannot create organizations.');
      return persistence.transaction((tx) =>
        insertOrganization(tx, user, { name, description: wanted.description, isPersonal: false }),
      );
    },

    /**
     * Changes the given fields; a description of null is removed, a default role of null revokes the role
     * that all members had. Keys older than the new maximum stop working in the organization at once.
     */
    update(
      organizationId: string,
      change: {
        name?: string | undefined;
        description?: string | null | undefined;
        defaultWorkspaceRole?: OrganizationRecord['defaultWorkspaceRole'] | undefined;
        maxKeyDays?: number | null | undefined;
      },
    ): Promise<OrganizationRecord> {
      return persistence.transaction(async (tx) => {
        const before = await holdOrganization(tx, organizationId);
        const wanted = {
          name: change.name === undefined ? before.name : checkName(change.name),
          description: change.description === undefined ? before.description : change.description,
          defaultWorkspaceRole:
            change.defaultWorkspaceRole === undefined
              ? before.defaultWorkspaceRole
              : change.defaultWorkspaceRole,
          maxKeyDays: change.maxKeyDays === undefined ? before.maxKeyDays : change.maxKeyDays,
        };
        if (isDeepStrictEqual({ ...before, ...wanted }, before)) return before;
        const after = await tx.people.updateOrganization(organizationId, wanted);
        await recordChange(tx, {
          action: 'organization.update',
          organizationId,
          target: { kind: 'organization', id: organizationId, name: after.name },
          before: describe(before),
          after: describe(after),
        });
        return after;
      });
    },

    /** @throws ServiceError unknown_dataplane, or region_already_set: the choice is final */
    async setRegion(organizationId: string, chosenId: string): Promise<OrganizationRecord> {
      if (!dataplanes.some((dataplane) => dataplane.id === chosenId)) {
        throw new ServiceError('unknown_dataplane', `There is no data plane "${chosenId}".`);
      }
      return persistence.transaction(async (tx) => {
        const changed = await tx.people.setDataplane(organizationId, chosenId);
        if (!changed) throw new ServiceError('region_already_set', 'The organization already has a region.');
        await recordChange(tx, {
          organizationId,
          action: 'organization.set-region',
          target: { kind: 'organization', id: organizationId, name: changed.name },
          before: null,
          after: { dataplane_id: chosenId },
        });
        return changed;
      });
    },
  };
}

const maxLocalPartLength = 64;

/** Creates an organization with its first owner; a personal one gets a playground. */
async function insertOrganization(
  store: Pick<Store, 'auditLog' | 'people' | 'workspaces'>,
  owner: UserRecord,
  wanted: { name: string; description: string | null; isPersonal: boolean },
): Promise<OrganizationRecord> {
  const organization = await store.people.createOrganization({ ...wanted, dataplaneId });
  const membership = await store.people.addMember(organization.id, owner.id, 'owner');
  await recordChange(store, {
    action: 'organization.create',
    organizationId: organization.id,
    target: { kind: 'organization', id: organization.id, name: organization.name },
    before: null,
    after: { ...describe(organization), owner: owner.email, is_personal: wanted.isPersonal },
  });
  if (!wanted.isPersonal) return organization;
  const workspace = await store.workspaces.create({
    organizationId: organization.id,
    name: 'Playground',
    description: null,
    isPlayground: true,
  });
  await store.workspaces.addMember(workspace.id, membership.id, 'owner');
  await recordChange(store, {
    action: 'workspace.create',
    workspaceId: workspace.id,
    target: { kind: 'workspace', id: workspace.id, name: workspace.name },
    before: null,
    after: { name: workspace.name, is_playground: true },
  });
  return organization;
}

function describe({ name, description, defaultWorkspaceRole, maxKeyDays }: OrganizationRecord) {
  return { name, description, default_workspace_role: defaultWorkspaceRole, max_key_days: maxKeyDays };
}

/** Sort keys for short lists of organizations and workspaces. */
export const byNameOrAge = {
  name: (row: { name: string }) => row.name.toLowerCase(),
  created_at: (row: { createdAt: Date }) => row.createdAt.getTime(),
};
