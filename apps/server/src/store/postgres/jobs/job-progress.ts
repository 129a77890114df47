import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';

/** Whether a run of the job after this number refreshes and has started. */
const hasLaterRefresh = `exists (select 1 from job_runs as later
  where later.job_id = :jobId and later.number > :number and later.refresh and not later.is_queued)`;

/** Stores what the runs of a job have reached: completed intervals, pending refreshes and failures. */
export function createJobProgressStore(sql: Queryable) {
  return {
    /** Discards the completions, so that the next interval starts over. */
    forgetCompletion: (jobIds: readonly string[], options: { refreshPending: boolean }) =>
      sql.execute(
        named(
          `update jobs set completed_interval_end = null, last_completed_at = null,
                refresh_pending = refresh_pending or :refreshPending where id = any(:jobIds)`,
          { jobIds, refreshPending: options.refreshPending },
        ),
      ),

    /**
     * Records that a refreshing run ended without success: the next run must refresh, unless a later run
     * already does.
     */
    leaveRefreshPending: (run: { jobId: string; number: number }) =>
      sql.execute(
        named(`update jobs set refresh_pending = true where id = :jobId and not ${hasLaterRefresh}`, {
          jobId: run.jobId,
          number: run.number,
        }),
      ),

    clearRefreshPending: (jobId: string) =>
      sql.execute(named('update jobs set refresh_pending = false where id = :jobId', { jobId })),

    /**
     * Records a completed run, and resets the failure count, whatever the run covered. An empty interval covers no time, so it must not move the watermark past time
     * that was never loaded. A run that started before a refresh does not count: neither while the refresh is
     * pending, nor after a later one if several runs may be active.
     */
    noteCompletion: (run: { jobId: string; number: number }, intervalEnd: Date | null) =>
      sql.executePrepared(
        named(
          `update jobs set last_completed_at = case when counts then now() else last_completed_at end,
                  completed_interval_end = case when counts then greatest(completed_interval_end, :intervalEnd::timestamptz)
                                           else completed_interval_end end,
                  failure_count = 0, failing_since_run_id = null, failing_since_number = null, failing_since_at = null
             from (select not refresh_pending and not ${hasLaterRefresh} as counts from jobs where id = :jobId) as decided
            where jobs.id = :jobId`,
          { jobId: run.jobId, intervalEnd, number: run.number },
        ),
      ),

    /** Counts a failed run since the job last completed, and keeps the first of them. */
    noteFailure: (run: { id: string; jobId: string; number: number }) =>
      sql.execute(
        named(
          `update jobs set failure_count = failure_count + 1,
                failing_since_run_id = coalesce(failing_since_run_id, :id),
                failing_since_number = coalesce(failing_since_number, :number),
                failing_since_at = coalesce(failing_since_at, now()) where id = :jobId`,
          run,
        ),
      ),
  };
}
