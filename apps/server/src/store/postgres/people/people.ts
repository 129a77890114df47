import type { Queryable } from '../pool.ts';
import { columns } from '../statements/columns.ts';
import { named } from '../statements/named.ts';

export type OrganizationRole = 'owner' | 'member' | 'collaborator';
export type WorkspaceRole = 'owner' | 'developer' | 'viewer';

export interface UserRecord {
  id: string;
  kind: 'human' | 'service_account';
  email: string;
  name: string | null;
  /** Set if an operator has disabled the account. */
  disabledAt: Date | null;
  createdAt: Date;
}

export interface OrganizationRecord {
  id: string;
  name: string;
  description: string | null;
  dataplaneId: string | null;
  sandboxUidOffset: number;
  /** The minimum role of each member and owner in its workspaces; null for none. */
  defaultWorkspaceRole: 'developer' | 'viewer' | null;
  /** Days after their creation for which keys work in it; null: until they expire. */
  maxKeyDays: number | null;
  /** Created at the first sign-in of its owner. */
  isPersonal: boolean;
  createdAt: Date;
  updatedAt: Date;
}

export interface MembershipRecord {
  id: string;
  organizationId: string;
  userId: string;
  role: OrganizationRole;
}

const userColumns = columns('users', ['id', 'kind', 'email', 'name', 'disabled_at', 'created_at']);
const organizationColumns = columns('organizations', [
  'id',
  'name',
  'description',
  'dataplane_id',
  'sandbox_uid_offset',
  'default_workspace_role',
  'max_key_days',
  'is_personal',
  'created_at',
  'updated_at',
]);
const membershipColumns = columns('organization_memberships', ['id', 'organization_id', 'user_id', 'role']);

export type PeopleStore = ReturnType<typeof createPeopleStore>;

