import type { JobRunRecord } from './job-run-record.ts';
import type { Queryable } from '../pool.ts';
import { columns } from '../statements/columns.ts';
import { named } from '../statements/named.ts';
import { runColumns } from './job-run-record.ts';

/** One of the newest runs of a job, as in a list of jobs. */
export type RecentRun = Pick<
  JobRunRecord,
  'id' | 'jobId' | 'number' | 'status' | 'createdAt' | 'startedAt' | 'finishedAt'
> & {
  rowsLoaded: number | null;
};

/** A run that was started by the end of another run. */
export type DownstreamRun = Pick<
  JobRunRecord,
  'id' | 'jobId' | 'number' | 'status' | 'trigger' | 'startedAt' | 'finishedAt' | 'createdAt'
> & { previousJobRunId: string; jobRef: string; displayName: string | null; category: string | null };

/** The first of several failed runs. */
export type FirstFailedRun = Pick<JobRunRecord, 'id' | 'number' | 'finishedAt'> & {
  deploymentVersion: number;
  failedCount: number;
};

/** Reads the newest, the active and the following runs of jobs. */
export function createRunsOfJobsStore(sql: Queryable) {
  return {
    /** Finds the run with the highest number of a job. */
    async newestOfJob(jobId: string) {
      const [row] = await sql.prepared<JobRunRecord>(
        named(`select ${runColumns} from job_runs where job_id = :jobId order by number desc limit 1`, {
          jobId,
        }),
      );
      return row;
    },

    /** Finds the last completed run of a job before this number. */
    lastCompletedBefore: (jobId: string, number: number) =>
      sql.maybeOne<JobRunRecord>(
        named(
          `select ${runColumns} from job_runs where job_id = :jobId and number < :number and status = 'completed'
            order by number desc limit 1`,
          { jobId, number },
        ),
      ),

    /**
     * Finds the first failed run of a job between two numbers, and counts the failed ones there. Reads at
     * most 10,000 numbers before the last one, to limit the cost for a job that always fails.
     * @param range both ends exclusive
     */
    firstFailedBetween: (jobId: string, range: { after: number; before: number }) =>
      sql.maybeOne<FirstFailedRun>(
        named(
          `select job_runs.id, number, deployments.version as "deploymentVersion", finished_at as "finishedAt",
                  count(*) over ()::int as "failedCount"
             from job_runs join deployments on deployments.id = job_runs.deployment_id
            where job_id = :jobId and number > greatest(:after, :before - 10001) and number < :before
              and status = 'failed'
            order by number limit 1`,
          { jobId, ...range },
        ),
      ),

    /** Returns the median duration of a job's last completed runs before a number; null without any. */
    async usualDurationSeconds(job: { jobId: string; number: number }, runCount: number) {
      const row = await sql.maybeOne<{ seconds: number | null }>(
        named(
          `select percentile_disc(0.5) within group (order by seconds) as seconds
             from (select extract(epoch from finished_at - started_at)::double precision as seconds from job_runs
                    where job_id = :jobId and number < :number and status = 'completed' and started_at is not null
                    order by number desc limit :runCount) as recent`,
          { ...job, runCount },
        ),
      );
      return row?.seconds ?? null;
    },

    /** Returns the last run of each job: the newest one that was not skipped. */
    latestOfJobs: async (jobIds: readonly string[]) => {
      // One index probe for each job: `distinct on` would read all runs of the jobs.
      const rows = await sql.prepared<JobRunRecord>(
        named(
          `select ${runColumns} from unnest(:jobIds::uuid[]) as asked (job_id)
             cross join lateral (select * from job_runs where job_runs.job_id = asked.job_id and status <> 'skipped'
                                  order by created_at desc, id desc limit 1) as job_runs`,
          { jobIds },
        ),
      );
      return new Map(rows.map((row) => [row.jobId, row]));
    },

    /**
     * Lists the newest runs of each job, newest first, with the rows that their pipeline runs loaded (null if
     * none reported).
     */
    recentOfJobs: (jobIds: readonly string[], limit: number) =>
      sql.query<RecentRun>(
        named(
          `select ${columns('recent', ['id', 'job_id', 'number', 'status', 'created_at', 'started_at', 'finished_at'])},
                  (select sum(total_rows_loaded)::bigint from pipeline_runs where job_run_id = recent.id) as "rowsLoaded"
             from unnest(:jobIds::uuid[]) as asked (job_id)
             cross join lateral (select * from job_runs where job_runs.job_id = asked.job_id
                                  order by created_at desc, id desc limit :limit) as recent
            order by recent.created_at desc, recent.id desc`,
          { jobIds, limit },
        ),
      ),

    /**
     * Lists the runs started by the end of each of these runs, newest first; with a category, only runs of
     * jobs that declare it.
     */
    downstreamOf: (jobRunIds: readonly string[], options: { limit: number; category: string | null }) =>
      sql.query<DownstreamRun>(
        named(
          `select started.* from unnest(:jobRunIds::uuid[]) as asked (job_run_id)
             cross join lateral (
               select job_runs.id, job_runs.previous_job_run_id as "previousJobRunId", job_runs.job_id as "jobId",
                      job_runs.number, job_runs.status, job_runs.trigger, job_runs.started_at as "startedAt",
                      job_runs.finished_at as "finishedAt", job_runs.created_at as "createdAt", jobs.job_ref as "jobRef",
                      job_versions.definition->'expose'->>'display_name' as "displayName",
                      job_versions.definition->'expose'->>'category' as category
                 from job_runs join jobs on jobs.id = job_runs.job_id
                 join job_versions on job_versions.id = job_runs.job_version_id
                where job_runs.previous_job_run_id = asked.job_run_id
                  and (:category::text is null or job_versions.definition->'expose'->>'category' = :category)
                order by job_runs.created_at desc, job_runs.id desc limit :limit) as started
            order by started."createdAt" desc, started.id desc`,
          { jobRunIds, limit: options.limit, category: options.category },
        ),
      ),

    /**
     * Counts the active runs of each job, without queued ones, and those of backfills among them; also returns
     * whether there are queued ones.
     */
    countActive: async (jobIds: readonly string[]) => {
      const rows = await sql.prepared<{
        jobId: string;
        count: number;
        backfillCount: number;
        queuedCount: number;
      }>(
        named(
          `select job_id as "jobId", (count(*) filter (where not is_queued))::int as count,
                  (count(backfill_id) filter (where not is_queued))::int as "backfillCount",
                  (count(*) filter (where is_queued))::int as "queuedCount"
             from job_runs
            where job_id = any(:jobIds) and status in ('pending', 'starting', 'running', 'cancelling') group by job_id`,
          { jobIds },
        ),
      );
      return {
        activeCounts: new Map(rows.map((row) => [row.jobId, row.count])),
        backfillCounts: new Map(rows.map((row) => [row.jobId, row.backfillCount])),
        hasQueued: rows.some((row) => row.queuedCount > 0),
      };
    },

    findActive: (jobId: string) =>
      sql.maybeOne<JobRunRecord>(
        named(
          `select ${runColumns} from job_runs where job_id = :jobId and status in ('pending', 'starting', 'running', 'cancelling')
            order by created_at limit 1`,
          { jobId },
        ),
      ),

    /** Lists the ids of unclaimed runs of these jobs, oldest first. */
    listPending: async (jobIds: readonly string[]) => {
      const rows = await sql.query<{ id: string }>(
        named(
          `select id from job_runs where job_id = any(:jobIds) and status = 'pending' order by created_at, id`,
          { jobIds },
        ),
      );
      return rows.map((row) => row.id);
    },
  };
}
