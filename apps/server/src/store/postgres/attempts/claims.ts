import type { Queryable } from '../pool.ts';
import type { JobRunRecord } from '../runs/job-runs.ts';
import type { Claim } from './claim.ts';
import { effectiveRole, withEffectiveRole } from '../people/effective-role.ts';
import { sqlState } from '../pool.ts';

export interface WatchedRun {
  jobVersionId: string;
  endIntent: JobRunRecord['endIntent'];
  /** Its job, or its workspace, is archived. */
  isArchived: boolean;
  /** For how long it has been unknown where its attempt is; null while it can be seen. */
  unknownSeconds: number | null;
  /** By the database's clock, since this attempt was let in; null before. */
  begunSecondsAgo: number | null;
}

/** A pending run that may be claimed now. */
export interface ClaimableRun {
  jobRunId: string;
  jobId: string;
  organizationId: string;
  workspaceId: string;
  priority: number;
  createdAt: Date;
  waitedSeconds: number;
  /** What names its turn at local data; null where it takes none. */
  turn: string | null;
  /** The instance size that its job asks for. */
  size: string | null;
}

export interface ActiveOfWorkspace {
  organizationId: string;
  workspaceId: string;
  count: number;
}

export interface NamedActive extends ActiveOfWorkspace {
  /** Null where it is not the reader's to know. */
  name: string | null;
}

/** A claimed run, as far as its slot depends on it. */
export interface ClaimedRun {
  jobRunId: string;
  jobId: string;
  isApp: boolean;
  size: string | null;
}

export type ClaimStore = ReturnType<typeof createClaimStore>;

const uniqueViolation = '23505';

/**
 * Which supervisor drives which run. Leases use the database's clock: the clocks of two servers need not agree. A claim has a
 * number that grows with each owner; what a former owner still does under its old number counts for nothing.
 */
