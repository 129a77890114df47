import type { Queryable } from './pool.ts';
import { columns } from './columns.ts';

export type OrganizationRole = 'owner' | 'member' | 'collaborator';
export type WorkspaceRole = 'owner' | 'developer' | 'viewer';

export interface UserRecord {
  id: string;
  kind: 'human' | 'service_account';
  email: string;
  createdAt: Date;
}

export interface OrganizationRecord {
  id: string;
  name: string;
  description: string | null;
  dataplaneId: string | null;
  sandboxUidOffset: number;
  createdAt: Date;
  updatedAt: Date;
}

export interface MembershipRecord {
  id: string;
  organizationId: string;
  userId: string;
  role: OrganizationRole;
}

export interface KeyRecord {
  id: string;
  kind: 'personal' | 'workspace';
  userId: string;
  expiresAt: Date;
  revokedAt: Date | null;
  email: string;
  userKind: UserRecord['kind'];
  userDisabledAt: Date | null;
}

const userColumns = columns('users', ['id', 'kind', 'email', 'created_at']);
const organizationColumns = columns('organizations', [
  'id',
  'name',
  'description',
  'dataplane_id',
  'sandbox_uid_offset',
  'created_at',
  'updated_at',
]);
const membershipColumns = columns('organization_memberships', ['id', 'organization_id', 'user_id', 'role']);

export type PeopleStore = ReturnType<typeof createPeopleStore>;

/** Users, organizations, memberships and API keys. */
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

    createUser: (user: { email: string; kind: UserRecord['kind']; passwordHash: string | null }) =>
      sql.one<UserRecord>(
        `insert into users (email, kind, password_hash) values ($1, $2, $3) returning ${userColumns}`,
        [user.email, user.kind, user.passwordHash],
      ),

    createOrganization: (organization: { name: string; dataplaneId: string }) =>
      sql.one<OrganizationRecord>(
        `insert into organizations (name, dataplane_id) values ($1, $2) returning ${organizationColumns}`,
        [organization.name, organization.dataplaneId],
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

    createKey: (key: {
      kind: KeyRecord['kind'];
      secretHash: Uint8Array;
      prefix: string;
      userId: string;
      issuedBy: string;
      validDays: number;
    }) =>
      sql.query(
        `insert into api_keys (kind, secret_hash, prefix, user_id, issued_by, expires_at)
         values ($1, $2, $3, $4, $5, now() + make_interval(days => $6))`,
        [key.kind, key.secretHash, key.prefix, key.userId, key.issuedBy, key.validDays],
      ),

    findKeyByHash: (secretHash: Uint8Array) =>
      sql.maybeOne<KeyRecord>(`${selectKeys} where secret_hash = $1`, [secretHash]),

    findKey: (keyId: string) => sql.maybeOne<KeyRecord>(`${selectKeys} where api_keys.id = $1`, [keyId]),
  };
}

const selectKeys = `select ${columns('api_keys', ['id', 'kind', 'user_id', 'expires_at', 'revoked_at'])},
    users.email, users.kind as "userKind", users.disabled_at as "userDisabledAt"
  from api_keys join users on users.id = api_keys.user_id`;
