import type { ActiveRunState } from '@pumphouse/contract';
import type { Queryable } from '../pool.ts';
import type { JobRunRecord } from '../runs/job-run-record.ts';
import type { Claim } from './claim.ts';
import type { Wait } from '../../../domain/runs/wait-reason.ts';
import type { ClaimScope, SupervisorIdentity } from '../../../domain/workers/supervisor-identity.ts';
import { effectiveRole, withEffectiveRole } from '../people/effective-role.ts';
import { sqlState } from '../pool.ts';
import { named } from '../statements/named.ts';

/** Runs of one state that have not ended. */
export interface ActiveCount {
  state: ActiveRunState;
  isApp: boolean;
  count: number;
}

export interface WatchedRun {
  jobVersionId: string;
  endIntent: JobRunRecord['endIntent'];
  /** Its job or its workspace is archived. */
  isArchived: boolean;
  /** How long the location of its attempt has been unobservable, in seconds; null while it is observable. */
  unknownSeconds: number | null;
  /** Seconds since this attempt was admitted, by the database clock; null before. */
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
  /** Key of its local data lock; null if it takes none. */
  localDataLock: string | null;
  /** The instance size that its job requests. */
  size: string | null;
}

export interface ActiveOfWorkspace {
  organizationId: string;
  workspaceId: string;
  count: number;
}

export interface NamedActive extends ActiveOfWorkspace {
  /** Null if the reader must not see it. */
  name: string | null;
}

/** A claimed run, reduced to what its slot depends on. */
export interface ClaimedRun {
  jobRunId: string;
  jobId: string;
  isApp: boolean;
  size: string | null;
}

export type ClaimStore = ReturnType<typeof createClaimStore>;

const uniqueViolation = '23505';

/**
 * Stores which supervisor drives which run. Leases use the database clock, so servers' clocks need not agree.
 * The number of a claim increases with each owner; writes of a former owner with its old number have no
 * effect.
 */
