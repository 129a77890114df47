import type { JobRunRecord } from './job-run-record.ts';
import type { Queryable } from '../pool.ts';
import { columns } from '../statements/columns.ts';
import { isDeployedJob } from '../jobs/deployed-jobs.ts';
import { isStarredJob } from '../jobs/job-list.ts';
import { named } from '../statements/named.ts';

/** A run as a bar on a time axis. */
export type TimelineRun = Pick<
  JobRunRecord,
  'id' | 'jobId' | 'number' | 'status' | 'createdAt' | 'startedAt' | 'finishedAt' | 'waitReason' | 'skip'
> & {
  tickAt: Date | null;
  claimNumber: number;
  /** The last reason for which it waited before its code started. */
  waitedFor: string | null;
};

/** When an attempt after the first was created. */
export interface TimelineRetry {
  jobRunId: string;
  at: Date;
}

/** Ended runs of a job that were created within a bucket. */
export interface TimelineCount {
  jobId: string;
  /** From 0. */
  bucket: number;
  completed: number;
  failed: number;
  cancelled: number;
  skipped: number;
}

export interface TimelineJob {
  id: string;
  jobRef: string;
  displayName: string | null;
  /** As shown to users: with tags. */
  triggers: string[];
  isStarred: boolean;
  isPaused: boolean;
  isArchived: boolean;
  /** The next tick of its schedules; null without one. */
  nextTickAt: Date | null;
}

interface TimeRange {
  start: Date;
  end: Date;
}

const runColumns = columns('job_runs', [
  'id',
  'job_id',
  'number',
  'status',
  'created_at',
  'started_at',
  'finished_at',
  'tick_at',
  'claim_number',
  'waited_for',
  'wait_reason',
  'skip',
]);

const active = `array['pending', 'starting', 'running', 'cancelling']`;
const ended = `array['completed', 'failed', 'cancelled', 'skipped']`;

export type TimelineStore = ReturnType<typeof createTimelineStore>;

/** Reads the runs of a workspace on a time axis. Each statement reads one range of an index. */
export function createTimelineStore(sql: Queryable) {
  return {
    /** Reports whether more runs than the limit were created in the range. */
    async hasMore(workspaceId: string, { start, end }: TimeRange, limit: number): Promise<boolean> {
      const rows = await sql.prepared<{ id: string }>(
        named(
          `select id from job_runs where workspace_id = :workspaceId and created_at >= :start and created_at < :end
            order by created_at desc offset :limit limit 1`,
          { workspaceId, start, end, limit },
        ),
      );
      return rows.length > 0;
    },

    /**
     * Lists runs that overlap the range: those created in it, and earlier ones that ended in it, that ended
     * after it and took longer than it, or that are active. At most `limit` of each of these four.
     */
    listRuns: (workspaceId: string, { start, end }: TimeRange, limit: number) =>
      sql.prepared<TimelineRun>(
        named(
          `select * from (
             (select ${runColumns} from job_runs
               where workspace_id = :workspaceId and created_at >= :start and created_at < :end and not is_internal
               order by created_at desc limit :limit)
             union all
             (select ${runColumns} from job_runs
               where workspace_id = :workspaceId and finished_at >= :start and finished_at < :end and created_at < :start
                 and not is_internal
               order by finished_at limit :limit)
             union all
             (select ${runColumns} from job_runs
               where workspace_id = :workspaceId and finished_at >= :end and created_at < :start and not is_internal
                 and extract(epoch from finished_at - started_at) >= extract(epoch from :end::timestamptz - :start::timestamptz)
               order by extract(epoch from finished_at - started_at) desc limit :limit)
             union all
             (select ${runColumns} from job_runs
               where workspace_id = :workspaceId and status = any(${active}) and created_at < :start and not is_internal
               limit :limit)) as runs
           order by "createdAt", id`,
          { workspaceId, start, end, limit },
        ),
      ),

    /** Lists active runs that were created before `end`. */
    listActiveRuns: (workspaceId: string, end: Date, limit: number) =>
      sql.prepared<TimelineRun>(
        named(
          `select ${runColumns} from job_runs
            where workspace_id = :workspaceId and status = any(${active}) and created_at < :end and not is_internal
            order by created_at, id limit :limit`,
          { workspaceId, end, limit },
        ),
      ),

    /** Counts ended runs by job and bucket, from an index alone. */
    countRuns: (workspaceId: string, { start, end }: TimeRange, bucketSeconds: number) =>
      sql.prepared<TimelineCount>(
        named(
          `select job_id as "jobId", bucket, count(*) filter (where status = 'completed')::int as completed,
                  count(*) filter (where status = 'failed')::int as failed,
                  count(*) filter (where status = 'cancelled')::int as cancelled,
                  count(*) filter (where status = 'skipped')::int as skipped
             from (select job_id, status,
                          floor(extract(epoch from created_at - :start::timestamptz) / :bucketSeconds::float8)::int as bucket
                     from job_runs
                    where workspace_id = :workspaceId and status = any(${ended})
                      and created_at >= :start and created_at < :end) as counted
            group by job_id, bucket order by bucket`,
          { workspaceId, start, end, bucketSeconds },
        ),
      ),

    /** Lists attempts after the first of these runs, in order. */
    listRetries: (jobRunIds: readonly string[]) =>
      sql.prepared<TimelineRetry>(
        named(
          `select job_run_id as "jobRunId", created_at as at from attempts
            where job_run_id = any(:jobRunIds) and number > 1 order by created_at`,
          { jobRunIds },
        ),
      ),

    /** Lists active jobs and those of `jobIds`, starred ones first, then by name. */
    listJobs: (workspaceId: string, jobIds: readonly string[], limit: number) =>
      sql.prepared<TimelineJob>(
        named(
          `select jobs.id, jobs.job_ref as "jobRef", job_versions.display_name as "displayName", jobs.triggers,
                  ${isStarredJob} as "isStarred", jobs.is_paused as "isPaused", jobs.is_archived as "isArchived",
                  case when not jobs.is_archived
                    then (select min(next_tick_at) from schedules where schedules.job_id = jobs.id) end as "nextTickAt"
             from jobs join job_versions on job_versions.id = jobs.current_version_id
            where jobs.workspace_id = :workspaceId and ${isDeployedJob} and (not jobs.is_archived or jobs.id = any(:jobIds))
            order by ${isStarredJob} desc, lower(coalesce(job_versions.display_name, jobs.job_ref)), jobs.id limit :limit`,
          { workspaceId, jobIds, limit },
        ),
      ),
  };
}
