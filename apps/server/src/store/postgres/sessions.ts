import type { Queryable } from './pool.ts';

/** A sign-in of a person at a client, as far as it decides whether a token of it is good. */
export interface SessionRecord {
  id: string;
  userId: string;
  email: string;
  expiresAt: Date;
  revokedAt: Date | null;
  userDisabledAt: Date | null;
}

export type SessionStore = ReturnType<typeof createSessionStore>;

/** People signed in at clients, and the refresh tokens of each. */
export function createSessionStore(sql: Queryable) {
  return {
    async find(sessionId: string) {
      const text = `select sessions.id, sessions.user_id as "userId", users.email, sessions.expires_at as "expiresAt",
                           sessions.revoked_at as "revokedAt", users.disabled_at as "userDisabledAt"
                      from sessions join users on users.id = sessions.user_id where sessions.id = $1`;
      const [row] = await sql.prepared<SessionRecord>(text, [sessionId]);
      return row;
    },
  };
}
