import type { FailureReason } from '../../../domain/runs/failure-reason.ts';
import type { Queryable } from '../pool.ts';
import { failedAtOfJob } from '../jobs/job-state.ts';
import { named } from '../statements/named.ts';

/** The last attempt with a pipeline, with its job run. State and failure are those of its last call. */
export interface LastPipelineRunRecord {
  id: string;
  pipelineName: string;
  status: 'succeeded' | 'failed';
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  durationMs: number | null;
  rowsLoaded: number;
  bytesLoaded: number;
  destinationName: string | null;
  destinationType: string | null;
  datasetName: string | null;
  errorStep: string | null;
  errorMessage: string | null;
  /** Of the newest attempt with the pipeline, also if it did not report it. */
  checkStatus: string | null;
  jobRunId: string;
  jobRunNumber: number;
  jobRunStatus: string;
  isOfBackfill: boolean;
  /** Why the job run failed; null if it did not, or for no reason in its code. */
  jobRunReason: FailureReason | null;
  jobId: string;
  jobRef: string;
}

/** A failed pipeline run. */
export type PipelineRunFailureRecord = Pick<
  LastPipelineRunRecord,
  'id' | 'pipelineName' | 'status' | 'jobRunReason'
>;

/** A pipeline, or what it does with one dataset. */
export interface PipelineInDataset {
  pipelineName: string;
  datasetName: string | null;
}

/** The latest state of a pipeline. */
export interface PipelineNewsRecord {
  pipelineName: string;
  /** The dataset that the successful runs loaded into; null for all. */
  ofDataset: string | null;
  /** Null once retention has removed all its runs. */
  lastRun: LastPipelineRunRecord | null;
  lastSuccess: LastSuccessRecord | null;
}

export interface LastSuccessRecord {
  /** When it ended. */
  at: Date;
  /** When it was stored; runs stored later have failed. */
  createdAt: Date;
  isOfBackfill: boolean;
  durationMs: number | null;
  datasetName: string | null;
  destinationName: string | null;
  destinationType: string | null;
}

/** A job that has run a pipeline. */
export interface PipelineJobRecord {
  pipelineName: string;
  jobId: string;
  jobRef: string;
  triggers: string[];
  timeZone: string;
  isPaused: boolean;
  isArchived: boolean;
  /** When its newest failed run was created; null unless it is failing. */
  failedAt: Date | null;
  nextScheduledRunAt: Date | null;
}

/** A job whose success may start others. */
export type UpstreamJobRecord = Pick<
  PipelineJobRecord,
  'jobRef' | 'triggers' | 'timeZone' | 'isPaused' | 'isArchived'
>;

/** What the last runs loaded into one table. */
export interface TableRowsRecord {
  pipelineName: string;
  schemaName: string;
  tableName: string;
  /** Number of runs that reported how many rows they loaded into it. */
  runCount: number;
  rowsLoaded: number;
  rowsLastLoaded: number | null;
  bytesLastLoaded: number | null;
  lastLoadedAt: Date;
}

/** Medians over the last successful runs. */
export interface UsualRunRecord {
  runCount: number;
  durationMs: number | null;
  rowsLoaded: number | null;
  bytesLoaded: number | null;
}

const runColumns = `runs.id, runs.pipeline_name, runs.status, runs.created_at, runs.started_at, runs.finished_at, runs.duration_ms,
  runs.total_rows_loaded, runs.total_bytes_loaded, runs.destination_name, runs.destination_type, runs.dataset_name,
  runs.error_step, runs.error_message, runs.job_run_id, runs.attempt_id`;

/** Matches runs, and days with runs, by name and optionally by dataset. */
const ofName = <const Dataset extends string>(table: string, dataset: Dataset) =>
  `${table}.workspace_id = :workspaceId and ${table}.pipeline_name = names.name
     and (${dataset} is null or ${table}.dataset_name = ${dataset})` as const;

const ofPair = (table: string) => ofName(table, 'names.dataset');

/** Like `ofPair`, but also runs that failed before they named a dataset. */
const ofPairOrUnnamed = (table: string) =>
  ofName(table, `case when ${table}.dataset_name is not null then names.dataset end` as const);

/**
 * Selects the newest run of a name that `of` matches, by way of the newest day with one in the daily rollups:
 * since then a pipeline may have failed, or written to other datasets, a hundred thousand times.
 */
