import type { Queryable } from '../pool.ts';
import type { UserRecord, WorkspaceRole } from '../people/people.ts';
import { columns } from '../statements/columns.ts';
import { named } from '../statements/named.ts';

/** A key, reduced to what its validity depends on. */
export interface KeyRecord {
  id: string;
  kind: 'personal' | 'workspace';
  userId: string;
  expiresAt: Date;
  revokedAt: Date | null;
  email: string;
  userKind: UserRecord['kind'];
  userDisabledAt: Date | null;
  /** When the key was created, or the first of the keys that led to it. */
  rootCreatedAt: Date;
}

/** A key as shown to those who manage it. */
export interface ListedKey {
  id: string;
  kind: 'personal' | 'workspace';
  name: string | null;
  prefix: string;
  /** The user that it acts as. */
  userId: string;
  email: string;
  userDisabledAt: Date | null;
  /** Only for a workspace key. */
  workspaceId: string | null;
  /** Its role in the workspace; null if revoked. */
  role: WorkspaceRole | null;
  issuedBy: string;
  issuerEmail: string;
  /** Whether its issuer owns the workspace; false for personal keys. */
  isIssuerOwner: boolean;
  createdAt: Date;
  /** For a workspace key, the end that the policy of its organization sets, if that is earlier. */
  expiresAt: Date;
  lastUsedAt: Date | null;
  revokedAt: Date | null;
}

export interface NewKey {
  kind: KeyRecord['kind'];
  secretHash: Uint8Array;
  prefix: string;
  userId: string;
  issuedBy: string;
  validDays: number;
  name?: string | null;
  workspaceId?: string | null;
  /** The key that creates it, which it must not outlive. */
  madeWith?: string | null;
}

/** When a key was created, or the first of the keys that led to it. */
const rootCreatedAt = `(with recursive origins as (
    select api_keys.made_with, api_keys.created_at
    union all select parents.made_with, parents.created_at from api_keys parents join origins on parents.id = origins.made_with)
  select min(origins.created_at) from origins)`;

const selectKeys = `select ${columns('api_keys', ['id', 'kind', 'user_id', 'expires_at', 'revoked_at'])},
    users.email, users.kind as "userKind", users.disabled_at as "userDisabledAt",
    ${rootCreatedAt} as "rootCreatedAt"
  from api_keys join users on users.id = api_keys.user_id`;

const selectListed = `select ${columns('api_keys', [
  'id',
  'kind',
  'name',
  'prefix',
  'user_id',
  'workspace_id',
  'issued_by',
  'created_at',
  'last_used_at',
  'revoked_at',
])}, least(api_keys.expires_at, ${rootCreatedAt} + make_interval(days => organizations.max_key_days)) as "expiresAt", users.email, users.disabled_at as "userDisabledAt", issuers.email as "issuerEmail", own.role,
    exists (select from workspace_memberships held
              join organization_memberships members on members.id = held.membership_id
             where held.workspace_id = api_keys.workspace_id and members.user_id = api_keys.issued_by and held.role = 'owner'
           ) as "isIssuerOwner"
  from api_keys join users on users.id = api_keys.user_id join users issuers on issuers.id = api_keys.issued_by
  left join workspaces on workspaces.id = api_keys.workspace_id
  left join organizations on organizations.id = workspaces.organization_id
  left join organization_memberships member
         on member.organization_id = workspaces.organization_id and member.user_id = api_keys.user_id
  left join workspace_memberships own on own.workspace_id = workspaces.id and own.membership_id = member.id`;

const newestFirst = 'order by api_keys.created_at desc, api_keys.id desc';

export type KeyStore = ReturnType<typeof createKeyStore>;

