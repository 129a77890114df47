import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';

export type FollowedRunStore = ReturnType<typeof createFollowedRunStore>;

/** Stores which callers of the older client wait for a run, and whether its status was reported to them. */
export function createFollowedRunStore(sql: Queryable) {
  return {
    add: (jobRunId: string, follower: string) =>
      sql.execute(
        named(
          `insert into followed_runs (job_run_id, follower, is_reported) values (:jobRunId, :follower, false)
             on conflict do nothing`,
          { jobRunId, follower },
        ),
      ),

    /**
     * Marks the status as reported. Exactly one of several calls for a follower succeeds, on any server.
     * @param isNew whether a caller that was not added before counts as a follower
     * @returns whether this call marked it
     */
    async report(jobRunId: string, follower: string, isNew: boolean): Promise<boolean> {
      const count = await sql.execute(
        named(
          `insert into followed_runs (job_run_id, follower, is_reported)
           select :jobRunId, :follower, true
            where :isNew or exists (select 1 from followed_runs where job_run_id = :jobRunId and follower = :follower)
             on conflict (job_run_id, follower) do update set is_reported = true where not followed_runs.is_reported`,
          { jobRunId, follower, isNew },
        ),
      );
      return count === 1;
    },
  };
}