function newestRun(
  selected: string,
  { of, ofDay, ofRun }: { of: typeof ofPair | typeof ofPairOrUnnamed; ofDay: string; ofRun: string },
) {
  return `select ${selected}
     from (select starts_on from pipeline_run_rollups as days
            where ${of('days')} and days.period = 'day' and ${ofDay} order by starts_on desc limit 1) as newest
    cross join lateral (
      select * from pipeline_runs as candidates
       where ${of('candidates')} and ${ofRun} and candidates.created_at >= newest.starts_on::timestamp at time zone 'UTC'
         and candidates.created_at < (newest.starts_on + 1)::timestamp at time zone 'UTC'
       order by candidates.created_at desc, candidates.id desc limit 1
    ) as runs` as const;
}

interface NewsRow extends Omit<LastPipelineRunRecord, 'id'> {
  name: string;
  ofDataset: string | null;
  id: string | null;
  successAt: Date | null;
  successCreatedAt: Date | null;
  successIsOfBackfill: boolean;
  successDurationMs: number | null;
  successDatasetName: string | null;
  successDestinationName: string | null;
  successDestinationType: string | null;
}

export type PipelineOverviewStore = ReturnType<typeof createPipelineOverviewStore>;

/**
 * Reads the data for pages of pipelines and datasets from the last runs and the daily rollups, never from a
 * whole history.
 */
