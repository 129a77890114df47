import type { DatasetTables, JobPipeline } from '../../../domain/lineage/lineage-graph.ts';
import type { Queryable } from '../pool.ts';
import { failedAtOfJob, isFailingJob, stateOfJob } from '../jobs/job-state.ts';
import { named } from '../statements/named.ts';

/** A job as a node of the lineage graph. */
export interface LineageJobRecord {
  id: string;
  jobRef: string;
  displayName: string | null;
  jobType: string;
  triggers: string[];
  isPaused: boolean;
  isArchived: boolean;
  /** Failed since it last completed. */
  isFailing: boolean;
  state: string | null;
  /** When its newest failed run was created; null unless failing. */
  failedAt: Date | null;
  runId: string | null;
  runNumber: number | null;
  runStatus: string | null;
  runCreatedAt: Date | null;
  runFinishedAt: Date | null;
}

/** The last run of a pipeline by a job. */
export interface JobPipelineRunRecord {
  jobId: string;
  pipelineName: string;
  status: 'succeeded' | 'failed';
  at: Date;
  rowsLoaded: number;
}

/** The last successful load of a dataset by a pipeline. */
export interface DatasetLoadRecord {
  pipelineName: string;
  datasetName: string;
  at: Date;
  createdAt: Date;
  rowsLoaded: number;
  destinationName: string | null;
}

export interface DatasetPair {
  pipelineName: string;
  datasetName: string;
}

/** Maximum pipeline runs of one job run that are read. */
const pipelineRunsOfRun = 100;

export type LineageStore = ReturnType<typeof createLineageStore>;

