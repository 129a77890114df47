import type { PipelineRunFilter, PipelineRunHeadRecord } from '../pipelines/pipeline-run-list.ts';
import type { Queryable } from '../pool.ts';
import type { PipelineRunFacts } from '../../../telemetry/pipeline-run-facts.ts';
import { columns } from '../statements/columns.ts';
import { listPipelineRuns, pipelineRunHeadColumns } from '../pipelines/pipeline-run-list.ts';

export interface BeaconBodyRecord {
  attemptId: string;
  number: number;
  kind: string;
  blobKey: string;
  jobRunId: string;
  workspaceId: string;
  jobRef: string;
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
  facts: PipelineRunFacts;
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
    addBody: (body: {
      attemptId: string;
      number: number;
      kind: string;
      sizeBytes: number;
      blobKey: string;
      receivedAt: Date;
    }) =>
      sql.execute(
        `insert into beacon_bodies (attempt_id, number, kind, size_bytes, blob_key, received_at) values ($1, $2, $3, $4, $5, $6)
         on conflict do nothing`,
        [body.attemptId, body.number, body.kind, body.sizeBytes, body.blobKey, body.receivedAt],
      ),

    /** Lists stored bodies that were not ingested yet, in order of arrival. */
    listWaiting: (attemptId: string | null, limit: number) =>
      sql.prepared<BeaconBodyRecord>(
        `select beacon_bodies.attempt_id as "attemptId", beacon_bodies.number, beacon_bodies.kind,
                beacon_bodies.blob_key as "blobKey", job_runs.id as "jobRunId", job_runs.workspace_id as "workspaceId",
                jobs.job_ref as "jobRef"
           from beacon_bodies
           join attempts on attempts.id = beacon_bodies.attempt_id
           join job_runs on job_runs.id = attempts.job_run_id
           join jobs on jobs.id = job_runs.job_id
          where beacon_bodies.ingested_at is null and ($1::uuid is null or beacon_bodies.attempt_id = $1)
          order by beacon_bodies.received_at, beacon_bodies.number limit $2`,
        [attemptId, limit],
      ),

    /** A body with a problem is kept and not retried. */
    markIngested: (attemptId: string, number: number, problem: string | null) =>
      sql.execute(
        'update beacon_bodies set ingested_at = now(), problem = $3 where attempt_id = $1 and number = $2',
        [attemptId, number, problem],
      ),

    touchWatermark: (workspaceId: string) =>
      sql.execute(
        `insert into telemetry_watermarks (workspace_id, updated_at) values ($1, now())
         on conflict (workspace_id) do update set updated_at = now()`,
        [workspaceId],
      ),

    watermark: async (workspaceId: string) => {
      const row = await sql.maybeOne<{ updatedAt: Date }>(
        `select updated_at as "updatedAt" from telemetry_watermarks where workspace_id = $1`,
        [workspaceId],
      );
      return row?.updatedAt;
    },

    /** A repeated trace changes nothing but `updated_at`. */
    upsertPipelineRun: (run: Omit<PipelineRunRecord, 'id' | 'createdAt' | 'updatedAt' | 'traceRemovedAt'>) =>
      sql.execute(
        `insert into pipeline_runs (workspace_id, job_run_id, attempt_id, transaction_id, pipeline_name, status, started_at,
                finished_at, duration_ms, destination_name, destination_type, dataset_name, total_rows_extracted,
                total_rows_loaded, total_bytes_loaded, error_step, error_message, has_schema_migration, is_empty_run,
                dlt_version, facts, trace_blob_key, table_count)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
         on conflict (attempt_id, transaction_id) do update set
                pipeline_name = excluded.pipeline_name, status = excluded.status, started_at = excluded.started_at,
                finished_at = excluded.finished_at, duration_ms = excluded.duration_ms,
                destination_name = excluded.destination_name, destination_type = excluded.destination_type,
                dataset_name = excluded.dataset_name, total_rows_extracted = excluded.total_rows_extracted,
                total_rows_loaded = excluded.total_rows_loaded, total_bytes_loaded = excluded.total_bytes_loaded,
                error_step = excluded.error_step, error_message = excluded.error_message,
                has_schema_migration = excluded.has_schema_migration, is_empty_run = excluded.is_empty_run,
                dlt_version = excluded.dlt_version, facts = excluded.facts, trace_blob_key = excluded.trace_blob_key,
                table_count = excluded.table_count, trace_removed_at = null, updated_at = now()
          where pipeline_runs.facts::text <> excluded.facts::text`,
        [
          run.workspaceId,
          run.jobRunId,
          run.attemptId,
          run.facts.transactionId,
          run.facts.pipelineName,
          run.facts.status,
          run.facts.startedAt,
          run.facts.finishedAt,
          run.facts.durationMs,
          run.facts.destinationName,
          run.facts.destinationType,
          run.facts.datasetName,
          run.facts.totalRowsExtracted,
          run.facts.totalRowsLoaded,
          run.facts.totalBytesLoaded,
          run.facts.errorStep,
          run.facts.errorMessage,
          run.facts.hasSchemaMigration,
          run.facts.isEmptyRun,
          run.facts.dltVersion,
          run.facts,
          run.traceBlobKey,
          run.facts.tables.length,
        ],
      ),

