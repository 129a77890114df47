import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';

export interface PublicationRecord {
  id: string;
  jobId: string;
  sealedSecret: Buffer;
  passwordHash: string | null;
  expiresAt: Date | null;
  createdBy: string | null;
  createdAt: Date;
}

/** A visitor of an app: a member, or a bearer of a public link. */
export interface AppSessionRecord {
  id: string;
  jobId: string;
  userId: string | null;
  publicationId: string | null;
}

export interface AppVisitorRecord {
  /** Null for visitors with a public link. */
  email: string | null;
  lastSeenAt: Date;
  sessionCount: number;
}

const publicationColumns = `id, job_id as "jobId", sealed_secret as "sealedSecret", password_hash as "passwordHash",
  expires_at as "expiresAt", created_by as "createdBy", created_at as "createdAt"`;
const isCurrent = '(ended_at is null and (expires_at is null or expires_at > now()))';
/** Selects sessions that have not expired, whose public link is valid and whose user is not disabled. */
const selectLiveSessions = `select app_sessions.id, app_sessions.job_id as "jobId", user_id as "userId", publication_id as "publicationId"
    from app_sessions left join users on users.id = app_sessions.user_id
    left join app_publications on app_publications.id = publication_id
   where app_sessions.expires_at > now() and users.disabled_at is null and app_publications.ended_at is null
     and (app_publications.expires_at is null or app_publications.expires_at > now())`;

/** Stores who may visit apps: public links, sessions of visitors, and codes that begin sessions. */
export function createAppAccessStore(sql: Queryable) {
  return {
    findPublication: (jobId: string) =>
      sql.maybeOne<PublicationRecord>(
        named(`select ${publicationColumns} from app_publications where job_id = :jobId and ${isCurrent}`, {
          jobId,
        }),
      ),

    listPublications: (jobIds: readonly string[]) =>
      sql.prepared<PublicationRecord>(
        named(
          `select ${publicationColumns} from app_publications where job_id = any(:jobIds) and ${isCurrent}`,
          { jobIds },
        ),
      ),

    /** Lists active jobs with a valid public link. */
    listPublishedJobIds: async (): Promise<string[]> => {
      const rows = await sql.query<{ id: string }>(
        `select jobs.id from app_publications join jobs on jobs.id = app_publications.job_id
           join workspaces on workspaces.id = jobs.workspace_id
          where ${isCurrent} and not jobs.is_archived and workspaces.archived_at is null order by jobs.id`,
      );
      return rows.map(({ id }) => id);
    },

    findPublicationBySecret: (jobId: string, secretHash: Buffer) =>
      sql.maybeOne<PublicationRecord>(
        named(
          `select ${publicationColumns} from app_publications where job_id = :jobId and secret_hash = :secretHash and ${isCurrent}`,
          { jobId, secretHash },
        ),
      ),

    /**
     * Ends a public link and the sessions of its visitors.
     * @returns whether there was one
     */
    endPublication: async (jobId: string) => {
      const ended = await sql.execute(
        named('update app_publications set ended_at = now() where job_id = :jobId and ended_at is null', {
          jobId,
        }),
      );
      await sql.execute(
        named('delete from app_sessions where job_id = :jobId and publication_id is not null', { jobId }),
      );
      return ended > 0;
    },

    addPublication: (publication: {
      jobId: string;
      secretHash: Buffer;
      sealedSecret: Buffer;
      passwordHash: string | null;
      expiresAt: Date | null;
      createdBy: string | null;
    }) =>
      sql.one<PublicationRecord>(
        named(
          `insert into app_publications (job_id, secret_hash, sealed_secret, password_hash, expires_at, created_by)
           values (:jobId, :secretHash, :sealedSecret, :passwordHash, :expiresAt, :createdBy) returning ${publicationColumns}`,
          publication,
        ),
      ),

    addSession: (
      session: { jobId: string; secretHash: Buffer } & Pick<AppSessionRecord, 'userId' | 'publicationId'>,
      seconds: number,
    ) =>
      sql.one<AppSessionRecord>(
        named(
          `insert into app_sessions (job_id, secret_hash, user_id, publication_id, expires_at)
           values (:jobId, :secretHash, :userId, :publicationId, now() + make_interval(secs => :seconds))
           returning id, job_id as "jobId", user_id as "userId", publication_id as "publicationId"`,
          { ...session, seconds },
        ),
      ),

    /**
     * Finds a session; undefined if it expired, its public link ended, or its user's account was disabled.
     */
    async findSession(jobId: string, secretHash: Buffer) {
      const [row] = await sql.prepared<AppSessionRecord>(
        named(
          `${selectLiveSessions} and app_sessions.job_id = :jobId and app_sessions.secret_hash = :secretHash`,
          { jobId, secretHash },
        ),
      );
      return row;
    },

    /** Lists those of the sessions that are still valid. */
    async listLiveSessions(ids: readonly string[]) {
      return sql.prepared<AppSessionRecord>(
        named(`${selectLiveSessions} and app_sessions.id = any(:ids)`, { ids }),
      );
    },

    noteSeen: (sessionId: string) =>
      sql.query(named('update app_sessions set last_seen_at = now() where id = :sessionId', { sessionId })),

    removeSession: (sessionId: string) =>
      sql.query(named('delete from app_sessions where id = :sessionId', { sessionId })),

    /** Removes the user's sessions of all apps at sign-out, because sessions do not record their browser. */
    removeSessionsOf: (userId: string) =>
      sql.query(named('delete from app_sessions where user_id = :userId', { userId })),

    removeExpiredSessions: async () => {
      await sql.query('delete from app_sessions where expires_at <= now()');
      await sql.query('delete from app_codes where expires_at <= now()');
    },

    /** Lists recent visitors, latest first. */
    listVisitors: (jobId: string, limit: number) =>
      sql.query<AppVisitorRecord>(
        named(
          `select users.email, max(app_sessions.last_seen_at) as "lastSeenAt", count(*)::int as "sessionCount"
             from app_sessions left join users on users.id = app_sessions.user_id
            where app_sessions.job_id = :jobId group by users.email order by 2 desc limit :limit`,
          { jobId, limit },
        ),
      ),

    addCode: (code: { codeHash: Buffer; jobId: string; userId: string }, seconds: number) =>
      sql.query(
        named(
          `insert into app_codes (code_hash, job_id, user_id, expires_at)
           values (:codeHash, :jobId, :userId, now() + make_interval(secs => :seconds))`,
          { ...code, seconds },
        ),
      ),

    /**
     * Redeems a one-time code.
     * @returns the user
     */
    async redeemCode(jobId: string, codeHash: Buffer): Promise<string | null> {
      const [row] = await sql.query<{ userId: string }>(
        named(
          `delete from app_codes where code_hash = :codeHash and job_id = :jobId and expires_at > now() returning user_id as "userId"`,
          { codeHash, jobId },
        ),
      );
      return row?.userId ?? null;
    },
  };
}
