import type { Queryable } from '../pool.ts';
import { columns } from '../statements/columns.ts';

export type OrganizationRole = 'owner' | 'member' | 'collaborator';
export type WorkspaceRole = 'owner' | 'developer' | 'viewer';

export interface UserRecord {
  id: string;
  kind: 'human' | 'service_account';
  email: string;
  name: string | null;
  /** Set where an operator has switched the account off. */
  disabledAt: Date | null;
  createdAt: Date;
}

export interface OrganizationRecord {
  id: string;
  name: string;
  description: string | null;
  dataplaneId: string | null;
  sandboxUidOffset: number;
  /** The least role of each member and owner in its workspaces; null for none. */
  defaultWorkspaceRole: 'developer' | 'viewer' | null;
  /** Made when its owner first came. */
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
  'is_personal',
  'created_at',
  'updated_at',
]);
const membershipColumns = columns('organization_memberships', ['id', 'organization_id', 'user_id', 'role']);

export type PeopleStore = ReturnType<typeof createPeopleStore>;

/** Users, organizations and who belongs to them. */
export function createPeopleStore(sql: Queryable) {
  return {
    findUserByEmail: (email: string) =>
      sql.maybeOne<UserRecord>(`select ${userColumns} from users where lower(email) = lower($1)`, [email]),

    /** Whether any person owns any organization. */
    hasOwner: async () => {
      const row = await sql.one<{ found: boolean }>(
        `select exists (
           select from organization_memberships m join users u on u.id = m.user_id where m.role = 'owner' and u.kind = 'human'
         ) as found`,
      );
      return row.found;
    },

    getUser: (userId: string) =>
      sql.maybeOne<UserRecord>(`select ${userColumns} from users where id = $1`, [userId]),

    /** Organizations of more than one person, the oldest first. */
    listSharedOrganizations: (limit: number) =>
      sql.query<{ id: string; name: string }>(
        'select id, name from organizations where not is_personal order by created_at, id limit $1',
        [limit],
      ),

    /** Holds the account until the transaction ends. Rows that name it can still be made. */
    lockUser: (userId: string) =>
      sql.maybeOne<UserRecord>(`select ${userColumns} from users where id = $1 for no key update`, [userId]),

    createUser: (user: {
      email: string;
      kind: UserRecord['kind'];
      passwordHash: string | null;
      name?: string | null;
    }) =>
      sql.one<UserRecord>(
        `insert into users (email, kind, password_hash, name) values ($1, $2, $3, $4) returning ${userColumns}`,
        [user.email, user.kind, user.passwordHash, user.name ?? null],
      ),

    /** Switches an account off now, or on again; once off, it keeps the time. */
    setDisabled: (userId: string, isDisabled: boolean) =>
      sql.one<UserRecord>(
        `update users set disabled_at = case when $2 then coalesce(disabled_at, now()) end where id = $1 returning ${userColumns}`,
        [userId, isDisabled],
      ),

    createOrganization: (organization: {
      name: string;
      dataplaneId: string;
      description?: string | null;
      isPersonal?: boolean;
    }) =>
      sql.one<OrganizationRecord>(
        `insert into organizations (name, dataplane_id, description, is_personal) values ($1, $2, $3, $4)
         returning ${organizationColumns}`,
        [
          organization.name,
          organization.dataplaneId,
          organization.description ?? null,
          organization.isPersonal ?? false,
        ],
      ),

    /**
     * Holds the organization until the transaction ends: changes of who belongs to it follow each other, and each sees what the one
     * before has left. Rows that name the organization can still be made.
     */
    lockOrganization: (organizationId: string) =>
      sql.maybeOne<OrganizationRecord>(
        `select ${organizationColumns} from organizations where id = $1 for no key update`,
        [organizationId],
      ),

    updateOrganization: (
      organizationId: string,
      change: Pick<OrganizationRecord, 'name' | 'description' | 'defaultWorkspaceRole'>,
    ) =>
      sql.one<OrganizationRecord>(
        `update organizations set name = $2, description = $3, default_workspace_role = $4, updated_at = now()
          where id = $1 returning ${organizationColumns}`,
        [organizationId, change.name, change.description, change.defaultWorkspaceRole],
      ),

    getOrganization: (organizationId: string) =>
      sql.maybeOne<OrganizationRecord>(`select ${organizationColumns} from organizations where id = $1`, [
        organizationId,
      ]),

    /** Chooses, once, where the workspaces of an organization run; undefined when that was chosen before. */
    setDataplane: (organizationId: string, dataplaneId: string) =>
      sql.maybeOne<OrganizationRecord>(
        `update organizations set dataplane_id = $2, updated_at = now()
          where id = $1 and dataplane_id is null returning ${organizationColumns}`,
        [organizationId, dataplaneId],
      ),

    /** Organizations of a user, oldest first. */
    listOrganizationsOf: (userId: string) =>
      sql.query<OrganizationRecord>(
        `select ${organizationColumns} from organizations
           join organization_memberships on organization_memberships.organization_id = organizations.id
          where organization_memberships.user_id = $1 order by organizations.created_at, organizations.id`,
        [userId],
      ),

    /** The memberships of a user with their organizations, in the order in which the user joined. */
    listMembershipsOf: (userId: string) =>
      sql.query<OrganizationRecord & { membershipId: string; role: OrganizationRole }>(
        `select ${organizationColumns}, organization_memberships.id as "membershipId", organization_memberships.role
           from organization_memberships
           join organizations on organizations.id = organization_memberships.organization_id
          where organization_memberships.user_id = $1
          order by organization_memberships.created_at, organization_memberships.id`,
        [userId],
      ),

    addMember: (organizationId: string, userId: string, role: OrganizationRole) =>
      sql.one<MembershipRecord>(
        `insert into organization_memberships (organization_id, user_id, role) values ($1, $2, $3)
         returning ${membershipColumns}`,
        [organizationId, userId, role],
      ),

    findMembership: (organizationId: string, userId: string) =>
      sql.maybeOne<MembershipRecord>(
        `select ${membershipColumns} from organization_memberships where organization_id = $1 and user_id = $2`,
        [organizationId, userId],
      ),
  };
}
