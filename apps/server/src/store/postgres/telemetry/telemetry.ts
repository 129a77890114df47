import type { PipelineRunFilter, PipelineRunHeadRecord } from '../pipelines/pipeline-run-list.ts';
import type { Queryable } from '../pool.ts';
import type { PipelineRunDetails } from '../../../telemetry/pipeline-run-details.ts';
import type { UsualRows } from '../../../domain/runs/run-changes.ts';
import { columns } from '../statements/columns.ts';
import { listPipelineRuns, pipelineRunHeadColumns } from '../pipelines/pipeline-run-list.ts';
import { keepBlobs, reserveBlobs } from '../retention/blob-reservations.ts';
import { named } from '../statements/named.ts';

export interface BeaconBodyRecord {
  attemptId: string;
  number: number;
  kind: string;
  blobKey: string;
  jobRunId: string;
  workspaceId: string;
  configurationId: string;
  profile: string;
  jobRef: string;
  /** Its attempt is. */
  isClosed: boolean;
}

export interface PipelineRunRecord {
  id: string;
  workspaceId: string;
  jobRunId: string;
  attemptId: string;
  traceBlobKey: string;
  /** When retention removed the trace; null while it exists. */
  traceRemovedAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
  facts: PipelineRunDetails;
}

/** A pipeline run with the number of the attempt that reported it. */
export interface AttemptPipelineRunRecord extends PipelineRunRecord {
  attemptNumber: number;
}

export interface JobResultRecord {
  id: string;
  jobRunId: string;
  jobRef: string;
  resultType: string;
  engineVersion: number;
  /** The body from dlt, verbatim. */
  document: Record<string, unknown>;
  createdAt: Date;
  updatedAt: Date;
}

const pipelineRunColumns = columns('pipeline_runs', [
  'id',
  'workspace_id',
  'job_run_id',
  'attempt_id',
  'trace_blob_key',
  'trace_removed_at',
  'created_at',
  'updated_at',
  'facts',
]);
const resultColumns = columns('job_results', [
  'id',
  'job_run_id',
  'job_ref',
  'result_type',
  'engine_version',
  'document',
  'created_at',
  'updated_at',
]);

export type TelemetryStore = ReturnType<typeof createTelemetryStore>;