export function createPipelineOverviewStore(sql: Queryable) {
  return {
    /** Lists the names of all pipelines of a workspace that reported a run. */
    listNames: async (workspaceId: string): Promise<string[]> =>
      (
        await sql.query<{ name: string }>(
          named(
            'select distinct pipeline_name as name from job_pipelines where workspace_id = :workspaceId order by 1',
            { workspaceId },
          ),
        )
      ).map(({ name }) => name),

    /** Lists the names of the pipelines that wrote to a dataset, up to `limit`. */
    listWriters: async (workspaceId: string, datasetName: string, limit: number): Promise<string[]> =>
      (
        await sql.query<{ name: string }>(
          named(
            `select distinct pipeline_name as name from job_pipelines
              where workspace_id = :workspaceId and dataset_name = :datasetName order by 1 limit :limit`,
            { workspaceId, datasetName, limit },
          ),
        )
      ).map(({ name }) => name),

    /** Lists the pairs of a pipeline and a dataset that it has loaded into, by dataset; null lists those of all datasets. */
    listPairs: (workspaceId: string, datasetNames: readonly string[] | null, limit: number) =>
      sql.query<PipelineInDataset>(
        named(
          `select distinct dataset_name as "datasetName", pipeline_name as "pipelineName" from job_pipelines
            where workspace_id = :workspaceId and dataset_name <> ''
                and (:datasetNames::text[] is null or dataset_name = any(:datasetNames)) order by 1, 2 limit :limit`,
          { workspaceId, datasetNames, limit },
        ),
      ),

    /** In the order of the pairs. */
    async listNews(workspaceId: string, pairs: readonly PipelineInDataset[]): Promise<PipelineNewsRecord[]> {
      const rows = await sql.query<NewsRow>(
        named(
          `select names.name, names.dataset as "ofDataset", last.id, last.pipeline_name as "pipelineName", last.status, last.created_at as "createdAt",
                  calls.started_at as "startedAt", last.finished_at as "finishedAt", calls.duration_ms as "durationMs",
                  calls.rows_loaded as "rowsLoaded", calls.bytes_loaded as "bytesLoaded",
                  last.destination_name as "destinationName", last.destination_type as "destinationType",
                  last.dataset_name as "datasetName", last.error_step as "errorStep", last.error_message as "errorMessage",
                  checked.check_status as "checkStatus",
                  last.job_run_id as "jobRunId", job_runs.number as "jobRunNumber", job_runs.status as "jobRunStatus",
                  job_runs.backfill_id is not null as "isOfBackfill",
                  job_runs.reason as "jobRunReason",
                  jobs.id as "jobId", jobs.job_ref as "jobRef", success.at as "successAt",
                  success.created_at as "successCreatedAt",
                  (select backfill_id is not null from job_runs as loading where loading.id = success.job_run_id) as "successIsOfBackfill",
                  success.duration_ms as "successDurationMs",
                  success.dataset_name as "successDatasetName", success.destination_name as "successDestinationName",
                  success.destination_type as "successDestinationType"
             from unnest(:pipelineNames::text[], :datasetNames::text[]) with ordinality as names (name, dataset, place)
             left join lateral (${newestRun(runColumns, { of: ofPairOrUnnamed, ofDay: 'run_count > 0', ofRun: 'true' })}) as last on true
             left join lateral (${newestRun(
               `coalesce(runs.finished_at, runs.created_at) as at, runs.created_at, runs.duration_ms, runs.dataset_name,
                runs.destination_name, runs.destination_type, runs.job_run_id`,
               {
                 of: ofPair,
                 ofDay: 'succeeded_count > 0',
                 ofRun: `candidates.status = 'succeeded'`,
               },
             )}) as success on true
             left join lateral (
               select min(calls.started_at) as started_at, sum(calls.duration_ms) as duration_ms,
                      least(sum(calls.total_rows_loaded), 9007199254740991)::int8 as rows_loaded,
                      least(sum(calls.total_bytes_loaded), 9007199254740991)::int8 as bytes_loaded
                 from pipeline_runs as calls where calls.attempt_id = last.attempt_id and ${ofPairOrUnnamed('calls')}) as calls on true
             left join lateral (
               select results.check_status from pipeline_results as results
                where results.workspace_id = :workspaceId and results.pipeline_name = names.name
                order by results.created_at desc limit 1) as checked on true
             left join job_runs on job_runs.id = last.job_run_id
             left join jobs on jobs.id = job_runs.job_id
            order by names.place`,
          {
            workspaceId,
            pipelineNames: pairs.map(({ pipelineName }) => pipelineName),
            datasetNames: pairs.map(({ datasetName }) => datasetName),
          },
        ),
      );
      return rows.map(toNews);
    },

    /** Lists the failed runs among these, with why their job run failed. */
    listFailures: (workspaceId: string, pipelineRunIds: readonly string[]) =>
      sql.query<PipelineRunFailureRecord>(
        named(
          `select runs.id, runs.pipeline_name as "pipelineName", runs.status, job_runs.reason as "jobRunReason"
             from pipeline_runs runs join job_runs on job_runs.id = runs.job_run_id
            where runs.workspace_id = :workspaceId and runs.id = any(:pipelineRunIds) and runs.status = 'failed'`,
          { workspaceId, pipelineRunIds },
        ),
      ),

    /** Lists the jobs that run or have run pipelines, active ones first. */
    listJobs: (workspaceId: string, pipelineNames: readonly string[]) =>
      sql.query<PipelineJobRecord>(
        named(
          `select ran.pipeline_name as "pipelineName", jobs.id as "jobId", jobs.job_ref as "jobRef", jobs.triggers,
                  coalesce(job_versions.definition->'require'->>'timezone', 'UTC') as "timeZone",
                  jobs.is_paused as "isPaused", jobs.is_archived as "isArchived", ${failedAtOfJob} as "failedAt",
                  (select min(schedules.next_tick_at) from schedules where schedules.job_id = jobs.id) as "nextScheduledRunAt"
             from (select distinct pipeline_name, job_id from job_pipelines
                    where workspace_id = :workspaceId and pipeline_name = any(:pipelineNames)) as ran
             join jobs on jobs.id = ran.job_id join job_versions on job_versions.id = jobs.current_version_id
            order by ran.pipeline_name, jobs.is_archived, jobs.is_paused, jobs.job_ref`,
          { workspaceId, pipelineNames },
        ),
      ),

    /** Lists the jobs whose success starts one of these, directly or through others. */
    listUpstreamJobs: (workspaceId: string, jobRefs: readonly string[]) =>
      sql.query<UpstreamJobRecord>(
        named(
          `with recursive upstream as (
             select unnest(:jobRefs::text[]) as job_ref
              union
             select substr(starting, length('job.success:') + 1)
               from upstream join jobs on jobs.workspace_id = :workspaceId and jobs.job_ref = upstream.job_ref
              cross join lateral unnest(jobs.triggers) as starting
              where starting like 'job.success:%')
           select jobs.job_ref as "jobRef", jobs.triggers,
                  coalesce(job_versions.definition->'require'->>'timezone', 'UTC') as "timeZone",
                  jobs.is_paused as "isPaused", jobs.is_archived as "isArchived"
             from upstream join jobs on jobs.workspace_id = :workspaceId and jobs.job_ref = upstream.job_ref
             join job_versions on job_versions.id = jobs.current_version_id
            where jobs.job_ref <> all(:jobRefs::text[])`,
          { workspaceId, jobRefs },
        ),
      ),

    /**
     * Computes the medians of the last successful attempts.
     * @param until when the newest of them ended
     */
    usualRun: (workspaceId: string, pipelineName: string, { until, limit }: { until: Date; limit: number }) =>
      sql.one<UsualRunRecord>(
        named(
          `select count(*)::int as "runCount",
                  percentile_disc(0.5) within group (order by duration_ms) as "durationMs",
                  percentile_disc(0.5) within group (order by rows_loaded) as "rowsLoaded",
                  percentile_disc(0.5) within group (order by bytes_loaded) as "bytesLoaded"
             from (select duration_ms, rows_loaded, bytes_loaded from pipeline_results
                    where workspace_id = :workspaceId and pipeline_name = :pipelineName and status = 'succeeded' and created_at <= :until
                    order by created_at desc limit :limit) as last`,
          { workspaceId, pipelineName, until, limit },
        ),
      ),

    /**
     * Lists what the attempts of the last successful calls loaded into each table, by name; at most `tables`.
     * @param of for each pipeline, when the newest of the calls was stored
     */
    listTableRows: (
      workspaceId: string,
      of: { pipelines: readonly { name: string; until: Date }[]; datasetName: string | null },
      { runs, tables }: { runs: number; tables: number },
    ) =>
      sql.query<TableRowsRecord>(
        named(
          `with loads as (
            select names.name, loaded.value->>'schemaName' as schema_name, loaded.value->>'tableName' as table_name,
                   least(sum((loaded.value->>'rowsLoaded')::numeric), 9007199254740991)::int8 as row_count,
                   least(sum((loaded.value->>'bytesLoaded')::numeric), 9007199254740991)::int8 as byte_count,
                   max(runs.created_at) as reported_at, max(coalesce(runs.finished_at, runs.created_at)) as ended_at
             from unnest(:names::text[], :untils::timestamptz[]) as names (name, until)
            cross join lateral (
              select attempt_id, created_at, finished_at, facts from pipeline_runs as candidates
               where ${ofName('candidates', ':datasetName::text')} and candidates.status = 'succeeded' and candidates.created_at <= names.until
               order by candidates.created_at desc limit :runs
            ) as runs
            cross join lateral json_array_elements(
              case json_typeof(runs.facts->'tables') when 'array' then runs.facts->'tables' else '[]' end) as loaded
            where loaded.value->>'rowsLoaded' is not null
            group by 1, 2, 3, runs.attempt_id)
           select name as "pipelineName", schema_name as "schemaName", table_name as "tableName", count(*)::int as "runCount",
                  least(sum(row_count), 9007199254740991)::int8 as "rowsLoaded",
                  (array_agg(row_count order by reported_at desc))[1] as "rowsLastLoaded",
                  (array_agg(byte_count order by reported_at desc))[1] as "bytesLastLoaded",
                  max(ended_at) as "lastLoadedAt"
             from loads group by 1, 2, 3 order by 3, 1, 2 limit :tables`,
          {
            workspaceId,
            names: of.pipelines.map(({ name }) => name),
            datasetName: of.datasetName,
            untils: of.pipelines.map(({ until }) => until),
            runs,
            tables,
          },
        ),
      ),
  };
}

function toNews(row: NewsRow): PipelineNewsRecord {
  const {
    name,
    ofDataset,
    id,
    successAt,
    successCreatedAt,
    successIsOfBackfill,
    successDurationMs,
    ...others
  } = row;
  const { successDatasetName, successDestinationName, successDestinationType, ...run } = others;
  return {
    pipelineName: name,
    ofDataset,
    lastRun: id === null ? null : { ...run, id },
    lastSuccess:
      successAt && successCreatedAt
        ? {
            at: successAt,
            createdAt: successCreatedAt,
            isOfBackfill: successIsOfBackfill,
            durationMs: successDurationMs,
            datasetName: successDatasetName,
            destinationName: successDestinationName,
            destinationType: successDestinationType,
          }
        : null,
  };
}
