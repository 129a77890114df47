import type { Queryable } from '../pool.ts';
import { columns } from '../statements/columns.ts';

/** A person as far as signing in goes. Service accounts are none: they have keys and nothing else. */
export interface AccountRecord {
  id: string;
  email: string;
  name: string | null;
  passwordHash: string | null;
  disabledAt: Date | null;
}

/** Whom an OpenID provider vouched for. */
export interface IdentityRecord {
  issuer: string;
  subject: string;
  userId: string;
  /** As the provider had it when the identity was linked. */
  email: string;
}

const accountColumns = columns('users', ['id', 'email', 'name', 'password_hash', 'disabled_at']);

export type AccountStore = ReturnType<typeof createAccountStore>;

/** What people sign in with: passwords, identities at OpenID providers, and what they are signed in with now. */
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

    /** Undefined when somebody else has the e-mail address, however it is written. */
    insert: (account: { email: string; name: string | null; passwordHash: string | null }) =>
      sql.maybeOne<AccountRecord>(
        `insert into users (email, name, password_hash, kind) values ($1, $2, $3, 'human')
         on conflict (lower(email)) do nothing returning ${accountColumns}`,
        [account.email, account.name, account.passwordHash],
      ),

    setPasswordHash: (userId: string, passwordHash: string) =>
      sql.execute('update users set password_hash = $2 where id = $1', [userId, passwordHash]),

    /** @returns false when the identity is linked already, to whichever account */
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

    /** Ends everything that a person is signed in with, but the browser that is named. Keys are not touched. */
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
