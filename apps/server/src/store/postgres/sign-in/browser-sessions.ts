import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';

/** A session of a user at this server's own pages. */
export interface BrowserSessionRecord {
  userId: string;
  email: string;
  name: string | null;
  /** `password`, `link`, `client`, or the issuer that confirmed the identity. */
  signedInBy: string;
  createdAt: Date;
  lastUsedAt: Date;
}

export type BrowserSessionStore = ReturnType<typeof createBrowserSessionStore>;

/** Stores cookies of the sign-in pages, as hashes. */
export function createBrowserSessionStore(sql: Queryable) {
  return {
    insert: (session: {
      secretHash: Uint8Array;
      userId: string;
      signedInBy: string;
      sessionId: string | null;
      hours: number;
    }) =>
      sql.query(
        named(
          `insert into browser_sessions (secret_hash, user_id, signed_in_by, session_id, expires_at)
           values (:secretHash, :userId, :signedInBy, :sessionId, now() + make_interval(hours => :hours))`,
          session,
        ),
      ),

    /** Undefined if the session has ended, or its user was disabled. */
    async find(secretHash: Uint8Array) {
      const [row] = await sql.prepared<BrowserSessionRecord>(
        named(
          `select users.id as "userId", users.email, users.name, signed_in_by as "signedInBy",
                           browser_sessions.created_at as "createdAt", last_used_at as "lastUsedAt"
                      from browser_sessions join users on users.id = browser_sessions.user_id
                     where secret_hash = :secretHash and expires_at > now() and users.disabled_at is null`,
          { secretHash },
        ),
      );
      return row;
    },

    /** Extends a session by this many hours from now, up to this many days from its sign-in. */
    renew: (secretHash: Uint8Array, { hours, days }: { hours: number; days: number }) =>
      sql.query(
        named(
          `update browser_sessions set last_used_at = now(),
                  expires_at = least(now() + make_interval(hours => :hours), created_at + make_interval(days => :days))
            where secret_hash = :secretHash`,
          { secretHash, hours, days },
        ),
      ),

    remove: (secretHash: Uint8Array) =>
      sql.query(named('delete from browser_sessions where secret_hash = :secretHash', { secretHash })),

    /** Removes all sessions of a user but the one that a client's session was begun in. */
    removeOthers: (userId: string, keptSessionId: string | null) =>
      sql.query(
        named(
          `delete from browser_sessions where user_id = :userId and secret_hash is distinct from
             (select browser_session_hash from sessions where id = :keptSessionId)`,
          { userId, keptSessionId },
        ),
      ),

    removeExpired: () => sql.query('delete from browser_sessions where expires_at <= now()'),
  };
}
