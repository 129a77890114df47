import type { JobRunSortKey } from './job-run-list.ts';
import type { JobRunFilter } from './job-run-filter.ts';
import type { JobRunRecord } from './job-run-record.ts';
import type { Queryable } from '../pool.ts';
import type { RowList } from '../statements/keyset.ts';
import { columns } from '../statements/columns.ts';
import { listJobRuns } from './job-run-list.ts';
import type { Statement } from '../statements/named.ts';
import { joinHolder } from './waits-for.ts';
import { isFailureOfJob } from '../jobs/job-state.ts';
import { named } from '../statements/named.ts';

/** A run without the columns for creating and driving it. */
export type RunOverviewHead = Pick<
  JobRunRecord,
  | 'id'
  | 'jobId'
  | 'number'
  | 'status'
  | 'trigger'
  | 'triggerKind'
  | 'triggeredBy'
  | 'backfillId'
  | 'backfillWindow'
  | 'profile'
  | 'refresh'
  | 'intervalStart'
  | 'intervalEnd'
  | 'deploymentId'
  | 'configurationId'
  | 'failure'
  | 'reason'
  | 'skip'
  | 'waitReason'
  | 'waitKind'
  | 'isApp'
  | 'unknownSince'
  | 'unknownDetail'
  | 'notBefore'
  | 'createdAt'
  | 'startedAt'
  | 'finishedAt'
> & {
  /** For a run started by the clock: its tick. */
  tickAt: Date | null;
};

/** The data of a run in lists that comes from other tables. */
export interface RunSurroundings {
  jobRunId: string;
  jobRef: string;
  /** The display name, otherwise the ref. */
  jobName: string;
  jobType: string;
  deploymentVersion: number;
  configurationVersion: number;
  attemptCount: number;
  /** E-mail address of the member who started it; null without one, and after that member has left. */
  starterEmail: string | null;
  /** The run whose end started it. */
  causeId: string | null;
  causeNumber: number | null;
  causeJobId: string | null;
  causeJobRef: string | null;
  causeJobName: string | null;
}

/** The active run that keeps another one waiting. */
export interface RunHolder {
  /** The run that waits. */
  jobRunId: string;
  id: string;
  number: number;
  jobId: string;
  jobRef: string;
  /** The display name, otherwise the ref. */
  jobName: string;
}

/** Sums over all pipeline runs of a run. */
export interface RunLoaded {
  jobRunId: string;
  pipelineRunCount: number;
  failedPipelineRunCount: number;
  rows: number;
  bytes: number;
  tableCount: number;
  hasSchemaChange: boolean;
  /** In alphabetical order. */
  pipelineNames: string[];
}

export interface RunNeighbour {
  id: string;
  number: number;
}

/** Duration and loaded data of an ended run. */
export interface TrendRun extends Pick<
  JobRunRecord,
  'id' | 'number' | 'status' | 'createdAt' | 'startedAt' | 'finishedAt'
> {
  /** Null if no pipeline run was reported. */
  rowsLoaded: number | null;
  bytesLoaded: number | null;
  deploymentVersion: number;
}

/** How many earlier run numbers are searched for a completed run. */
const farthestCompleted = 10_000;

const headColumns = columns('job_runs', [
  'id',
  'job_id',
  'number',
  'status',
  'trigger',
  'trigger_kind',
  'tick_at',
  'triggered_by',
  'backfill_id',
  'backfill_window',
  'profile',
  'refresh',
  'interval_start',
  'interval_end',
  'deployment_id',
  'configuration_id',
  'failure',
  'reason',
  'skip',
  'wait_reason',
  'wait_kind',
  'is_app',
  'unknown_since',
  'unknown_detail',
  'not_before',
  'created_at',
  'started_at',
  'finished_at',
]);

export type RunOverviewStore = ReturnType<typeof createRunOverviewStore>;

