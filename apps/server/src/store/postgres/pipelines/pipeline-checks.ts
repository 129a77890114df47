import type { JobRunRecord } from '../runs/job-run-record.ts';
import type { JobUse, PipelineUse } from '../../../domain/pipelines/expected-pipelines.ts';
import type { PipelineRunDetails } from '../../../telemetry/pipeline-run-details.ts';
import type { Queryable } from '../pool.ts';
import type { StoredChecks } from '../../../domain/pipelines/evaluate-checks.ts';
import { columns } from '../statements/columns.ts';
import { isDeployedJob } from '../jobs/deployed-jobs.ts';
import { named } from '../statements/named.ts';
import { worstStatus } from '../../../domain/pipelines/evaluate-checks.ts';

/** What one attempt did with a pipeline, however often it called `run()`. */
export interface PipelineResultRecord {
  attemptId: string;
  pipelineName: string;
  jobRunId: string;
  /** 0: a check expects the pipeline, and the attempt did not report it. */
  callCount: number;
  /** Of the last call; null without one. */
  status: 'succeeded' | 'failed' | null;
  datasetName: string | null;
  rowsLoaded: number;
  bytesLoaded: number;
  durationMs: number | null;
  checks: StoredChecks | null;
  createdAt: Date;
}

interface LateRow extends Pick<JobRunRecord, 'id' | 'workspaceId' | 'configurationId' | 'profile' | 'jobId'> {
  isCompleted: boolean;
}

/** Identifies a pipeline in an attempt. */
interface ResultKey {
  workspaceId: string;
  pipelineName: string;
  attemptId: string;
}

const resultColumns = columns('pipeline_results', [
  'attempt_id',
  'pipeline_name',
  'job_run_id',
  'call_count',
  'status',
  'dataset_name',
  'rows_loaded',
  'bytes_loaded',
  'duration_ms',
  'checks',
  'created_at',
]);

