import type { Queryable } from '../pool.ts';
import { columns } from '../statements/columns.ts';
import { named } from '../statements/named.ts';

/** A sign-in of a user at a client, reduced to what the validity of its tokens depends on. */
export interface SessionRecord {
  id: string;
  userId: string;
  email: string;
  expiresAt: Date;
  revokedAt: Date | null;
  userDisabledAt: Date | null;
}

/** A session as shown to its user. */
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
  /** The session of the sign-in pages that the new one ends with. */
  browserSessionHash: Buffer | null;
}

/** Why a session was ended early. */
export type SessionEnd =
  | 'signed-out'
  | 'revoked'
  | 'refresh-token-reused'
  | 'code-replayed'
  | 'too-many-sessions'
  | 'account-changed';

/** A presented refresh token, and the state of its session. */
export interface RefreshTokenRecord {
  sessionId: string;
  userId: string;
  email: string;
  client: string;
  isSessionOver: boolean;
  /** Replaced by a newer one. */
  isRotated: boolean;
  /** Issued, or replaced, less than the given number of seconds ago. */
  isFresh: boolean;
}

export interface SessionLimits {
  /** Days without use after which a session ends. */
  unusedDays: number;
  /** Maximum duration of a session. */
  maxDays: number;
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

/** Sessions that have not ended, of users who are not disabled. */
const isAlive = 'sessions.revoked_at is null and sessions.expires_at > now()';

/** Stores sessions of users at clients, and their refresh tokens. */
export function createSessionStore(sql: Queryable) {
  return {
    async find(sessionId: string) {
      const [row] = await sql.prepared<SessionRecord>(
        named(`${selectSession} where sessions.id = :sessionId`, { sessionId }),
      );
      return row;
    },

    /** Undefined for an account that is disabled, or is not a person's. */
    insert: (session: NewSession, { unusedDays }: SessionLimits) =>
      sql.maybeOne<{ id: string; userId: string; email: string }>(
        named(
          `with person as (select id, email from users where id = :userId and kind = 'human' and disabled_at is null)
           insert into sessions (user_id, client, address, user_agent, browser_session_hash, expires_at)
           select person.id, :client, :address, :userAgent, :browserSessionHash, now() + make_interval(days => :unusedDays) from person
           returning id, user_id as "userId", (select email from person)`,
          { ...session, unusedDays },
        ),
      ),

    /** Lists live sessions of a user, most recently used first. */
    listAlive: (userId: string) =>
      sql.query<ListedSession>(
        named(
          `select ${listedColumns} from sessions where user_id = :userId and ${isAlive} order by last_used_at desc, id`,
          { userId },
        ),
      ),

    /** Lists live sessions of a user, without the most recently used ones. */
    listBeyond: (userId: string, kept: number) =>
      sql.query<{ id: string }>(
        named(
          `select id from sessions where user_id = :userId and ${isAlive} order by last_used_at desc, id offset :kept`,
          { userId, kept },
        ),
      ),

    /** Lists live sessions that were begun in a session of the sign-in pages. */
    listOfBrowser: (userId: string, secretHash: Buffer) =>
      sql.query<{ id: string }>(
        named(
          `select id from sessions where user_id = :userId and browser_session_hash = :secretHash and ${isAlive}`,
          { userId, secretHash },
        ),
      ),

    /**
     * Ends a live session, and the browser sessions that belong to it.
     * @param userId if given, only a session of this user
     * @returns the session; undefined if it has already ended or belongs to another user
     */
    revoke: (sessionId: string, because: SessionEnd, userId: string | null = null) =>
      sql.maybeOne<{ id: string; userId: string; client: string }>(
        named(
          `with ended as (
             update sessions set revoked_at = now(), revoked_because = :because
              where id = :sessionId and ${isAlive} and (:userId::uuid is null or user_id = :userId)
             returning id, user_id, client, browser_session_hash),
           signed_out as (
             delete from browser_sessions using ended
              where browser_sessions.user_id = ended.user_id
                and (secret_hash = ended.browser_session_hash or session_id = ended.id)
             returning browser_sessions.user_id),
           of_apps as (delete from app_sessions where user_id in (select user_id from signed_out))
           select id, user_id as "userId", client from ended`,
          { sessionId, because, userId },
        ),
      ),

    noteUse: (sessionId: string, { unusedDays, maxDays }: SessionLimits) =>
      sql.execute(
        named(
          `update sessions set last_used_at = now(),
                  expires_at = least(now() + make_interval(days => :unusedDays), created_at + make_interval(days => :maxDays))
            where id = :sessionId`,
          { sessionId, unusedDays, maxDays },
        ),
      ),

    addRefreshToken: (sessionId: string, tokenHash: Buffer) =>
      sql.execute(
        named(
          'insert into refresh_tokens (token_hash, session_id, created_at) values (:tokenHash, :sessionId, clock_timestamp())',
          { tokenHash, sessionId },
        ),
      ),

    /** Locks the session of a token, so that concurrent callers with it are serialized. */
    async lockByRefreshToken(
      tokenHash: Buffer,
      freshSeconds: number,
    ): Promise<RefreshTokenRecord | undefined> {
      await sql.execute(
        named(
          'select from sessions where id = (select session_id from refresh_tokens where token_hash = :tokenHash) for update',
          { tokenHash },
        ),
      );
      // A separate statement, because it must see the changes of previous lock holders. The clock advances
      // during the wait.
      return sql.maybeOne<RefreshTokenRecord>(
        named(
          `select sessions.id as "sessionId", sessions.user_id as "userId", users.email, sessions.client,
                  (sessions.revoked_at is not null or sessions.expires_at <= clock_timestamp()
                   or users.disabled_at is not null) as "isSessionOver",
                  tokens.rotated_at is not null as "isRotated",
                  coalesce(tokens.rotated_at, tokens.created_at) > clock_timestamp() - make_interval(secs => :freshSeconds) as "isFresh"
             from refresh_tokens tokens
             join sessions on sessions.id = tokens.session_id
             join users on users.id = sessions.user_id
            where tokens.token_hash = :tokenHash`,
          { tokenHash, freshSeconds },
        ),
      );
    },

    hasRefreshToken: async (tokenHash: Buffer): Promise<boolean> =>
      (await sql.maybeOne(
        named('select 1 as one from refresh_tokens where token_hash = :tokenHash', { tokenHash }),
      )) !== undefined,

    rotateRefreshToken: (tokenHash: Buffer) =>
      sql.execute(
        named('update refresh_tokens set rotated_at = clock_timestamp() where token_hash = :tokenHash', {
          tokenHash,
        }),
      ),

    /** Removes tokens of a session that were replaced longer ago. */
    forgetRotatedTokens: (sessionId: string, days: number) =>
      sql.execute(
        named(
          `delete from refresh_tokens where session_id = :sessionId and created_at < now() - make_interval(days => :days)
            and rotated_at < now() - make_interval(days => :days)`,
          { sessionId, days },
        ),
      ),

    /** Removes some of the sessions that ended longer ago, with their tokens. */
    forgetEnded: (days: number, atMost: number) =>
      sql.execute(
        named(
          `delete from sessions where id in (
           select id from sessions where least(revoked_at, expires_at) < now() - make_interval(days => :days)
            limit :atMost for update skip locked)`,
          { days, atMost },
        ),
      ),

    addSwapCode: (code: { hash: Buffer; sessionId: string; seconds: number }) =>
      sql.execute(
        named(
          'insert into swap_codes (code_hash, session_id, expires_at) values (:hash, :sessionId, now() + make_interval(secs => :seconds))',
          code,
        ),
      ),

    /**
     * Redeems a code once and returns its user; undefined if it was redeemed, has expired, or its session has
     * ended.
     */
    redeemSwapCode: (codeHash: Buffer) =>
      sql.maybeOne<{ userId: string; email: string; sessionId: string }>(
        named(
          `update swap_codes set redeemed_at = now()
             from sessions join users on users.id = sessions.user_id
            where swap_codes.code_hash = :codeHash and swap_codes.redeemed_at is null and swap_codes.expires_at > now()
              and sessions.id = swap_codes.session_id and ${isAlive} and users.disabled_at is null
           returning users.id as "userId", users.email, sessions.id as "sessionId"`,
          { codeHash },
        ),
      ),

    /** Removes some of the expired codes. */
    forgetSwapCodes: (atMost: number) =>
      sql.execute(
        named(
          `delete from swap_codes where code_hash in (
           select code_hash from swap_codes where expires_at < now() limit :atMost for update skip locked)`,
          { atMost },
        ),
      ),
  };
}