export function createClaimStore(sql: Queryable) {
  /** @throws when two servers gave the same turn at the same moment: the index lets one of them through */
  const take = (jobRunIds: readonly string[], owner: string, leaseSeconds: number) =>
    sql.prepared<Claim>(
      `update job_runs set status = 'starting', claim_number = claim_number + 1, claimed_by = $2,
              lease_expires_at = now() + make_interval(secs => $3), not_before = null, wait_reason = null, wait_kind = null,
              updated_at = now()
        where id in (
          select id from job_runs where id = any($1) and status = 'pending' and not is_queued
             and (not_before is null or not_before <= now()) for update skip locked)
      returning id as "jobRunId", claim_number as "claimNumber"`,
      [jobRunIds, owner, leaseSeconds],
    );

  return {
    /**
     * The first runs of each workspace that may be claimed now, `limit` of each: by priority, then by age. Runs whose time, or whose turn
     * at their workspace's local data, has not come are left out.
     */
    listClaimable: (isApp: boolean, limit: number) =>
      sql.prepared<ClaimableRun>(
        `with recursive with_pending as (
           (select workspace_id from job_runs where status = 'pending' and not is_queued and is_app = $1 order by workspace_id limit 1)
           union all
           select (select workspace_id from job_runs where status = 'pending' and not is_queued and is_app = $1
                      and workspace_id > with_pending.workspace_id order by workspace_id limit 1)
             from with_pending where with_pending.workspace_id is not null)
         select head.id as "jobRunId", workspaces.organization_id as "organizationId", head.workspace_id as "workspaceId", head.priority,
                head.created_at as "createdAt", extract(epoch from now() - greatest(head.created_at, head.not_before))::float8 as "waitedSeconds",
                case when head.shares_local_data then head.workspace_id || ' ' || head.profile end as turn,
                job_versions.definition->'require'->'instance'->>'size' as size, head.job_id as "jobId"
           from with_pending join workspaces on workspaces.id = with_pending.workspace_id
           cross join lateral (
             select * from job_runs as pending
              where pending.status = 'pending' and not pending.is_queued and pending.is_app = $1
                and pending.workspace_id = with_pending.workspace_id
                and (pending.not_before is null or pending.not_before <= now())
                and not (pending.shares_local_data and exists (
                      select 1 from job_runs holder
                       where holder.workspace_id = pending.workspace_id and holder.profile = pending.profile
                         and holder.shares_local_data and holder.status in ('starting', 'running', 'cancelling')))
              order by pending.priority desc, pending.created_at, pending.id limit $2) as head
           join job_versions on job_versions.id = head.job_version_id`,
        [isApp, limit],
      ),

    /** Runs of a kind that take a slot, of all servers, by workspace. An unknown run takes none. */
    countActive: (isApp: boolean) =>
      sql.prepared<ActiveOfWorkspace>(
        `select workspaces.organization_id as "organizationId", workspace_id as "workspaceId", count(*)::int as count
           from job_runs join workspaces on workspaces.id = workspace_id
          where job_runs.status in ('starting', 'running', 'cancelling') and unknown_since is null and is_app = $1 group by 1, 2`,
        [isApp],
      ),

    /** The same of batch runs, with the names of the workspaces that this person may see. */
    countActiveFor: (userId: string) =>
      sql.query<NamedActive>(
        `select active.*, (
                  select workspaces.name from workspaces ${withEffectiveRole}
                   where workspaces.id = active."workspaceId" and organization_memberships.user_id = $1 and ${effectiveRole} is not null) as name
           from (select workspaces.organization_id as "organizationId", workspace_id as "workspaceId", count(*)::int as count
                   from job_runs join workspaces on workspaces.id = workspace_id
                  where job_runs.status in ('starting', 'running', 'cancelling') and unknown_since is null and not is_app
                  group by 1, 2) as active
          order by count desc, name`,
        [userId],
      ),

    /** What claims that a server has taken over take of its slots. */
    describe: (jobRunIds: readonly string[]) =>
      sql.query<ClaimedRun>(
        `select job_runs.id as "jobRunId", job_runs.is_app as "isApp", job_runs.job_id as "jobId",
                job_versions.definition->'require'->'instance'->>'size' as size
           from job_runs join job_versions on job_versions.id = job_runs.job_version_id where job_runs.id = any($1)`,
        [jobRunIds],
      ),

    /**
     * Takes those of these runs that may still be claimed. Another server may be quicker to some of them, or to a turn: then the others
     * are taken one by one.
     */
    async claim(jobRunIds: readonly string[], owner: string, leaseSeconds: number): Promise<Claim[]> {
      try {
        return await take(jobRunIds, owner, leaseSeconds);
      } catch (error) {
        if (sqlState(error) !== uniqueViolation) throw error;
        const [first, ...others] = jobRunIds;
        if (first === undefined || others.length === 0) return [];
        const claims: Claim[] = [];
        for (const id of jobRunIds) claims.push(...(await this.claim([id], owner, leaseSeconds)));
        return claims;
      }
    },

    /** Takes runs whose owner let its lease run out. */
    takeOverExpired: (owner: string, leaseSeconds: number, limit: number) =>
      sql.query<Claim>(
        `update job_runs set claim_number = claim_number + 1, claimed_by = $1,
                lease_expires_at = now() + make_interval(secs => $2), updated_at = now()
          where id in (select id from job_runs where status in ('starting', 'running', 'cancelling') and lease_expires_at < now()
                        order by id limit $3 for update skip locked)
        returning id as "jobRunId", claim_number as "claimNumber"`,
        [owner, leaseSeconds, limit],
      ),

    /** Takes, without waiting for leases, the runs of owners that are known to be dead. */
    takeOverOf: (deadOwners: readonly string[], owner: string, leaseSeconds: number) =>
      sql.query<Claim>(
        `update job_runs set claim_number = claim_number + 1, claimed_by = $2,
                lease_expires_at = now() + make_interval(secs => $3), updated_at = now()
          where status in ('starting', 'running', 'cancelling') and claimed_by = any($1)
        returning id as "jobRunId", claim_number as "claimNumber"`,
        [deadOwners, owner, leaseSeconds],
      ),

    listOwners: async () => {
      const rows = await sql.query<{ owner: string }>(
        `select distinct claimed_by as owner from job_runs where status in ('starting', 'running', 'cancelling')`,
      );
      return rows.map((row) => row.owner);
    },

    /** Extends the leases of the claims; gives those that still hold. */
    renew: async (claims: readonly Claim[], leaseSeconds: number) => {
      const rows = await sql.query<{ jobRunId: string }>(
        `update job_runs set lease_expires_at = now() + make_interval(secs => $3)
           from unnest($1::uuid[], $2::int[]) as held (id, claim_number)
          where job_runs.id = held.id and job_runs.claim_number = held.claim_number
            and job_runs.status in ('starting', 'running', 'cancelling')
        returning job_runs.id as "jobRunId"`,
        [claims.map((claim) => claim.jobRunId), claims.map((claim) => claim.claimNumber), leaseSeconds],
      );
      return new Set(rows.map((row) => row.jobRunId));
    },

    /**
     * What the watch of an attempt goes by; undefined when its claim holds no more, since the run has ended, waits for another
     * attempt, or is another server's.
     */
    look: (claim: Claim, attemptId: string) =>
      sql.maybeOne<WatchedRun>(
        `select job_runs.job_version_id as "jobVersionId", job_runs.end_intent as "endIntent",
                extract(epoch from now() - attempts.begun_at)::float8 as "begunSecondsAgo",
                extract(epoch from now() - job_runs.unknown_since)::float8 as "unknownSeconds",
                (jobs.is_archived or workspaces.archived_at is not null) as "isArchived"
           from job_runs join jobs on jobs.id = job_runs.job_id join workspaces on workspaces.id = job_runs.workspace_id
           join attempts on attempts.id = $3 and attempts.job_run_id = job_runs.id and attempts.closed_at is null
          where job_runs.id = $1 and job_runs.claim_number = $2 and job_runs.status in ('starting', 'running', 'cancelling')`,
        [claim.jobRunId, claim.claimNumber, attemptId],
      ),
  };
}
