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
     * Records a completed run, and resets the failure count, whatever the run covered. An empty interval covers no
     * time, so it must not move the watermark past time that was never loaded. A run that started before a refresh does not count: neither while the refresh is
     * pending, nor after a later one if several runs may be active. The watermark moves over time that completed
     * runs cover without a gap; without one before, a run of a backfill sets none.
     * @param covered null for a point in time
     * @param declaredStart where the first interval of the job begins; null if it declares none
     */
    noteCompletion: (
      run: { jobId: string; number: number; backfillId: string | null },
      covered: { start: Date; end: Date } | null,
      declaredStart: Date | null,
    ) =>
      sql.executePrepared(
        named(
          `with decided as (
             select not refresh_pending and not ${hasLaterRefresh} as counts,
                    greatest(completed_interval_end, :declaredStart::timestamptz) as base from jobs where id = :jobId),
           covered as (
             insert into job_coverage as kept (job_id, completed)
             select :jobId, tstzmultirange(tstzrange(:start::timestamptz, :end::timestamptz)) from decided
              where counts and :end::timestamptz is not null
             on conflict (job_id) do update set completed = kept.completed + excluded.completed,
                    failed = kept.failed - excluded.completed, invalidated = kept.invalidated - excluded.completed
             returning completed),
           reached as (
             select case when base is null then case when :isOfBackfill then null else :end::timestamptz end
                         else (select upper(range) from covered, unnest(covered.completed) as range
                                where lower(range) <= base and upper(range) >= base) end as until from decided)
           update jobs set last_completed_at = case when counts then now() else last_completed_at end,
                  completed_interval_end = case when counts then greatest(completed_interval_end, until)
                                           else completed_interval_end end,
                  failure_count = case when :isOfBackfill then failure_count else 0 end,
                  failing_since_run_id = case when :isOfBackfill then failing_since_run_id end,
                  failing_since_number = case when :isOfBackfill then failing_since_number end,
                  failing_since_at = case when :isOfBackfill then failing_since_at end
             from decided, reached where jobs.id = :jobId`,
          {
            jobId: run.jobId,
            number: run.number,
            start: covered?.start ?? null,
            end: covered?.end ?? null,
            declaredStart,
            isOfBackfill: run.backfillId !== null,
          },
        ),
      ),

    /** Records the time of a failed run, until a run completes it. */
    noteFailedTime: (jobId: string, failed: { start: Date; end: Date }) =>
      sql.execute(
        named(
          `insert into job_coverage as kept (job_id, failed) values (:jobId, tstzmultirange(tstzrange(:start, :end)))
           on conflict (job_id) do update set failed = kept.failed + excluded.failed`,
          { jobId, start: failed.start, end: failed.end },
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
