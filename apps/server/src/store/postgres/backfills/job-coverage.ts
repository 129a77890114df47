import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';

/** Joined intervals in order, as pairs of milliseconds since 1970. */
export type IntervalPairs = [number, number][];

/** What a start of a job has to leave out, after its completed interval. */
export interface TakenTime {
  jobId: string;
  /** Until when completed runs have covered time, with gaps or without. */
  coveredUntil: Date | null;
  /** Completed time, and open windows of backfills. */
  taken: IntervalPairs;
}

/** Everything that the states of windows follow from, within an interval. */
export interface CoverageRecord {
  completed: IntervalPairs;
  failed: IntervalPairs;
  invalidated: IntervalPairs;
  /** Active runs and open windows. */
  active: IntervalPairs;
}

/** An active run, as far as a backfill has to leave it alone. */
export interface ActiveRun {
  start: Date | null;
  end: Date | null;
  refresh: boolean;
  isQueued: boolean;
}

const openWindowsOf = (
  job: string,
) => `coalesce((select range_agg(tstzrange(starts_at, ends_at)) from backfill_windows
  where backfill_windows.job_id = ${job} and status in ('waiting', 'running')), '{}'::tstzmultirange)`;

/** The ranges of backfills whose windows are being inserted: what of them will be windows is not known yet. */
const preparingOf = (
  job: string,
  condition = 'true',
) => `coalesce((select range_agg(tstzrange(starts_at, ends_at)) from backfills
  where backfills.job_id = ${job} and status = 'preparing' and ${condition}), '{}'::tstzmultirange)`;

const toPairs = (ranges: string) => `coalesce((select json_agg(json_build_array(
    (extract(epoch from lower(range)) * 1000)::bigint, (extract(epoch from upper(range)) * 1000)::bigint) order by range)
  from unnest(${ranges}) as range), '[]')`;

export type JobCoverageStore = ReturnType<typeof createJobCoverageStore>;

/** Stores which time completed runs of jobs have covered. */
export function createJobCoverageStore(sql: Queryable) {
  return {
    takenOf: (jobIds: readonly string[]) =>
      sql.prepared<TakenTime>(
        named(
          `select jobs.id as "jobId", upper(job_coverage.completed) as "coveredUntil",
                  ${toPairs(`((coalesce(job_coverage.completed, '{}'::tstzmultirange) + ${openWindowsOf('jobs.id')}
                      + ${preparingOf('jobs.id')})
                    * tstzmultirange(tstzrange(coalesce(jobs.completed_interval_end, '-infinity'), null)))`)} as taken
             from jobs left join job_coverage on job_coverage.job_id = jobs.id where jobs.id = any(:jobIds)`,
          { jobIds },
        ),
      ),

    /** Reads what the states of a job's windows between two instants follow from. */
    read: (jobId: string, within: { start: Date; end: Date }) =>
      sql.one<CoverageRecord>(
        named(
          `select ${toPairs(`(coalesce(job_coverage.completed, '{}') * asked.within)`)} as completed,
                  ${toPairs(`(coalesce(job_coverage.failed, '{}') * asked.within)`)} as failed,
                  ${toPairs(`(coalesce(job_coverage.invalidated, '{}') * asked.within)`)} as invalidated,
                  ${toPairs(`((${openWindowsOf(':jobId')} + ${preparingOf(':jobId', "mode = 'all'")}
                    + (${preparingOf(':jobId', "mode <> 'all'")} - (coalesce(job_coverage.completed, '{}') - coalesce(job_coverage.failed, '{}')))
                    + coalesce(
                    (select range_agg(tstzrange(interval_start, interval_end)) from job_runs
                      where job_id = :jobId and status in ('pending', 'starting', 'running', 'cancelling')
                        and interval_end > interval_start), '{}'::tstzmultirange)) * asked.within)`)} as active
             from (select tstzmultirange(tstzrange(:start, :end)) as within) as asked
             left join job_coverage on job_coverage.job_id = :jobId`,
          { jobId, start: within.start, end: within.end },
        ),
      ),

    /** Reads what runs of a job have completed, and what has failed since, between two instants. */
    readDone: (jobId: string, within: { start: Date; end: Date }) =>
      sql.maybeOnePrepared<Pick<CoverageRecord, 'completed' | 'failed'>>(
        named(
          `select ${toPairs('(completed * asked.within)')} as completed, ${toPairs('(failed * asked.within)')} as failed
             from job_coverage, (select tstzmultirange(tstzrange(:start, :end)) as within) as asked where job_id = :jobId`,
          { jobId, start: within.start, end: within.end },
        ),
      ),

    /** Lists the active runs of the job, without those of one backfill. */
    activeOf: (jobId: string, withoutBackfillId: string) =>
      sql.prepared<ActiveRun>(
        named(
          `select interval_start as "start", interval_end as "end", refresh, is_queued as "isQueued" from job_runs
            where job_id = :jobId and status in ('pending', 'starting', 'running', 'cancelling')
              and backfill_id is distinct from :withoutBackfillId`,
          { jobId, withoutBackfillId },
        ),
      ),

    /** Takes time out of the completed one. The caller holds the lock of the job. */
    invalidate: (jobId: string, interval: { start: Date; end: Date }) =>
      sql.execute(
        named(
          `with asked as (select tstzmultirange(tstzrange(:start, :end)) as time)
           insert into job_coverage as kept (job_id, invalidated) select :jobId::uuid, time from asked
           on conflict (job_id) do update set completed = kept.completed - excluded.invalidated,
                  failed = kept.failed - excluded.invalidated,
                  invalidated = kept.invalidated + excluded.invalidated`,
          { jobId, start: interval.start, end: interval.end },
        ),
      ),
  };
}