/** Stores users, organizations and memberships. */
export function createPeopleStore(sql: Queryable) {
  return {
    findUserByEmail: (email: string) =>
      sql.maybeOne<UserRecord>(
        named(`select ${userColumns} from users where lower(email) = lower(:email)`, { email }),
      ),

    /** Reports whether any user owns any organization. */
    hasOwner: async () => {
      const row = await sql.one<{ found: boolean }>(
        `select exists (
           select from organization_memberships m join users u on u.id = m.user_id where m.role = 'owner' and u.kind = 'human'
         ) as found`,
      );
      return row.found;
    },

    getUser: (userId: string) =>
      sql.maybeOne<UserRecord>(named(`select ${userColumns} from users where id = :userId`, { userId })),

    /** Lists organizations that are not personal, oldest first. */
    listSharedOrganizations: (limit: number) =>
      sql.query<{ id: string; name: string }>(
        named(
          'select id, name from organizations where not is_personal order by created_at, id limit :limit',
          { limit },
        ),
      ),

    /** Lists the ids of all organizations, oldest first. */
    async listOrganizationIds(): Promise<string[]> {
      const rows = await sql.query<{ id: string }>('select id from organizations order by created_at, id');
      return rows.map(({ id }) => id);
    },

    /** Returns the organization that was created first, if the user is an owner of it. */
    findOwnedOldestOrganization: (userId: string) =>
      sql.maybeOne<Pick<OrganizationRecord, 'maxKeyDays'>>(
        named(
          `select organizations.max_key_days as "maxKeyDays"
             from organization_memberships join organizations on organizations.id = organization_memberships.organization_id
            where user_id = :userId and role = 'owner'
              and organizations.id = (select id from organizations order by created_at, id limit 1)`,
          { userId },
        ),
      ),

    /** Locks the account until the transaction ends. Rows that reference it can still be inserted. */
    lockUser: (userId: string) =>
      sql.maybeOne<UserRecord>(
        named(`select ${userColumns} from users where id = :userId for no key update`, { userId }),
      ),

    createUser: (user: {
      email: string;
      kind: UserRecord['kind'];
      passwordHash: string | null;
      name?: string | null;
    }) =>
      sql.one<UserRecord>(
        named(
          `insert into users (email, kind, password_hash, name) values (:email, :kind, :passwordHash, :name) returning ${userColumns}`,
          { ...user, name: user.name ?? null },
        ),
      ),

    /** Disables or enables an account; a disabled account keeps its original time. */
    setDisabled: (userId: string, isDisabled: boolean) =>
      sql.one<UserRecord>(
        named(
          `update users set disabled_at = case when :isDisabled then coalesce(disabled_at, now()) end
             where id = :userId returning ${userColumns}`,
          { userId, isDisabled },
        ),
      ),

    createOrganization: (organization: {
      name: string;
      dataplaneId: string;
      description?: string | null;
      isPersonal?: boolean;
    }) =>
      sql.one<OrganizationRecord>(
        named(
          `insert into organizations (name, dataplane_id, description, is_personal) values (:name, :dataplaneId, :description,
                                                                                  :isPersonal)
           returning ${organizationColumns}`,
          {
            name: organization.name,
            dataplaneId: organization.dataplaneId,
            description: organization.description ?? null,
            isPersonal: organization.isPersonal ?? false,
          },
        ),
      ),

    /**
     * Locks the organization until the transaction ends, so that membership changes are serialized and each
     * sees the result of the previous one. Rows that reference the organization can still be inserted.
     */
    lockOrganization: (organizationId: string) =>
      sql.maybeOne<OrganizationRecord>(
        named(
          `select ${organizationColumns} from organizations where id = :organizationId for no key update`,
          { organizationId },
        ),
      ),

    updateOrganization: (
      organizationId: string,
      change: Pick<OrganizationRecord, 'name' | 'description' | 'defaultWorkspaceRole' | 'maxKeyDays'>,
    ) =>
      sql.one<OrganizationRecord>(
        named(
          `update organizations set name = :name, description = :description, default_workspace_role = :defaultWorkspaceRole,
             max_key_days = :maxKeyDays, updated_at = now()
            where id = :organizationId returning ${organizationColumns}`,
          { ...change, organizationId },
        ),
      ),

    getOrganization: (organizationId: string) =>
      sql.maybeOnePrepared<OrganizationRecord>(
        named(`select ${organizationColumns} from organizations where id = :organizationId`, {
          organizationId,
        }),
      ),

    /** Sets, once, where the workspaces of an organization run; undefined if already set. */
    setDataplane: (organizationId: string, dataplaneId: string) =>
      sql.maybeOne<OrganizationRecord>(
        named(
          `update organizations set dataplane_id = :dataplaneId, updated_at = now()
            where id = :organizationId and dataplane_id is null returning ${organizationColumns}`,
          { organizationId, dataplaneId },
        ),
      ),

    /** Lists the organizations of a user, oldest first. */
    listOrganizationsOf: (userId: string) =>
      sql.query<OrganizationRecord>(
        named(
          `select ${organizationColumns} from organizations
             join organization_memberships on organization_memberships.organization_id = organizations.id
            where organization_memberships.user_id = :userId order by organizations.created_at, organizations.id`,
          { userId },
        ),
      ),

    /** Lists the memberships of a user with their organizations, in the order in which the user joined. */
    listMembershipsOf: (userId: string) =>
      sql.query<OrganizationRecord & { membershipId: string; role: OrganizationRole }>(
        named(
          `select ${organizationColumns}, organization_memberships.id as "membershipId", organization_memberships.role
             from organization_memberships
             join organizations on organizations.id = organization_memberships.organization_id
            where organization_memberships.user_id = :userId
            order by organization_memberships.created_at, organization_memberships.id`,
          { userId },
        ),
      ),

    addMember: (organizationId: string, userId: string, role: OrganizationRole) =>
      sql.one<MembershipRecord>(
        named(
          `insert into organization_memberships (organization_id, user_id, role) values (:organizationId, :userId, :role)
           returning ${membershipColumns}`,
          { organizationId, userId, role },
        ),
      ),

    findMembership: (organizationId: string, userId: string) =>
      sql.maybeOne<MembershipRecord & Pick<OrganizationRecord, 'maxKeyDays'>>(
        named(
          `select ${membershipColumns}, organizations.max_key_days as "maxKeyDays"
             from organization_memberships join organizations on organizations.id = organization_memberships.organization_id
            where organization_id = :organizationId and user_id = :userId`,
          { organizationId, userId },
        ),
      ),
  };
}
