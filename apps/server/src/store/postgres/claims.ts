import type { Queryable } from './pool.ts';
import type { Claim, JobRunRecord } from './job-runs.ts';
import { sqlState } from './pool.ts';

export interface WatchedRun {
  jobVersionId: string;
  endIntent: JobRunRecord['endIntent'];
  /** By the database's clock, since this attempt was let in; null before. */
  begunSecondsAgo: number | null;
}

export type ClaimStore = ReturnType<typeof createClaimStore>;

const uniqueViolation = '23505';

/**
 * Which supervisor drives which run. Leases use the database's clock: the clocks of two servers need not agree. A claim has a
 * number that grows with each owner; what a former owner still does under its old number counts for nothing.
 */
export function createClaimStore(sql: Queryable) {
  return {
    /**
     * Takes the pending run with the highest priority, of those the oldest, passing over runs that wait for room, and those whose time,
     * or whose turn at their workspace's local data, has not come. Undefined when there is none, or when another server was quicker to
     * the same turn.
     */
    async claimPending(owner: string, leaseSeconds: number): Promise<Claim | undefined> {
      try {
        const [claim] = await sql.prepared<Claim>(
          `update job_runs set status = 'starting', claim_number = claim_number + 1, claimed_by = $1,
                  lease_expires_at = now() + make_interval(secs => $2), not_before = null, wait_reason = null, updated_at = now()
            where id = (
              select pending.id from job_runs pending
               where pending.status = 'pending' and not pending.is_queued
                 and (pending.not_before is null or pending.not_before <= now())
                 and not (pending.shares_local_data and exists (
                       select 1 from job_runs holder
                        where holder.workspace_id = pending.workspace_id and holder.profile = pending.profile
                          and holder.shares_local_data and holder.status in ('starting', 'running', 'cancelling')))
               order by pending.priority desc, pending.created_at, pending.id limit 1 for update skip locked)
          returning id as "jobRunId", claim_number as "claimNumber"`,
          [owner, leaseSeconds],
        );
        return claim;
      } catch (error) {
        // Two servers gave the same turn at the same moment: the index let one of them through.
        if (sqlState(error) === uniqueViolation) return undefined;
        throw error;
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
                extract(epoch from now() - attempts.begun_at)::float8 as "begunSecondsAgo"
           from job_runs join attempts on attempts.id = $3 and attempts.job_run_id = job_runs.id and attempts.closed_at is null
          where job_runs.id = $1 and job_runs.claim_number = $2 and job_runs.status in ('starting', 'running', 'cancelling')`,
        [claim.jobRunId, claim.claimNumber, attemptId],
      ),

    /** Pending runs that wait for another run of their workspace and profile, and were not told so yet. */
    takeUnnotedWaits: () =>
      sql.query<{ jobRunId: string; holderNumber: number; holderRef: string }>(
        `update job_runs set wait_noted = true
           from job_runs holder join jobs on jobs.id = holder.job_id
          where job_runs.status = 'pending' and not job_runs.is_queued and job_runs.shares_local_data and not job_runs.wait_noted
            and (job_runs.not_before is null or job_runs.not_before <= now())
            and holder.workspace_id = job_runs.workspace_id and holder.profile = job_runs.profile
            and holder.shares_local_data and holder.status in ('starting', 'running', 'cancelling')
        returning job_runs.id as "jobRunId", holder.number as "holderNumber", jobs.job_ref as "holderRef"`,
      ),
  };
}
