import type { Queryable } from '../pool.ts';
import { columns } from '../statements/columns.ts';

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
      sql.maybeOne<AccountRecord>(`select ${accountColumns} from users where id = $1 and kind = 'human'`, [
        userId,
      ]),

    findByEmail: (email: string) =>
      sql.maybeOne<AccountRecord>(
        `select ${accountColumns} from users where lower(email) = lower($1) and kind = 'human'`,
        [email],
      ),

    findByIdentity: (issuer: string, subject: string) =>
      sql.maybeOne<AccountRecord>(
        `select ${accountColumns} from users join identities on identities.user_id = users.id
          where identities.issuer = $1 and identities.subject = $2 and users.kind = 'human'`,
        [issuer, subject],
      ),

    /** Undefined if another account has the e-mail address, compared case-insensitively. */
    insert: (account: { email: string; name: string | null; passwordHash: string | null }) =>
      sql.maybeOne<AccountRecord>(
        `insert into users (email, name, password_hash, kind) values ($1, $2, $3, 'human')
         on conflict (lower(email)) do nothing returning ${accountColumns}`,
        [account.email, account.name, account.passwordHash],
      ),

    setPasswordHash: (userId: string, passwordHash: string) =>
      sql.execute('update users set password_hash = $2 where id = $1', [userId, passwordHash]),

    /** @returns false if the identity is already linked to any account */
    addIdentity: async ({ issuer, subject, userId, email }: IdentityRecord) => {
      const added = await sql.execute(
        `insert into identities (issuer, subject, user_id, email) values ($1, $2, $3, $4) on conflict do nothing`,
        [issuer, subject, userId, email],
      );
      return added === 1;
    },

    listIdentities: (userId: string) =>
      sql.query<IdentityRecord>(
        `select issuer, subject, user_id as "userId", email from identities where user_id = $1 order by created_at`,
        [userId],
      ),

    /** Ends all sessions of a user except the given browser session. Keys are not affected. */
    async endSessions(userId: string, because: string, exceptBrowser: Uint8Array | null) {
      await sql.query(
        'delete from browser_sessions where user_id = $1 and ($2::bytea is null or secret_hash <> $2)',
        [userId, exceptBrowser],
      );
      await sql.query(
        `update sessions set revoked_at = now(), revoked_because = $2 where user_id = $1 and revoked_at is null`,
        [userId, because],
      );
      await sql.query('delete from app_sessions where user_id = $1', [userId]);
    },
  };
}