    listPipelineRuns: (workspaceId: string, filter: PipelineRunFilter) =>
      listPipelineRuns(sql, workspaceId, filter),

    getPipelineRun: (workspaceId: string, pipelineRunId: string) =>
      sql.maybeOne<PipelineRunRecord>(
        `select ${pipelineRunColumns} from pipeline_runs where workspace_id = $1 and id = $2`,
        [workspaceId, pipelineRunId],
      ),

    /**
     * Lists the first `limit` pipeline runs of a job run with all columns, in the order in which they were
     * reported.
     */
    listPipelineRunsOfJobRun: (jobRunId: string, limit: number) =>
      sql.query<AttemptPipelineRunRecord>(
        `select ${pipelineRunColumns}, attempts.number as "attemptNumber"
           from pipeline_runs join attempts on attempts.id = pipeline_runs.attempt_id
          where pipeline_runs.job_run_id = $1 order by pipeline_runs.created_at, pipeline_runs.id limit $2`,
        [jobRunId, limit],
      ),

    /**
     * Lists pipeline runs of several job runs, oldest first: the summaries for a list of job runs in one
     * query.
     */
    listOfJobRuns: (jobRunIds: readonly string[]) =>
      sql.prepared<PipelineRunHeadRecord>(
        `select ${pipelineRunHeadColumns} from pipeline_runs where job_run_id = any($1) order by created_at, id`,
        [jobRunIds],
      ),

    /** Returns the facts of the last failed pipeline run of an attempt. */
    async lastFailedOfAttempt(attemptId: string) {
      const row = await sql.maybeOne<{ facts: PipelineRunFacts }>(
        `select facts from pipeline_runs where attempt_id = $1 and status = 'failed'
          order by finished_at desc nulls last, created_at desc limit 1`,
        [attemptId],
      );
      return row?.facts;
    },
    /** Lists the pipeline runs of one job run with their facts, oldest first. */
    listFactsOfJobRun: (jobRunId: string, limit: number) =>
      sql.query<PipelineRunRecord>(
        `select ${pipelineRunColumns} from pipeline_runs where job_run_id = $1 order by created_at, id limit $2`,
        [jobRunId, limit],
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
        `insert into dataset_schemas (workspace_id, dataset_name, pipeline_name, schema_name, table_names)
         values ($1, $2, $3, $4, $5)
         on conflict (workspace_id, dataset_name, pipeline_name, schema_name) do update set table_names = excluded.table_names
          where dataset_schemas.table_names <> excluded.table_names`,
        [schema.workspaceId, schema.datasetName, schema.pipelineName, schema.schemaName, schema.tableNames],
      ),

    /** Lists the schemas of a dataset, the first `limit` by pipeline and name, with their tables in it. */
    listDatasetSchemas: (workspaceId: string, datasetName: string, limit: number) =>
      sql.query<{ pipelineName: string; schemaName: string; tableNames: string[] }>(
        `select pipeline_name as "pipelineName", schema_name as "schemaName", table_names as "tableNames" from dataset_schemas
          where workspace_id = $1 and dataset_name = $2 order by 1, 2 limit $3`,
        [workspaceId, datasetName, limit],
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
        `insert into job_results (workspace_id, job_run_id, job_ref, result_type, engine_version, document)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (job_run_id) do update set job_ref = excluded.job_ref, result_type = excluded.result_type,
                engine_version = excluded.engine_version, document = excluded.document, updated_at = now()
          where job_results.document::text <> excluded.document::text`,
        [
          result.workspaceId,
          result.jobRunId,
          result.jobRef,
          result.resultType,
          result.engineVersion,
          JSON.stringify(result.document),
        ],
      ),

    getResult: (workspaceId: string, jobRunId: string) =>
      sql.maybeOne<JobResultRecord>(
        `select ${resultColumns} from job_results where workspace_id = $1 and job_run_id = $2`,
        [workspaceId, jobRunId],
      ),
  };
}