export function createClaimStore(sql: Queryable) {
  /**
   * A worker that was paused takes nothing from that moment on, whatever its server knows yet.
   * @throws if two servers claimed the same local data lock concurrently: the index allows only one
   */
  const take = (
    jobRunIds: readonly string[],
    { owner, workerId }: Pick<SupervisorIdentity, 'owner' | 'workerId'>,
    leaseSeconds: number,
  ) =>
    sql.prepared<Claim>(
      named(
        `update job_runs set status = 'starting', claim_number = claim_number + 1, claimed_by = :owner, worker_id = :workerId,
                lease_expires_at = now() + make_interval(secs => :leaseSeconds), not_before = null,
                waited_for = coalesce(wait_reason, waited_for), wait_reason = null, wait_kind = null, updated_at = now()
          where id in (
            select id from job_runs where id = any(:jobRunIds) and status = 'pending' and not is_queued
               and (not_before is null or not_before <= now()) for update skip locked)
            and (:workerId::uuid is null or exists (select from workers where workers.id = :workerId and mode = 'active' and removed_at is null))
        returning id as "jobRunId", claim_number as "claimNumber"`,
        { jobRunIds, owner, workerId, leaseSeconds },
      ),
    );

  return {
    /** Reports which kinds of runs are pending, whether or not they are due. */
    async readPending(): Promise<{ batch: boolean; apps: boolean }> {
      const [pending] = await sql.prepared<{ batch: boolean; apps: boolean }>(
        `select exists (select from job_runs where status = 'pending' and not is_queued and not is_app) as batch,
                exists (select from job_runs where status = 'pending' and not is_queued and is_app) as apps`,
      );
      return pending ?? { batch: false, apps: false };
    },

    /**
     * Lists the first runs of each workspace that this supervisor may claim, `limit` for each: by priority,
     * then by age. Excludes runs that are not yet due, or whose local data lock is taken.
     */
    listClaimable: (isApp: boolean, limit: number, { organizationId, labels }: ClaimScope) =>
      sql.prepared<ClaimableRun>(
        named(
          `with recursive with_pending as (
             (select workspace_id from job_runs where status = 'pending' and not is_queued and is_app = :isApp
               order by workspace_id limit 1)
             union all
             select (select workspace_id from job_runs where status = 'pending' and not is_queued and is_app = :isApp
                        and workspace_id > with_pending.workspace_id order by workspace_id limit 1)
               from with_pending where with_pending.workspace_id is not null)
           select head.id as "jobRunId", workspaces.organization_id as "organizationId", head.workspace_id as "workspaceId", head.priority,
                  head.created_at as "createdAt",
                  extract(epoch from now() - greatest(head.created_at, head.not_before))::float8 as "waitedSeconds",
                  case when head.shares_local_data then head.workspace_id || ' ' || head.profile end as "localDataLock",
                  job_versions.definition->'require'->'instance'->>'size' as size, head.job_id as "jobId"
             from with_pending join workspaces on workspaces.id = with_pending.workspace_id
                               and (:organizationId::uuid is null or workspaces.organization_id = :organizationId)
             cross join lateral (
               select * from job_runs as pending
                where pending.status = 'pending' and not pending.is_queued and pending.is_app = :isApp
                  and pending.workspace_id = with_pending.workspace_id
                  and (pending.not_before is null or pending.not_before <= now())
                  and (pending.required_labels is null or pending.required_labels <@ :labels::jsonb)
                  and not (pending.shares_local_data and exists (
                        select 1 from job_runs holder
                         where holder.workspace_id = pending.workspace_id and holder.profile = pending.profile
                           and holder.shares_local_data and holder.status in ('starting', 'running', 'cancelling')))
                order by pending.priority desc, pending.created_at, pending.id limit :limit) as head
             join job_versions on job_versions.id = head.job_version_id`,
          { isApp, limit, organizationId, labels },
        ),
      ),

    /** Counts active runs of a kind across all servers, by workspace. An unknown run takes no slot. */
    countActive: (isApp: boolean) =>
      sql.prepared<ActiveOfWorkspace>(
        named(
          `select workspaces.organization_id as "organizationId", workspace_id as "workspaceId", count(*)::int as count
             from job_runs join workspaces on workspaces.id = workspace_id
            where job_runs.status in ('starting', 'running', 'cancelling') and unknown_since is null and is_app = :isApp group by 1, 2`,
          { isApp },
        ),
      ),

    /** Counts the runs that have not ended, of all workspaces. */
    countByState: () =>
      sql.prepared<ActiveCount>(
        `select status as state, is_app as "isApp", count(*)::int as count from job_runs
          where status in ('pending', 'starting', 'running', 'cancelling') group by 1, 2`,
      ),

    /** Counts active batch runs in the same way, with the names of workspaces that this user may see. */
    countActiveFor: (userId: string) =>
      sql.query<NamedActive>(
        named(
          `select active.*, (
                    select workspaces.name from workspaces ${withEffectiveRole}
                     where workspaces.id = active."workspaceId" and organization_memberships.user_id = :userId
                       and ${effectiveRole} is not null) as name
             from (select workspaces.organization_id as "organizationId", workspace_id as "workspaceId", count(*)::int as count
                     from job_runs join workspaces on workspaces.id = workspace_id
                    where job_runs.status in ('starting', 'running', 'cancelling') and unknown_since is null and not is_app
                    group by 1, 2) as active
            order by count desc, name`,
          { userId },
        ),
      ),

    /** Reads what runs that a server has taken over take of its slots. */
    describe: (jobRunIds: readonly string[]) =>
      sql.query<ClaimedRun>(
        named(
          `select job_runs.id as "jobRunId", job_runs.is_app as "isApp", job_runs.job_id as "jobId",
                  job_versions.definition->'require'->'instance'->>'size' as size
             from job_runs join job_versions on job_versions.id = job_runs.job_version_id where job_runs.id = any(:jobRunIds)`,
          { jobRunIds },
        ),
      ),

    /**
     * Claims those of the runs that are still claimable. Another server may be faster for some runs or for a
     * local data lock; then the others are claimed one by one.
     */
    async claim(
      jobRunIds: readonly string[],
      identity: Pick<SupervisorIdentity, 'owner' | 'workerId'>,
      leaseSeconds: number,
    ): Promise<Claim[]> {
      try {
        return await take(jobRunIds, identity, leaseSeconds);
      } catch (error) {
        if (sqlState(error) !== uniqueViolation) throw error;
        const [first, ...others] = jobRunIds;
        if (first === undefined || others.length === 0) return [];
        const claims: Claim[] = [];
        for (const id of jobRunIds) claims.push(...(await this.claim([id], identity, leaseSeconds)));
        return claims;
      }
    },

    /**
     * Makes a claimed run whose code has not begun wait again. Its attempt stays open and is used by the next claim.
     * @returns whether the claim was valid
     */
    returnToQueue: async ({ jobRunId, claimNumber }: Claim, { kind, reason }: Wait) => {
      const rows = await sql.query(
        named(
          `update job_runs set status = 'pending', claim_number = claim_number + 1, lease_expires_at = null,
                  wait_kind = :kind, wait_reason = :reason, wait_noted = false, updated_at = now()
            where id = :jobRunId and claim_number = :claimNumber and status = 'starting'
              and not exists (select from attempts where job_run_id = :jobRunId and closed_at is null and begun_at is not null)
          returning id`,
          { jobRunId, claimNumber, kind, reason },
        ),
      );
      return rows.length > 0;
    },

    /** Takes over runs of the same executor whose owner's lease has expired. */
    takeOverExpired: (
      { owner, workerId }: Pick<SupervisorIdentity, 'owner' | 'workerId'>,
      leaseSeconds: number,
      limit: number,
    ) =>
      sql.prepared<Claim>(
        named(
          `update job_runs set claim_number = claim_number + 1, claimed_by = :owner,
                  lease_expires_at = now() + make_interval(secs => :leaseSeconds), updated_at = now()
            where id in (select id from job_runs where status in ('starting', 'running', 'cancelling') and lease_expires_at < now()
                            and worker_id is not distinct from :workerId
                          order by id limit :limit for update skip locked)
          returning id as "jobRunId", claim_number as "claimNumber"`,
          { owner, workerId, leaseSeconds, limit },
        ),
      ),

    /** Takes over runs of the same executor from dead owners, without waiting for leases. */
    takeOverOf: (
      deadOwners: readonly string[],
      { owner, workerId }: Pick<SupervisorIdentity, 'owner' | 'workerId'>,
      leaseSeconds: number,
    ) =>
      sql.query<Claim>(
        named(
          `update job_runs set claim_number = claim_number + 1, claimed_by = :owner,
                  lease_expires_at = now() + make_interval(secs => :leaseSeconds), updated_at = now()
            where status in ('starting', 'running', 'cancelling') and claimed_by = any(:deadOwners)
              and worker_id is not distinct from :workerId
          returning id as "jobRunId", claim_number as "claimNumber"`,
          { deadOwners, owner, workerId, leaseSeconds },
        ),
      ),

    /** Takes over all runs of a worker, which has connected to this server and to no other. */
    takeOverOfWorker: (workerId: string, owner: string, leaseSeconds: number) =>
      sql.query<Claim>(
        named(
          `update job_runs set claim_number = claim_number + 1, claimed_by = :owner,
                  lease_expires_at = now() + make_interval(secs => :leaseSeconds), updated_at = now()
            where status in ('starting', 'running', 'cancelling') and worker_id = :workerId and claimed_by <> :owner
          returning id as "jobRunId", claim_number as "claimNumber"`,
          { workerId, owner, leaseSeconds },
        ),
      ),

    /** Counts the active runs of a worker. */
    async countOfWorker(workerId: string): Promise<number> {
      const { count } = await sql.one<{ count: number }>(
        named(
          `select count(*)::int as count from job_runs
            where worker_id = :workerId and status in ('starting', 'running', 'cancelling')`,
          { workerId },
        ),
      );
      return count;
    },

    /** Lists the owners of the active runs of an executor. */
    listOwners: async (workerId: string | null) => {
      const rows = await sql.prepared<{ owner: string }>(
        named(
          `select distinct claimed_by as owner from job_runs
            where status in ('starting', 'running', 'cancelling') and worker_id is not distinct from :workerId`,
          { workerId },
        ),
      );
      return rows.map((row) => row.owner);
    },

    /** Extends the leases of claims; returns those that are still valid. */
    renew: async (claims: readonly Claim[], leaseSeconds: number) => {
      const rows = await sql.query<{ jobRunId: string }>(
        named(
          `update job_runs set lease_expires_at = now() + make_interval(secs => :leaseSeconds)
             from unnest(:jobRunIds::uuid[], :claimNumbers::int[]) as held (id, claim_number)
            where job_runs.id = held.id and job_runs.claim_number = held.claim_number
              and job_runs.status in ('starting', 'running', 'cancelling')
          returning job_runs.id as "jobRunId"`,
          {
            jobRunIds: claims.map((claim) => claim.jobRunId),
            claimNumbers: claims.map((claim) => claim.claimNumber),
            leaseSeconds,
          },
        ),
      );
      return new Set(rows.map((row) => row.jobRunId));
    },

    /**
     * Reads the state that the watches of attempts need, by attempt. An attempt is absent if its claim is no
     * longer valid because the run has ended, waits for a retry, or belongs to another server.
     */
    async look(watched: readonly (Claim & { attemptId: string })[]) {
      const rows = await sql.prepared<WatchedRun & { attemptId: string }>(
        named(
          `select attempts.id as "attemptId", job_runs.job_version_id as "jobVersionId", job_runs.end_intent as "endIntent",
                  extract(epoch from now() - attempts.begun_at)::float8 as "begunSecondsAgo",
                  extract(epoch from now() - job_runs.unknown_since)::float8 as "unknownSeconds",
                  (jobs.is_archived or workspaces.archived_at is not null) as "isArchived"
             from unnest(:jobRunIds::uuid[], :claimNumbers::int[], :attemptIds::uuid[]) as watched (job_run_id, claim_number, attempt_id)
             join job_runs on job_runs.id = watched.job_run_id and job_runs.claim_number = watched.claim_number
             join jobs on jobs.id = job_runs.job_id join workspaces on workspaces.id = job_runs.workspace_id
             join attempts on attempts.id = watched.attempt_id and attempts.job_run_id = job_runs.id
            where attempts.closed_at is null and job_runs.status in ('starting', 'running', 'cancelling')`,
          {
            jobRunIds: watched.map(({ jobRunId }) => jobRunId),
            claimNumbers: watched.map(({ claimNumber }) => claimNumber),
            attemptIds: watched.map(({ attemptId }) => attemptId),
          },
        ),
      );
      return new Map(rows.map(({ attemptId, ...run }) => [attemptId, run]));
    },
  };
}
