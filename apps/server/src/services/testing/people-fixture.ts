import type { OrganizationRole, WorkspaceRole } from '../../store/records.ts';
import type { UserPrincipal } from '../sign-in/principal.ts';
import type { ServiceFixture } from './service-fixture.ts';
import { randomUUID } from 'node:crypto';
import { listAuditEntries } from './audit-entries.ts';

/** A member of a test's organization. */
export interface TestPerson {
  userId: string;
  email: string;
  membershipId: string;
  principal: UserPrincipal;
}

/** Creates an organization with an owner, and functions to add members and workspaces. */
export async function createPeopleFixture(fixture: ServiceFixture) {
  const { store } = fixture;
  const organization = await store.people.createOrganization({ name: 'Acme', dataplaneId: 'local' });

  async function createUser(email = `${randomUUID()}@example.com`) {
    const user = await store.people.createUser({ email, kind: 'human', passwordHash: null });
    const principal: UserPrincipal = {
      userId: user.id,
      email,
      credential: null,
      workspaceId: null,
      kind: 'user',
    };
    return { userId: user.id, email, principal };
  }

  async function createWorkspace(name = 'W', isPlayground = false) {
    const { id } = await store.workspaces.create({
      organizationId: organization.id,
      name,
      description: null,
      isPlayground,
    });
    return id;
  }

  async function createPerson(
    role: OrganizationRole,
    workspaces: Record<string, WorkspaceRole> = {},
  ): Promise<TestPerson> {
    const user = await createUser();
    const { id: membershipId } = await store.people.addMember(organization.id, user.userId, role);
    for (const [workspaceId, given] of Object.entries(workspaces))
      await store.workspaces.addMember(workspaceId, membershipId, given);
    return { ...user, membershipId };
  }

  return {
    organizationId: organization.id,
    owner: await createPerson('owner'),
    createUser,
    createWorkspace,
    createPerson,

    /** Returns the role of each member, by e-mail address. */
    async readRoles(): Promise<Record<string, OrganizationRole>> {
      return Object.fromEntries(
        (await store.members.list(organization.id)).map((one) => [one.email, one.role]),
      );
    },

    async roleIn(workspaceId: string, { userId }: { userId: string }): Promise<WorkspaceRole | null> {
      return (await store.workspaces.findAccess(workspaceId, userId))?.workspaceRole ?? null;
    },

    /** Returns the audit entries, oldest first. */
    async readLog(): Promise<string[]> {
      const entries = await listAuditEntries(store, { organizationId: organization.id });
      return entries.map(({ action, targetName }) => `${action} ${targetName}`);
    },

    memberScope: (person: { membershipId: string }) => ({
      organizationId: organization.id,
      membershipId: person.membershipId,
    }),
  };
}

/** Returns the outcomes of concurrent calls: `done`, or the code of the error. */
export async function outcomesOf(calls: readonly Promise<unknown>[]): Promise<string[]> {
  const settled = await Promise.allSettled(calls);
  return settled
    .map((one) => (one.status === 'fulfilled' ? 'done' : String((one.reason as { code?: string }).code)))
    .toSorted();
}
