import type { Claim } from './claim.ts';
import type { Queryable } from '../pool.ts';
import type { StoredHandle } from './stored-handle.ts';
import { named } from '../statements/named.ts';

/** An active run whose supervisor cannot observe the location of its attempt. */
export interface UnknownRun {
  jobRunId: string;
  handle: StoredHandle;
}

export type UnknownRunStore = ReturnType<typeof createUnknownRunStore>;

/** Matches the condition of the partial index. */
export const isUnknown = `unknown_since is not null and job_runs.status in ('starting', 'running', 'cancelling')`;

/** Stores active runs whose supervisors cannot tell whether they are still running. */
export function createUnknownRunStore(sql: Queryable) {
  return {
    /**
     * Marks a run as unknown.
     * @returns false if it was already unknown, or the claim is no longer valid
     */
    async mark(claim: Claim, detail: string): Promise<boolean> {
      const touched = await sql.execute(
        named(
          `update job_runs set unknown_since = now(), unknown_detail = :detail, updated_at = now()
            where id = :jobRunId and claim_number = :claimNumber and status in ('starting', 'running', 'cancelling')
              and unknown_since is null`,
          { jobRunId: claim.jobRunId, claimNumber: claim.claimNumber, detail },
        ),
      );
      return touched === 1;
    },

    /**
     * Records that the supervisor observes the attempt again.
     * @returns false if the run was not unknown, or the claim is no longer valid
     */
    async clear(claim: Claim): Promise<boolean> {
      const touched = await sql.execute(
        named(
          `update job_runs set unknown_since = null, unknown_detail = null, updated_at = now()
            where id = :jobRunId and claim_number = :claimNumber and ${isUnknown}`,
          { jobRunId: claim.jobRunId, claimNumber: claim.claimNumber },
        ),
      );
      return touched === 1;
    },

    async count(): Promise<number> {
      const { count } = await sql.one<{ count: number }>(
        `select count(*)::int as count from job_runs where ${isUnknown}`,
      );
      return count;
    },

    /** Lists those of the same executor and other owners, longest unknown first. */
    listOfOthers: (owner: string, workerId: string | null, limit: number) =>
      sql.query<UnknownRun>(
        named(
          `select job_runs.id as "jobRunId", attempts.handle
             from job_runs join attempts on attempts.job_run_id = job_runs.id and attempts.closed_at is null
            where ${isUnknown} and claimed_by <> :owner and handle is not null and worker_id is not distinct from :workerId
            order by unknown_since, job_runs.id limit :limit`,
          { owner, workerId, limit },
        ),
      ),

    /** Takes over runs that are still unknown to their owners, without waiting for leases. */
    takeOver: (jobRunIds: readonly string[], owner: string, leaseSeconds: number) =>
      sql.query<Claim>(
        named(
          `update job_runs set claim_number = claim_number + 1, claimed_by = :owner,
                  lease_expires_at = now() + make_interval(secs => :leaseSeconds), updated_at = now()
            where id = any(:jobRunIds) and ${isUnknown} and claimed_by <> :owner
          returning id as "jobRunId", claim_number as "claimNumber"`,
          { jobRunIds, owner, leaseSeconds },
        ),
      ),
  };
}