/** Reads runs for user-facing lists, with a fixed number of statements for each list, whatever its length. */
export function createRunOverviewStore(sql: Queryable) {
  const findNeighbour = async (statement: Statement) => {
    const [row] = await sql.prepared<RunNeighbour>(statement);
    return row ?? null;
  };

  return {
    list: (workspaceId: string, filter: JobRunFilter): Promise<RowList<RunOverviewHead, JobRunSortKey>> =>
      listJobRuns<RunOverviewHead>(sql, headColumns, workspaceId, filter),

    get: (workspaceId: string, jobRunId: string) =>
      sql.maybeOne<RunOverviewHead>(
        named(`select ${headColumns} from job_runs where workspace_id = :workspaceId and id = :jobRunId`, {
          workspaceId,
          jobRunId,
        }),
      ),

    /**
     * Returns the runs that tell the state of each job, each once: the last run, which was not skipped; the newest
     * one, if it was skipped; and of a failing job the newest failed one.
     */
    statingOfJobs: (jobIds: readonly string[]) =>
      sql.prepared<RunOverviewHead>(
        named(
          `select ${headColumns} from job_runs where id in (
             select stating.id from jobs cross join lateral (
               (select id from job_runs where job_id = jobs.id and status <> 'skipped' order by created_at desc, id desc limit 1)
               union all
               (select id from job_runs where job_id = jobs.id order by created_at desc, id desc limit 1)
               union all
               (select id from job_runs where ${isFailureOfJob} order by created_at desc, id desc limit 1)) as stating
              where jobs.id = any(:jobIds))
            order by created_at desc, id desc`,
          { jobIds },
        ),
      ),

    surroundingsOf: (jobRunIds: readonly string[]) =>
      sql.prepared<RunSurroundings>(
        named(
          `select job_runs.id as "jobRunId", jobs.job_ref as "jobRef", coalesce(job_versions.display_name, jobs.job_ref) as "jobName",
                  jobs.job_type as "jobType", deployments.version as "deploymentVersion", configurations.version as "configurationVersion",
                  (select count(*)::int from attempts where attempts.job_run_id = job_runs.id) as "attemptCount",
                  users.email as "starterEmail", cause.id as "causeId", cause.number as "causeNumber", cause.job_id as "causeJobId",
                  cause_jobs.job_ref as "causeJobRef", coalesce(cause_versions.display_name, cause_jobs.job_ref) as "causeJobName"
             from job_runs
             join jobs on jobs.id = job_runs.job_id
             join job_versions on job_versions.id = jobs.current_version_id
             join deployments on deployments.id = job_runs.deployment_id
             join configurations on configurations.id = job_runs.configuration_id
             left join organization_memberships on organization_memberships.id = job_runs.triggered_by
             left join users on users.id = organization_memberships.user_id
             left join job_runs as cause on cause.id = job_runs.previous_job_run_id
             left join jobs as cause_jobs on cause_jobs.id = cause.job_id
             left join job_versions as cause_versions on cause_versions.id = cause_jobs.current_version_id
            where job_runs.id = any(:jobRunIds)`,
          { jobRunIds },
        ),
      ),

    /** Only runs that wait for an active one; of several, for the oldest. */
    holdersOf: (jobRunIds: readonly string[]) =>
      sql.prepared<RunHolder>(
        named(
          `select job_runs.id as "jobRunId", holder.id, holder.number, jobs.id as "jobId", jobs.job_ref as "jobRef",
                  coalesce(job_versions.display_name, jobs.job_ref) as "jobName"
             from job_runs ${joinHolder}
             join jobs on jobs.id = holder.job_id
             join job_versions on job_versions.id = jobs.current_version_id
            where job_runs.id = any(:jobRunIds)`,
          { jobRunIds },
        ),
      ),

    /** Only runs with reported pipeline runs. */
    loadedOf: (jobRunIds: readonly string[]) =>
      sql.prepared<RunLoaded>(
        named(
          `select job_run_id as "jobRunId", count(*)::int as "pipelineRunCount",
                  count(*) filter (where status = 'failed')::int as "failedPipelineRunCount",
                  sum(total_rows_loaded)::bigint as rows, sum(total_bytes_loaded)::bigint as bytes,
                  sum(coalesce(table_count, json_array_length(facts->'tables')))::int as "tableCount",
                  bool_or(has_schema_migration) as "hasSchemaChange",
                  array_agg(distinct pipeline_name order by pipeline_name) as "pipelineNames"
             from pipeline_runs where job_run_id = any(:jobRunIds) group by job_run_id`,
          { jobRunIds },
        ),
      ),

    previousOf: (jobId: string, number: number) =>
      findNeighbour(
        named(
          'select id, number from job_runs where job_id = :jobId and number < :number order by number desc limit 1',
          { jobId, number },
        ),
      ),

    nextOf: (jobId: string, number: number) =>
      findNeighbour(
        named(
          'select id, number from job_runs where job_id = :jobId and number > :number order by number limit 1',
          { jobId, number },
        ),
      ),

    /** Searches at most 10,000 earlier numbers, to limit the cost for a job that always fails. */
    lastCompletedBefore: (jobId: string, number: number) =>
      findNeighbour(
        named(
          `select id, number from job_runs
            where job_id = :jobId and number < :number and number >= :number - ${farthestCompleted} and status = 'completed'
            order by number desc limit 1`,
          { jobId, number },
        ),
      ),

    /** Lists the last ended runs of a job, newest first. */
    trendOf: (jobId: string, limit: number) =>
      sql.prepared<TrendRun>(
        named(
          `select ended.*, loaded.rows as "rowsLoaded", loaded.bytes as "bytesLoaded"
             from (select ${columns('job_runs', ['id', 'number', 'status', 'created_at', 'started_at', 'finished_at'])},
                          (select version from deployments where deployments.id = job_runs.deployment_id) as "deploymentVersion"
                     from job_runs where job_id = :jobId and status in ('completed', 'failed', 'cancelled')
                    order by created_at desc, id desc limit :limit) as ended
             left join lateral (select sum(total_rows_loaded)::bigint as rows, sum(total_bytes_loaded)::bigint as bytes
                                  from pipeline_runs where pipeline_runs.job_run_id = ended.id) as loaded on true
            order by ended."createdAt" desc, ended.id desc`,
          { jobId, limit },
        ),
      ),
  };
}
