import type { Queryable } from './pool.ts';
import { columns } from './columns.ts';

/** A sign-in of a person at a client, as far as it decides whether a token of it is good. */
export interface SessionRecord {
  id: string;
  userId: string;
  email: string;
  expiresAt: Date;
  revokedAt: Date | null;
  userDisabledAt: Date | null;
}

/** What a person sees of their sessions. */
export interface ListedSession {
  id: string;
  client: string;
  address: string | null;
  userAgent: string | null;
  createdAt: Date;
  lastUsedAt: Date;
  expiresAt: Date;
}

export interface NewSession {
  userId: string;
  client: string;
  address: string | null;
  userAgent: string | null;
}

/** Why a session ended before its time. */
export type SessionEnd =
  | 'signed-out'
  | 'revoked'
  | 'refresh-token-reused'
  | 'code-replayed'
  | 'too-many-sessions'
  | 'account-changed';

/** A refresh token that was presented, and how things stand with its session. */
export interface RefreshTokenRecord {
  sessionId: string;
  userId: string;
  email: string;
  client: string;
  isSessionOver: boolean;
  /** Followed by another one. */
  isRotated: boolean;
  /** Issued, or followed by another one, less than so many seconds ago. */
  isFresh: boolean;
}

export interface SessionLimits {
  /** Ends when it was not used for so long. */
  unusedDays: number;
  /** Ends in any case. */
  longestDays: number;
}

export type SessionStore = ReturnType<typeof createSessionStore>;

const selectSession = `select sessions.id, sessions.user_id as "userId", users.email, sessions.expires_at as "expiresAt",
    sessions.revoked_at as "revokedAt", users.disabled_at as "userDisabledAt"
  from sessions join users on users.id = sessions.user_id`;

const listedColumns = columns('sessions', [
  'id',
  'client',
  'address',
  'user_agent',
  'created_at',
  'last_used_at',
  'expires_at',
]);

/** Sessions that are not over, of people who are not switched off. */
const isAlive = 'sessions.revoked_at is null and sessions.expires_at > now()';