/** Stores keys of users and workspaces: hashes, never secrets. */
export function createKeyStore(sql: Queryable) {
  return {
    /** @returns its id */
    async create(key: NewKey): Promise<string> {
      const { id } = await sql.one<{ id: string }>(
        named(
          `insert into api_keys (kind, secret_hash, prefix, user_id, issued_by, name, workspace_id, made_with, expires_at)
           values (:kind, :secretHash, :prefix, :userId, :issuedBy, :name, :workspaceId, :madeWith,
                   least(now() + make_interval(days => :validDays), (select expires_at from api_keys where id = :madeWith)))
           returning id`,
          {
            ...key,
            name: key.name ?? null,
            workspaceId: key.workspaceId ?? null,
            madeWith: key.madeWith ?? null,
          },
        ),
      );
      return id;
    },

    find: (keyId: string) =>
      sql.maybeOne<KeyRecord>(named(`${selectKeys} where api_keys.id = :keyId`, { keyId })),

    findByHash: (secretHash: Uint8Array) =>
      sql.maybeOne<KeyRecord>(named(`${selectKeys} where secret_hash = :secretHash`, { secretHash })),

    /** Locks a key until the transaction ends, so that it is not revoked meanwhile. */
    hold: (keyId: string) =>
      sql.maybeOne<Pick<KeyRecord, 'expiresAt' | 'revokedAt'>>(
        named(
          'select expires_at as "expiresAt", revoked_at as "revokedAt" from api_keys where id = :keyId for share',
          { keyId },
        ),
      ),

    get: (keyId: string) =>
      sql.maybeOne<ListedKey>(named(`${selectListed} where api_keys.id = :keyId`, { keyId })),

    /** Lists personal keys that are not revoked, newest first. */
    listOfUser: (userId: string) =>
      sql.query<ListedKey>(
        named(
          `${selectListed} where api_keys.user_id = :userId and api_keys.kind = 'personal' and api_keys.revoked_at is null ${newestFirst}`,
          { userId },
        ),
      ),

    /** Lists keys of a workspace that are not revoked, newest first. */
    listOfWorkspace: (workspaceId: string) =>
      sql.query<ListedKey>(
        named(
          `${selectListed} where api_keys.workspace_id = :workspaceId and api_keys.revoked_at is null ${newestFirst}`,
          { workspaceId },
        ),
      ),

    /**
     * Lists valid and expired keys, newest first; optionally only those that an account uses or has issued,
     * or those of one workspace.
     */
    listAll: (filter: { email: string | null; workspaceId: string | null }) =>
      sql.query<ListedKey>(
        named(
          `${selectListed}
            where api_keys.revoked_at is null and (:email::text is null or lower(users.email) = lower(:email) or lower(issuers.email) = lower(:email))
              and (:workspaceId::uuid is null or api_keys.workspace_id = :workspaceId) ${newestFirst}`,
          { email: filter.email, workspaceId: filter.workspaceId },
        ),
      ),

    /** Finds keys by id or prefix. */
    findByName: (idOrPrefix: string) =>
      sql.query<ListedKey>(
        named(
          `${selectListed} where (api_keys.id::text = lower(:idOrPrefix) or api_keys.prefix = :idOrPrefix) ${newestFirst}`,
          { idOrPrefix },
        ),
      ),

    /**
     * Revokes a key and all keys created with it, directly or indirectly.
     * @returns the revoked keys
     */
    revoke: (keyId: string) =>
      sql.query<{ id: string; kind: KeyRecord['kind']; userId: string }>(
        named(
          `with recursive ended as (
             select id from api_keys where id = :keyId
             union select api_keys.id from api_keys join ended on api_keys.made_with = ended.id)
           update api_keys set revoked_at = now() from ended where api_keys.id = ended.id and revoked_at is null
           returning api_keys.id, api_keys.kind, api_keys.user_id as "userId"`,
          { keyId },
        ),
      ),

    /** Records the use of a key, to the minute. */
    noteUse: (keyId: string) =>
      sql.executePrepared(
        named(
          `update api_keys set last_used_at = now()
            where id = :keyId and (last_used_at is null or last_used_at < now() - interval '1 minute')`,
          { keyId },
        ),
      ),
  };
}