/** Reads which jobs ran which pipelines, and what these loaded, with one or a few index probes for each node. */
export function createLineageStore(sql: Queryable) {
  return {
    /** Lists the pipelines that each job has run and the datasets that they named, at most `limit`. */
    listRuns: (workspaceId: string, limit: number) =>
      sql.prepared<JobPipeline>(
        named(
          `select job_id as "jobId", pipeline_name as "pipelineName", nullif(dataset_name, '') as "datasetName"
             from job_pipelines where workspace_id = :workspaceId
            order by job_id, pipeline_name, dataset_name limit :limit`,
          { workspaceId, limit },
        ),
      ),

    /** Lists the tables of datasets for each pipeline, at most `limit` schemas. */
    listTables: (workspaceId: string, datasetNames: readonly string[], limit: number) =>
      sql.prepared<DatasetTables>(
        named(
          `select dataset_name as "datasetName", pipeline_name as "pipelineName", table_names as "tableNames"
             from dataset_schemas where workspace_id = :workspaceId and dataset_name = any(:datasetNames)
            order by dataset_name, pipeline_name, schema_name limit :limit`,
          { workspaceId, datasetNames, limit },
        ),
      ),

    /** Counts the tables of datasets. Datasets without a reported schema are omitted. */
    countTables: async (workspaceId: string, datasetNames: readonly string[]) => {
      const rows = await sql.prepared<{ name: string; count: number }>(
        named(
          `select dataset_name as name, count(distinct table_name)::int as count
             from dataset_schemas cross join lateral unnest(table_names) as tables (table_name)
            where workspace_id = :workspaceId and dataset_name = any(:datasetNames) group by 1`,
          { workspaceId, datasetNames },
        ),
      );
      return new Map(rows.map(({ name, count }) => [name, count]));
    },

    listJobs: (jobIds: readonly string[]) =>
      sql.prepared<LineageJobRecord>(
        named(
          `select jobs.id, jobs.job_ref as "jobRef", job_versions.display_name as "displayName", jobs.job_type as "jobType",
                  jobs.triggers, jobs.is_paused as "isPaused", jobs.is_archived as "isArchived",
                  ${isFailingJob} as "isFailing", ${stateOfJob} as state, ${failedAtOfJob} as "failedAt",
                  latest.id as "runId", latest.number as "runNumber", latest.status as "runStatus",
                  latest.created_at as "runCreatedAt", latest.finished_at as "runFinishedAt"
             from jobs join job_versions on job_versions.id = jobs.current_version_id
             left join lateral (
               select id, number, status, created_at, finished_at from job_runs where job_runs.job_id = jobs.id and status <> 'skipped'
                order by created_at desc, id desc limit 1
             ) as latest on true
            where jobs.id = any(:jobIds)`,
          { jobIds },
        ),
      ),

    /** Lists the last run of each pipeline among the newest `runs` runs of each job. */
    listPipelineRuns: (jobIds: readonly string[], runs: number) =>
      sql.prepared<JobPipelineRunRecord>(
        named(
          `select distinct on (asked.job_id, reported.pipeline_name) asked.job_id as "jobId",
                  reported.pipeline_name as "pipelineName", reported.status,
                  coalesce(reported.finished_at, reported.created_at) as at, reported.total_rows_loaded as "rowsLoaded"
             from unnest(:jobIds::uuid[]) as asked (job_id)
            cross join lateral (
              select id from job_runs where job_runs.job_id = asked.job_id order by created_at desc, id desc limit :runs
            ) as recent
            cross join lateral (
              select * from pipeline_runs where pipeline_runs.job_run_id = recent.id limit ${pipelineRunsOfRun}
            ) as reported
            order by asked.job_id, reported.pipeline_name, reported.created_at desc`,
          { jobIds, runs },
        ),
      ),

    /**
     * Lists the last successful load of each pair, by way of the newest day with one in the daily rollups.
     * Pairs whose loads retention has removed are omitted.
     */
    listLoads: (workspaceId: string, pairs: readonly DatasetPair[]) =>
      sql.prepared<DatasetLoadRecord>(
        named(
          `select asked.pipeline_name as "pipelineName", asked.dataset_name as "datasetName",
                  coalesce(loaded.finished_at, loaded.created_at) as at, loaded.created_at as "createdAt",
                  loaded.total_rows_loaded as "rowsLoaded", loaded.destination_name as "destinationName"
             from unnest(:pipelineNames::text[], :datasetNames::text[]) as asked (pipeline_name, dataset_name)
            cross join lateral (
              select starts_on from pipeline_run_rollups as days
               where days.workspace_id = :workspaceId and days.period = 'day' and days.pipeline_name = asked.pipeline_name
                 and days.dataset_name = asked.dataset_name and days.succeeded_count > 0
               order by starts_on desc limit 1
            ) as newest
            cross join lateral (
              select * from pipeline_runs as candidates
               where candidates.workspace_id = :workspaceId and candidates.pipeline_name = asked.pipeline_name
                 and candidates.dataset_name = asked.dataset_name and candidates.status = 'succeeded'
                 and candidates.created_at >= newest.starts_on::timestamp at time zone 'UTC'
                 and candidates.created_at < (newest.starts_on + 1)::timestamp at time zone 'UTC'
               order by candidates.created_at desc, candidates.id desc limit 1
            ) as loaded`,
          {
            workspaceId,
            pipelineNames: pairs.map(({ pipelineName }) => pipelineName),
            datasetNames: pairs.map(({ datasetName }) => datasetName),
          },
        ),
      ),

    /** Returns when the schemas of pipelines last changed after their first version, by name. */
    lastChangesOfPipelines: (workspaceId: string, names: readonly string[]) =>
      lastSchemaChanges(sql, { workspaceId, column: 'pipeline_name', names }),

    /** Returns when the schemas in datasets last changed after their first version, by name. */
    lastChangesOfDatasets: (workspaceId: string, names: readonly string[]) =>
      lastSchemaChanges(sql, { workspaceId, column: 'dataset_name', names }),
  };
}

async function lastSchemaChanges(
  sql: Queryable,
  of: { workspaceId: string; column: 'pipeline_name' | 'dataset_name'; names: readonly string[] },
): Promise<Map<string, Date>> {
  const { workspaceId, column, names } = of;
  const rows = await sql.prepared<{ name: string; at: Date }>(
    named(
      `select asked.name, changed.created_at as at from unnest(:names::text[]) as asked (name)
        cross join lateral (
          select created_at from schema_changes
           where workspace_id = :workspaceId and ${column} = asked.name and base_hash is not null
           order by created_at desc limit 1
        ) as changed`,
      { workspaceId, names },
    ),
  );
  return new Map(rows.map(({ name, at }) => [name, at]));
}