/** People signed in at clients, and the refresh tokens of each. */
export function createSessionStore(sql: Queryable) {
  return {
    async find(sessionId: string) {
      const [row] = await sql.prepared<SessionRecord>(`${selectSession} where sessions.id = $1`, [sessionId]);
      return row;
    },

    /** Undefined for an account that is switched off, or is no person's. */
    insert: ({ userId, client, address, userAgent }: NewSession, { unusedDays }: SessionLimits) =>
      sql.maybeOne<{ id: string; userId: string; email: string }>(
        `with person as (select id, email from users where id = $1 and kind = 'human' and disabled_at is null)
         insert into sessions (user_id, client, address, user_agent, expires_at)
         select person.id, $2, $3, $4, now() + make_interval(days => $5) from person
         returning id, user_id as "userId", (select email from person)`,
        [userId, client, address, userAgent, unusedDays],
      ),

    /** Alive ones of a person, the one used last first. */
    listAlive: (userId: string) =>
      sql.query<ListedSession>(
        `select ${listedColumns} from sessions where user_id = $1 and ${isAlive} order by last_used_at desc, id`,
        [userId],
      ),

    /** Alive ones of a person but for those used last. */
    listBeyond: (userId: string, kept: number) =>
      sql.query<{ id: string }>(
        `select id from sessions where user_id = $1 and ${isAlive} order by last_used_at desc, id offset $2`,
        [userId, kept],
      ),

    /**
     * Ends one that is alive. @param userId given: only if it is that person's
     * @returns what it was; undefined when it is over or somebody else's
     */
    revoke: (sessionId: string, because: SessionEnd, userId: string | null = null) =>
      sql.maybeOne<{ id: string; userId: string; client: string }>(
        `update sessions set revoked_at = now(), revoked_because = $2
          where id = $1 and ${isAlive} and ($3::uuid is null or user_id = $3)
         returning id, user_id as "userId", client`,
        [sessionId, because, userId],
      ),

    noteUse: (sessionId: string, { unusedDays, longestDays }: SessionLimits) =>
      sql.execute(
        `update sessions set last_used_at = now(),
                expires_at = least(now() + make_interval(days => $2), created_at + make_interval(days => $3))
          where id = $1`,
        [sessionId, unusedDays, longestDays],
      ),

    addRefreshToken: (sessionId: string, tokenHash: Buffer) =>
      sql.execute(
        'insert into refresh_tokens (token_hash, session_id, created_at) values ($1, $2, clock_timestamp())',
        [tokenHash, sessionId],
      ),

    /** The session of a token is locked: of several who present it, one at a time goes on. */
    async lockByRefreshToken(
      tokenHash: Buffer,
      freshSeconds: number,
    ): Promise<RefreshTokenRecord | undefined> {
      await sql.execute(
        'select from sessions where id = (select session_id from refresh_tokens where token_hash = $1) for update',
        [tokenHash],
      );
      // A statement of its own: it has to see what those did who had the lock before. The clock runs on while one waits for it.
      return sql.maybeOne<RefreshTokenRecord>(
        `select sessions.id as "sessionId", sessions.user_id as "userId", users.email, sessions.client,
                (sessions.revoked_at is not null or sessions.expires_at <= clock_timestamp()
                 or users.disabled_at is not null) as "isSessionOver",
                tokens.rotated_at is not null as "isRotated",
                coalesce(tokens.rotated_at, tokens.created_at) > clock_timestamp() - make_interval(secs => $2) as "isFresh"
           from refresh_tokens tokens
           join sessions on sessions.id = tokens.session_id
           join users on users.id = sessions.user_id
          where tokens.token_hash = $1`,
        [tokenHash, freshSeconds],
      );
    },

    hasRefreshToken: async (tokenHash: Buffer): Promise<boolean> =>
      (await sql.maybeOne('select 1 as one from refresh_tokens where token_hash = $1', [tokenHash])) !==
      undefined,

    rotateRefreshToken: (tokenHash: Buffer) =>
      sql.execute('update refresh_tokens set rotated_at = clock_timestamp() where token_hash = $1', [
        tokenHash,
      ]),

    /** Forgets tokens of a session that were followed by others longer ago. */
    forgetRotatedTokens: (sessionId: string, days: number) =>
      sql.execute(
        `delete from refresh_tokens where session_id = $1 and created_at < now() - make_interval(days => $2)
            and rotated_at < now() - make_interval(days => $2)`,
        [sessionId, days],
      ),

    /** Forgets some of the sessions that have been over for longer, with their tokens. */
    forgetEnded: (days: number, atMost: number) =>
      sql.execute(
        `delete from sessions where id in (
           select id from sessions where least(revoked_at, expires_at) < now() - make_interval(days => $1)
            limit $2 for update skip locked)`,
        [days, atMost],
      ),

    addSwapCode: (code: { hash: Buffer; sessionId: string; seconds: number }) =>
      sql.execute(
        'insert into swap_codes (code_hash, session_id, expires_at) values ($1, $2, now() + make_interval(secs => $3))',
        [code.hash, code.sessionId, code.seconds],
      ),

    /** The person of a code, once: undefined when it was redeemed, is too old, or its session is over. */
    redeemSwapCode: (codeHash: Buffer) =>
      sql.maybeOne<{ userId: string; email: string; sessionId: string }>(
        `update swap_codes set redeemed_at = now()
           from sessions join users on users.id = sessions.user_id
          where swap_codes.code_hash = $1 and swap_codes.redeemed_at is null and swap_codes.expires_at > now()
            and sessions.id = swap_codes.session_id and ${isAlive} and users.disabled_at is null
         returning users.id as "userId", users.email, sessions.id as "sessionId"`,
        [codeHash],
      ),

    /** Forgets some of those that are too old. */
    forgetSwapCodes: (atMost: number) =>
      sql.execute(
        `delete from swap_codes where code_hash in (
           select code_hash from swap_codes where expires_at < now() limit $1 for update skip locked)`,
        [atMost],
      ),
  };
}
