import type { Authorization } from './authorize.ts';
import type {
  OrganizationRecord,
  OrganizationRole,
  WorkspaceRecord,
  WorkspaceRole,
} from '../store/records.ts';
import type { Page, PageRequest } from './read-page.ts';
import type { Persistence } from '../store/store.ts';
import type { Principal } from './credentials.ts';
import { dataplanes } from './dataplane.ts';
import { pageOf, sortBy } from './read-page.ts';
import { recordChange } from './audit.ts';
import { ServiceError } from './service-error.ts';

/** The caller in an organization, with the workspaces in which the caller has a role. */
export interface OrganizationMe {
  principal: Principal;
  organization: OrganizationRecord;
  membershipId: string;
  role: OrganizationRole;
  workspaces: (WorkspaceRecord & { role: WorkspaceRole })[];
}

/** The caller's own account: the organization that was joined first, the one that was joined last, and all. */
export interface AccountMe {
  principal: Principal;
  primary: JoinedOrganization;
  latest: JoinedOrganization;
  memberships: JoinedOrganization[];
}

export type JoinedOrganization = OrganizationRecord & { membershipId: string; role: OrganizationRole };

export type Organizations = ReturnType<typeof createOrganizations>;

/** Organizations as their members see them. */
export function createOrganizations(persistence: Persistence) {
  const { store } = persistence;

  async function get(organizationId: string): Promise<OrganizationRecord> {
    const organization = await store.people.getOrganization(organizationId);
    if (!organization) throw new ServiceError('not_found', `There is no organization ${organizationId}.`);
    return organization;
  }

  return {
    get,

    async list(
      principal: Principal,
      page: PageRequest<'created_at' | 'name'>,
    ): Promise<Page<OrganizationRecord>> {
      const all = await store.people.listOrganizationsOf(principal.userId);
      return pageOf(sortBy(all, page.sorting, byNameOrAge), page, ({ id }) => id);
    },

    async me(authorization: Authorization): Promise<OrganizationMe> {
      const { principal, organization: place } = authorization;
      if (!place) throw new Error('The operation was not authorized at an organization');
      return {
        principal,
        organization: await get(place.organizationId),
        membershipId: place.membershipId,
        role: place.role,
        workspaces: await store.workspaces.listOfMembership(place.membershipId),
      };
    },

    /** @throws ServiceError no_account for the key of a workspace; forbidden for somebody who belongs nowhere */
    async account(principal: Principal): Promise<AccountMe> {
      const user = await store.people.getUser(principal.userId);
      if (user?.kind !== 'human') {
        throw new ServiceError(
          'no_account',
          'This is the key of a workspace: it has no account. Ask for /organizations instead.',
        );
      }
      const memberships = await store.people.listMembershipsOf(user.id);
      const [primary, latest] = [memberships[0], memberships.at(-1)];
      if (!primary || !latest)
        throw new ServiceError('forbidden', 'You belong to no organization; have an owner add you to one.');
      return { principal, primary, latest, memberships };
    },

    /** @throws ServiceError unknown_dataplane, or region_already_set: the choice is final */
    async setRegion(organizationId: string, dataplaneId: string): Promise<OrganizationRecord> {
      if (!dataplanes.some((dataplane) => dataplane.id === dataplaneId)) {
        throw new ServiceError('unknown_dataplane', `There is no data plane "${dataplaneId}".`);
      }
      return persistence.transaction(async (tx) => {
        const changed = await tx.people.setDataplane(organizationId, dataplaneId);
        if (!changed)
          throw new ServiceError('region_already_set', 'The organization has its region already.');
        await recordChange(tx, {
          organizationId,
          action: 'organization.set-region',
          target: { kind: 'organization', id: organizationId, name: changed.name },
          before: null,
          after: { dataplane_id: dataplaneId },
        });
        return changed;
      });
    },
  };
}

/** How short lists of organizations and workspaces are sorted. */
export const byNameOrAge = {
  name: (row: { name: string }) => row.name.toLowerCase(),
  created_at: (row: { createdAt: Date }) => row.createdAt.getTime(),
};