/** Reads what checks of an attempt need, and stores their results. */
export function createPipelineCheckStore(sql: Queryable) {
  return {
    /** Lists the calls of these pipelines in an attempt, oldest first. */
    listCalls: async (attemptId: string, pipelineNames: readonly string[]) =>
      (
        await sql.query<{ facts: PipelineRunDetails }>(
          named(
            `select facts from pipeline_runs where attempt_id = :attemptId and pipeline_name = any(:pipelineNames)
              order by created_at, id`,
            { attemptId, pipelineNames },
          ),
        )
      ).map(({ facts }) => facts),

    /** Reports whether another attempt has loaded with the pipeline. */
    async hasOtherAttempt({ workspaceId, pipelineName, attemptId }: ResultKey): Promise<boolean> {
      const row = await sql.maybeOne(
        named(
          `select 1 from pipeline_runs
            where workspace_id = :workspaceId and pipeline_name = :pipelineName and status = 'succeeded'
              and attempt_id <> :attemptId limit 1`,
          { workspaceId, pipelineName, attemptId },
        ),
      );
      return row !== undefined;
    },

    /** Finds when another attempt last loaded rows to a table, within a time before now. */
    async findLastLoad(
      { workspaceId, pipelineName, attemptId }: ResultKey,
      table: string,
      withinSeconds: number,
    ): Promise<Date | null> {
      const row = await sql.maybeOne<{ finishedAt: Date }>(
        named(
          `select coalesce(finished_at, created_at) as "finishedAt" from pipeline_runs
            where workspace_id = :workspaceId and pipeline_name = :pipelineName and total_rows_loaded > 0
              and created_at > now() - make_interval(secs => :withinSeconds)
              and attempt_id <> :attemptId
              and exists (select from json_array_elements(facts->'tables') as loaded
                           where loaded->>'tableName' = :table and (loaded->>'rowsLoaded')::numeric > 0)
            order by created_at desc limit 1`,
          { workspaceId, pipelineName, attemptId, table, withinSeconds },
        ),
      );
      return row?.finishedAt ?? null;
    },

    /** Lists the tables among these that the latest version of a schema of the pipeline has. */
    listSchemaTables: async (
      { workspaceId, pipelineName }: Omit<ResultKey, 'attemptId'>,
      tables: readonly string[],
    ): Promise<string[]> =>
      (
        await sql.query<{ name: string }>(
          named(
            `select distinct names.name from unnest(:tables::text[]) as names (name)
               join (select distinct on (schema_name) document from schema_versions
                      where workspace_id = :workspaceId and pipeline_name = :pipelineName
                      order by schema_name, last_seen_at desc, version desc nulls last) as latest
                 on json_typeof(latest.document->'tables'->names.name) = 'object'`,
            { workspaceId, pipelineName, tables },
          ),
        )
      ).map(({ name }) => name),

    /**
     * Finds which jobs in service run a pipeline, for a run that did not report it. A run of a job that is not in
     * service, or of a build of a manifest, need not.
     */
    async findUse(
      { workspaceId, jobId }: { workspaceId: string; jobId: string },
      pipelineName: string,
    ): Promise<{ use: PipelineUse; job: JobUse }> {
      const row = await sql.one<PipelineUse & JobUse>(
        named(
          `with in_service as (
             select jobs.id, jobs.job_type, jobs.id = :jobId as is_self,
                    coalesce(job_versions.definition->'deliver'->>'pipeline_name' = :pipelineName, false) as declares,
                    exists (select from job_pipelines as ran where ran.workspace_id = jobs.workspace_id and ran.job_id = jobs.id
                               and ran.pipeline_name = :pipelineName) as has_run,
                    exists (select from job_pipelines as ran where ran.workspace_id = jobs.workspace_id and ran.job_id = jobs.id) as has_any
               from jobs join job_versions on job_versions.id = jobs.current_version_id
              where jobs.workspace_id = :workspaceId and not jobs.is_archived and ${isDeployedJob}),
           latest as (
             select job_runs.job_id = :jobId as is_self
               from pipeline_results as results join job_runs on job_runs.id = results.job_run_id
              where results.workspace_id = :workspaceId and results.pipeline_name = :pipelineName and results.call_count > 0
                and job_runs.job_id in (select id from in_service)
              order by results.created_at desc limit 1)
           select coalesce(bool_or(is_self and (declares or has_run)), false) as "isOwn",
                  not coalesce(bool_or(is_self and declares), false)
                    and (not coalesce(bool_or(is_self), false) or coalesce(bool_or(not is_self and declares), false)
                         or coalesce((select not latest.is_self from latest),
                                     bool_or(not is_self and has_run) and not bool_or(is_self and has_run), false)) as "isOfOther",
                  coalesce(bool_or(is_self and has_any), false) as "runsPipelines",
                  coalesce(bool_or(not is_self and has_any), false) as "doOthersRunPipelines",
                  coalesce(bool_or(not is_self and job_type <> 'interactive'
                    and not exists (select from job_runs where job_runs.job_id = in_service.id and status in ('completed', 'failed'))),
                    false) as "isAnotherUntried"
             from in_service`,
          { workspaceId, jobId, pipelineName },
        ),
      );
      const { isOwn, isOfOther, ...job } = row;
      return { use: { isOwn, isOfOther }, job };
    },

    /**
     * Returns what the checks of a closed attempt are evaluated with, once all its telemetry is ingested; undefined before.
     * A check that failed took nothing from what its code completed.
     */
    async findLate(attemptId: string) {
      const row = await sql.maybeOne<LateRow>(
        named(
          `select job_runs.id, job_runs.workspace_id as "workspaceId", job_runs.configuration_id as "configurationId",
                  job_runs.profile, job_runs.job_id as "jobId",
                  coalesce((attempts.exit->>'code')::numeric = 0 and attempts.exit->>'reason' is null, false)
                    and coalesce(attempts.failure->>'code', 'check_failed') = 'check_failed' as "isCompleted"
             from attempts join job_runs on job_runs.id = attempts.job_run_id
            where attempts.id = :attemptId and attempts.closed_at is not null
              and not exists (select from beacon_bodies where beacon_bodies.attempt_id = attempts.id and ingested_at is null)`,
          { attemptId },
        ),
      );
      if (!row) return undefined;
      const { isCompleted, ...run } = row;
      return { run, isCompleted };
    },

    /** Replaces the results of the checks of an attempt. */
    save: async (
      attempt: { attemptId: string; jobRunId: string; workspaceId: string },
      checked: readonly { pipelineName: string; checks: StoredChecks }[],
    ): Promise<void> => {
      await sql.execute(
        named(
          `insert into pipeline_results as kept (attempt_id, pipeline_name, workspace_id, job_run_id, checks, check_status)
           select :attemptId::uuid, name, :workspaceId::uuid, :jobRunId::uuid, checks, status
             from unnest(:names::text[], :checks::jsonb[], :statuses::text[]) as checked (name, checks, status)
           on conflict (attempt_id, pipeline_name) do update set checks = excluded.checks, check_status = excluded.check_status`,
          {
            ...attempt,
            names: checked.map(({ pipelineName }) => pipelineName),
            checks: checked.map(({ checks }) => JSON.stringify(checks)),
            statuses: checked.map(({ checks }) => worstStatus(checks)),
          },
        ),
      );
    },

    /** Lists the results of the pipelines of a job run in the order of their attempts. */
    listResultsOfJobRun: (jobRunId: string, limit: number) =>
      sql.query<PipelineResultRecord & { attemptNumber: number }>(
        named(
          `select ${resultColumns}, attempts.number as "attemptNumber"
             from pipeline_results join attempts on attempts.id = pipeline_results.attempt_id
            where pipeline_results.job_run_id = :jobRunId
            order by attempts.number, pipeline_results.call_count = 0, pipeline_results.created_at, pipeline_results.pipeline_name limit :limit`,
          { jobRunId, limit },
        ),
      ),
  };
}
