import type { Queryable } from '../pool.ts';
import { columns } from '../statements/columns.ts';
import { named } from '../statements/named.ts';

/** A user, as needed for signing in. Service accounts are excluded: they have only keys. */
export interface AccountRecord {
  id: string;
  email: string;
  name: string | null;
  passwordHash: string | null;
  disabledAt: Date | null;
}

/** A user's identity at an OpenID provider. */
export interface IdentityRecord {
  issuer: string;
  subject: string;
  userId: string;
  /** The address at the provider when the identity was linked. */
  email: string;
}

const accountColumns = columns('users', ['id', 'email', 'name', 'password_hash', 'disabled_at']);

export type AccountStore = ReturnType<typeof createAccountStore>;

/** Stores how users sign in (passwords, identities at OpenID providers), and ends their sessions. */
export function createAccountStore(sql: Queryable) {
  return {
    find: (userId: string) =>
      sql.maybeOne<AccountRecord>(
        named(`select ${accountColumns} from users where id = :userId and kind = 'human'`, { userId }),
      ),

    findByEmail: (email: string) =>
      sql.maybeOne<AccountRecord>(
        named(`select ${accountColumns} from users where lower(email) = lower(:email) and kind = 'human'`, {
          email,
        }),
      ),

    findByIdentity: (issuer: string, subject: string) =>
      sql.maybeOne<AccountRecord>(
        named(
          `select ${accountColumns} from users join identities on identities.user_id = users.id
            where identities.issuer = :issuer and identities.subject = :subject and users.kind = 'human'`,
          { issuer, subject },
        ),
      ),

    /** Undefined if another account has the e-mail address, compared case-insensitively. */
    insert: (account: { email: string; name: string | null; passwordHash: string | null }) =>
      sql.maybeOne<AccountRecord>(
        named(
          `insert into users (email, name, password_hash, kind) values (:email, :name, :passwordHash, 'human')
           on conflict (lower(email)) do nothing returning ${accountColumns}`,
          account,
        ),
      ),

    setPasswordHash: (userId: string, passwordHash: string) =>
      sql.execute(
        named('update users set password_hash = :passwordHash where id = :userId', { userId, passwordHash }),
      ),

    /** @returns false if the identity is already linked to any account */
    addIdentity: async ({ issuer, subject, userId, email }: IdentityRecord) => {
      const added = await sql.execute(
        named(
          `insert into identities (issuer, subject, user_id, email) values (:issuer, :subject, :userId, :email) on conflict do nothing`,
          { issuer, subject, userId, email },
        ),
      );
      return added === 1;
    },

    listIdentities: (userId: string) =>
      sql.query<IdentityRecord>(
        named(
          `select issuer, subject, user_id as "userId", email from identities where user_id = :userId order by created_at`,
          { userId },
        ),
      ),

    /** Ends all sessions of a user except the given browser session. Keys are not affected. */
    async endSessions(userId: string, because: string, exceptBrowser: Uint8Array | null) {
      await sql.query(
        named(
          'delete from browser_sessions where user_id = :userId and (:exceptBrowser::bytea is null or secret_hash <> :exceptBrowser)',
          { userId, exceptBrowser },
        ),
      );
      await sql.query(
        named(
          `update sessions set revoked_at = now(), revoked_because = :because where user_id = :userId and revoked_at is null`,
          { userId, because },
        ),
      );
      await sql.query(named('delete from app_sessions where user_id = :userId', { userId }));
    },
  };
}