/** Stores the data from dlt's beacon: raw bodies, and the pipeline runs and results parsed from them. */
export function createTelemetryStore(sql: Queryable) {
  return {
    /** Marks blobs of bodies that will be written for removal after a day. */
    reserveBodies: (keys: readonly string[]) => reserveBlobs(sql, keys),

    /** Keeps the blobs of bodies that are added in this transaction; false if a reservation has expired. */
    keepBodies: (reservations: readonly number[]) => keepBlobs(sql, reservations),

    addBody: (body: {
      attemptId: string;
      number: number;
      kind: string;
      sizeBytes: number;
      blobKey: string;
      receivedAt: Date;
    }) =>
      sql.execute(
        named(
          `insert into beacon_bodies (attempt_id, number, kind, size_bytes, blob_key, received_at) values (:attemptId, :number, :kind,
                                                                                                 :sizeBytes, :blobKey,
                                                                                                 :receivedAt)
           on conflict do nothing`,
          body,
        ),
      ),

    /** Lists stored bodies that were not ingested yet, in order of arrival. */
    listWaiting: (attemptId: string | null, limit: number) =>
      sql.prepared<BeaconBodyRecord>(
        named(
          `select beacon_bodies.attempt_id as "attemptId", beacon_bodies.number, beacon_bodies.kind,
                  beacon_bodies.blob_key as "blobKey", job_runs.id as "jobRunId", job_runs.workspace_id as "workspaceId",
                  job_runs.configuration_id as "configurationId", job_runs.profile, jobs.job_ref as "jobRef",
                  attempts.closed_at is not null as "isClosed"
             from beacon_bodies
             join attempts on attempts.id = beacon_bodies.attempt_id
             join job_runs on job_runs.id = attempts.job_run_id
             join jobs on jobs.id = job_runs.job_id
            where beacon_bodies.ingested_at is null and (:attemptId::uuid is null or beacon_bodies.attempt_id = :attemptId)
            order by beacon_bodies.received_at, beacon_bodies.number limit :limit`,
          { attemptId, limit },
        ),
      ),

    /** A body with a problem is kept and not retried. */
    markIngested: (attemptId: string, number: number, problem: string | null) =>
      sql.execute(
        named(
          'update beacon_bodies set ingested_at = now(), problem = :problem where attempt_id = :attemptId and number = :number',
          { attemptId, number, problem },
        ),
      ),

    touchWatermark: (workspaceId: string) =>
      sql.execute(
        named(
          `insert into telemetry_watermarks (workspace_id, updated_at) values (:workspaceId, now())
           on conflict (workspace_id) do update set updated_at = now()`,
          { workspaceId },
        ),
      ),

    watermark: async (workspaceId: string) => {
      const row = await sql.maybeOne<{ updatedAt: Date }>(
        named(
          `select updated_at as "updatedAt" from telemetry_watermarks where workspace_id = :workspaceId`,
          { workspaceId },
        ),
      );
      return row?.updatedAt;
    },

    /** A repeated trace changes nothing but `updated_at`. */
    upsertPipelineRun: (run: Omit<PipelineRunRecord, 'id' | 'createdAt' | 'updatedAt' | 'traceRemovedAt'>) =>
      sql.execute(
        named(
          `insert into pipeline_runs (workspace_id, job_run_id, attempt_id, transaction_id, pipeline_name, status, started_at,
                  finished_at, duration_ms, destination_name, destination_type, dataset_name, total_rows_extracted,
                  total_rows_loaded, total_bytes_loaded, error_step, error_message, has_schema_migration, is_empty_run,
                  dlt_version, facts, trace_blob_key, table_count)
           values (:workspaceId, :jobRunId, :attemptId, :transactionId, :pipelineName, :status, :startedAt, :finishedAt,
                   :durationMs, :destinationName, :destinationType, :datasetName, :totalRowsExtracted, :totalRowsLoaded,
                   :totalBytesLoaded, :errorStep, :errorMessage, :hasSchemaMigration, :isEmptyRun, :dltVersion, :facts,
                   :traceBlobKey, :tableCount)
           on conflict (attempt_id, transaction_id) do update set
                  pipeline_name = excluded.pipeline_name, status = excluded.status, started_at = excluded.started_at,
                  finished_at = excluded.finished_at, duration_ms = excluded.duration_ms,
                  destination_name = excluded.destination_name, destination_type = excluded.destination_type,
                  dataset_name = excluded.dataset_name, total_rows_extracted = excluded.total_rows_extracted,
                  total_rows_loaded = excluded.total_rows_loaded, total_bytes_loaded = excluded.total_bytes_loaded,
                  error_step = excluded.error_step, error_message = excluded.error_message,
                  has_schema_migration = excluded.has_schema_migration, is_empty_run = excluded.is_empty_run,
                  dlt_version = excluded.dlt_version, facts = excluded.facts, trace_blob_key = excluded.trace_blob_key,
                  table_count = excluded.table_count,
                  trace_removed_at = null, updated_at = now()
            where pipeline_runs.facts::text <> excluded.facts::text`,
          {
            ...run.facts,
            ...run,
            tableCount: run.facts.tables.length,
          },
        ),
      ),

    listPipelineRuns: (workspaceId: string, filter: PipelineRunFilter) =>
      listPipelineRuns(sql, workspaceId, filter),

    getPipelineRun: (workspaceId: string, pipelineRunId: string) =>
      sql.maybeOne<PipelineRunRecord>(
        named(
          `select ${pipelineRunColumns} from pipeline_runs where workspace_id = :workspaceId and id = :pipelineRunId`,
          { workspaceId, pipelineRunId },
        ),
      ),

    /**
     * Lists the first `limit` pipeline runs of a job run with all columns, in the order in which they were
     * reported.
     */
    listPipelineRunsOfJobRun: (jobRunId: string, limit: number) =>
      sql.query<AttemptPipelineRunRecord>(
        named(
          `select ${pipelineRunColumns}, attempts.number as "attemptNumber"
             from pipeline_runs join attempts on attempts.id = pipeline_runs.attempt_id
            where pipeline_runs.job_run_id = :jobRunId order by pipeline_runs.created_at, pipeline_runs.id limit :limit`,
          { jobRunId, limit },
        ),
      ),

    /**
     * Lists pipeline runs of several job runs, oldest first: the summaries for a list of job runs in one
     * query.
     */
    listOfJobRuns: (jobRunIds: readonly string[]) =>
      sql.prepared<PipelineRunHeadRecord>(
        named(
          `select ${pipelineRunHeadColumns} from pipeline_runs where job_run_id = any(:jobRunIds) order by created_at, id`,
          { jobRunIds },
        ),
      ),

    /** Returns the details of the last failed pipeline run of an attempt. */
    async lastFailedOfAttempt(attemptId: string) {
      const row = await sql.maybeOne<{ facts: PipelineRunDetails }>(
        named(
          `select facts from pipeline_runs where attempt_id = :attemptId and status = 'failed'
            order by finished_at desc nulls last, created_at desc limit 1`,
          { attemptId },
        ),
      );
      return row?.facts;
    },
    /** Lists the pipeline runs of one job run with their details, oldest first. */
    listDetailsOfJobRun: (jobRunId: string, limit: number) =>
      sql.query<PipelineRunRecord>(
        named(
          `select ${pipelineRunColumns} from pipeline_runs where job_run_id = :jobRunId order by created_at, id limit :limit`,
          { jobRunId, limit },
        ),
      ),

    /**
     * Returns the median of the rows that a job's last completed runs before this number extracted, by table.
     * @param limits the number of runs that count, and of returned tables
     */
    usualRowsOfJob: (job: { jobId: string; number: number }, limits: { runs: number; tables: number }) =>
      sql.query<UsualRows>(
        named(
          `with recent as (
             select id from job_runs where job_id = :jobId and number < :number and status = 'completed'
              order by number desc limit :runs),
           extracted as (
             select pipeline_runs.job_run_id, pipeline_runs.pipeline_name, loaded->>'schemaName' as schema_name,
                    loaded->>'tableName' as table_name, sum((loaded->>'rowsExtracted')::double precision) as row_count
               from recent join pipeline_runs on pipeline_runs.job_run_id = recent.id
               cross join lateral json_array_elements(facts->'tables') as loaded
              where loaded->>'rowsExtracted' is not null group by 1, 2, 3, 4)
           select pipeline_name as "pipelineName", schema_name as "schemaName", table_name as "tableName",
                  percentile_disc(0.5) within group (order by row_count) as "usualRows", count(*)::int as "runCount"
             from extracted group by 1, 2, 3 order by 1, 2, 3 limit :tables`,
          { ...job, ...limits },
        ),
      ),

    /** Sets the tables of a pipeline's schema in a dataset; the latest report replaces earlier ones. */
    upsertDatasetSchema: (schema: {
      workspaceId: string;
      datasetName: string;
      pipelineName: string;
      schemaName: string;
      tableNames: readonly string[];
    }) =>
      sql.execute(
        named(
          `insert into dataset_schemas (workspace_id, dataset_name, pipeline_name, schema_name, table_names)
           values (:workspaceId, :datasetName, :pipelineName, :schemaName, :tableNames)
           on conflict (workspace_id, dataset_name, pipeline_name, schema_name) do update set table_names = excluded.table_names
            where dataset_schemas.table_names <> excluded.table_names`,
          schema,
        ),
      ),

    /** Lists the schemas of a dataset, the first `limit` by pipeline and name, with their tables in it. */
    listDatasetSchemas: (workspaceId: string, datasetName: string, limit: number) =>
      sql.query<{ pipelineName: string; schemaName: string; tableNames: string[] }>(
        named(
          `select pipeline_name as "pipelineName", schema_name as "schemaName", table_names as "tableNames" from dataset_schemas
            where workspace_id = :workspaceId and dataset_name = :datasetName order by 1, 2 limit :limit`,
          { workspaceId, datasetName, limit },
        ),
      ),

    upsertResult: (result: {
      workspaceId: string;
      jobRunId: string;
      jobRef: string;
      resultType: string;
      engineVersion: number;
      document: unknown;
    }) =>
      sql.execute(
        named(
          `insert into job_results (workspace_id, job_run_id, job_ref, result_type, engine_version, document)
           values (:workspaceId, :jobRunId, :jobRef, :resultType, :engineVersion, :document)
           on conflict (job_run_id) do update set job_ref = excluded.job_ref, result_type = excluded.result_type,
                  engine_version = excluded.engine_version, document = excluded.document, updated_at = now()
            where job_results.document::text <> excluded.document::text`,
          { ...result, document: JSON.stringify(result.document) },
        ),
      ),

    getResult: (workspaceId: string, jobRunId: string) =>
      sql.maybeOne<JobResultRecord>(
        named(
          `select ${resultColumns} from job_results where workspace_id = :workspaceId and job_run_id = :jobRunId`,
          { workspaceId, jobRunId },
        ),
      ),
  };
}
