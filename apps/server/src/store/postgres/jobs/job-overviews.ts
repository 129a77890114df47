import type { JobFilter, JobSortKey } from './job-list.ts';
import type { JobHead } from './job-records.ts';
import type { Queryable } from '../pool.ts';
import type { RunState } from '@pumphouse/contract';
import type { RowList } from '../statements/keyset.ts';
import { columns } from '../statements/columns.ts';
import { isDeployedJob } from './deployed-jobs.ts';
import { isFailingJob, stateOfJob } from './job-state.ts';
import { isStarredJob, listJobs } from './job-list.ts';
import { named } from '../statements/named.ts';

/** A job as shown in user-facing lists. */
export type JobOverviewHead = Pick<
  JobHead,
  | 'id'
  | 'jobRef'
  | 'jobType'
  | 'version'
  | 'profile'
  | 'triggers'
  | 'defaultTrigger'
  | 'isArchived'
  | 'isPaused'
  | 'createdAt'
> & {
  displayName: string | null;
  category: string | null;
  description: string | null;
  isStarred: boolean;
  /** Null before the first run ended or is active. */
  state: RunState | null;
  /** Null unless paused; also null if an older server paused it. */
  pausedAt: Date | null;
  /** The pipeline that the job declares. */
  pipelineName: string | null;
  /** Number of failed runs since the job last completed; 0 if its last outcome was not a failure. */
  failureCount: number;
  failingSinceNumber: number | null;
  failingSinceAt: Date | null;
  /** Also null if retention has removed the run. */
  failingSinceRunId: string | null;
};

export interface NextStart {
  jobId: string;
  at: Date;
  trigger: string;
}

const headColumns = `${columns('jobs', [
  'id',
  'job_ref',
  'job_type',
  'version',
  'profile',
  'triggers',
  'default_trigger',
  'is_archived',
  'is_paused',
  'created_at',
  'failure_count',
  'failing_since_number',
  'failing_since_at',
])}, ${columns('job_versions', ['display_name', 'category', 'description'])},
  job_versions.definition->'deliver'->>'pipeline_name' as "pipelineName", ${isStarredJob} as "isStarred",
  ${stateOfJob} as state, case when jobs.is_paused then jobs.paused_at end as "pausedAt",
  (select first_failed.id from job_runs as first_failed where first_failed.id = jobs.failing_since_run_id) as "failingSinceRunId"`;

export type JobOverviewStore = ReturnType<typeof createJobOverviewStore>;

export function createJobOverviewStore(sql: Queryable) {
  return {
    list: (workspaceId: string, filter: JobFilter): RowList<JobOverviewHead, JobSortKey> =>
      listJobs<JobOverviewHead>(sql, headColumns, workspaceId, filter),

    /** Returns the next tick of each job that a clock starts. */
    nextStartsOf: (jobIds: readonly string[]) =>
      sql.prepared<NextStart>(
        named(
          `select distinct on (job_id) job_id as "jobId", next_tick_at as at, trigger
             from schedules where job_id = any(:jobIds) and next_tick_at is not null order by job_id, next_tick_at, trigger`,
          { jobIds },
        ),
      ),

    /** Lists the pipelines that each job has run, in alphabetical order. */
    pipelinesOf: async (workspaceId: string, jobIds: readonly string[]) => {
      const rows = await sql.prepared<{ jobId: string; names: string[] }>(
        named(
          `select job_id as "jobId", array_agg(distinct pipeline_name order by pipeline_name) as names
             from job_pipelines where workspace_id = :workspaceId and job_id = any(:jobIds) group by job_id`,
          { workspaceId, jobIds },
        ),
      );
      return new Map(rows.map(({ jobId, names }) => [jobId, names]));
    },

    statesOf: async (jobIds: readonly string[]) => {
      const rows = await sql.prepared<{ id: string; state: RunState | null }>(
        named(`select jobs.id, ${stateOfJob} as state from jobs where jobs.id = any(:jobIds)`, { jobIds }),
      );
      return new Map(rows.map(({ id, state }) => [id, state]));
    },

    /** Counts active jobs whose last outcome was a failure. */
    countFailing: async (workspaceId: string) => {
      const { count } = await sql.one<{ count: number }>(
        named(
          `select count(*)::int as count from jobs
            where workspace_id = :workspaceId and ${isFailingJob} and not is_archived and ${isDeployedJob}`,
          { workspaceId },
        ),
      );
      return count;
    },
  };
}
