/** Serializes rows for the telemetry operations of the contract, with its field names. Pure functions. */
import { isPlainObject } from '../domain/primitives/plain-object.ts';
import type {
  DatasetStatsResponse,
  DetailedPipelineRunResponse,
  JobResultResponse,
  LoadPackageResponse,
  PipelineRunResourceResponse,
  PipelineRunResponse,
  PipelineRunSummaryResponse,
  PipelineRunTableResponse,
  PipelineRunTraceResponse,
  PipelineStatsResponse,
  TelemetryWatermarkResponse,
} from '@pumphouse/contract';
import type { JobResultDetails } from './parse-job-result.ts';
import type {
  LoadPackage,
  PipelineRunDetails,
  PipelineRunResource,
  PipelineRunStatus,
  PipelineRunStep,
  PipelineRunTable,
} from './pipeline-run-details.ts';
import { readField, readRecord, readRecords } from './tolerant-json.ts';
import type { JsonRecord } from './tolerant-json.ts';

/** A stored pipeline run. Its id differs from the job run's: one job run can contain many pipeline runs. */
export interface StoredPipelineRun extends PipelineRunDetails {
  id: string;
  workspaceId: string;
  jobRunId: string | null;
  attemptId: string | null;
  createdAt: string;
  updatedAt: string;
}

/** The part of a stored run for lists: everything outside of `jsonb` columns. */
export type PipelineRunHead = Pick<
  StoredPipelineRun,
  | 'id'
  | 'transactionId'
  | 'pipelineName'
  | 'status'
  | 'startedAt'
  | 'finishedAt'
  | 'durationMs'
  | 'destinationName'
  | 'datasetName'
  | 'totalRowsExtracted'
  | 'totalRowsLoaded'
  | 'totalBytesLoaded'
  | 'errorStep'
  | 'errorMessage'
  | 'hasSchemaMigration'
  | 'dltVersion'
  | 'createdAt'
  | 'updatedAt'
>;

/** Counts of one pipeline or dataset over the runs of a window. */
interface RunCounts {
  totalPipelineRunCount: number;
  succeededPipelineRunCount: number;
  totalRowsLoaded: number;
  totalBytesLoaded: number;
  /** Null if no run in the window finished. */
  averageDurationMs: number | null;
  latestStatus: PipelineRunStatus | null;
  latestPipelineRunAt: string | null;
  latestDestinationName: string | null;
}

export interface PipelineStats extends RunCounts {
  pipelineName: string;
  totalRowsExtracted: number;
  totalDurationMs: number;
  latestDatasetName: string | null;
  latestSourceNames: string[];
}

export interface DatasetStats extends RunCounts {
  datasetName: string;
  distinctPipelineCount: number;
  schemaMigrationCount: number;
  tableCount: number;
  latestPipelineName: string | null;
  latestPipelineRunId: string | null;
}

export interface StoredJobResult extends Omit<JobResultDetails, 'document'> {
  id: string;
  jobRunId: string;
  createdAt: string;
  updatedAt: string;
}

/** `PipelineRunResponse`. */
export function toPipelineRun(run: PipelineRunHead): PipelineRunResponse {
  return {
    id: run.id,
    pipeline_name: run.pipelineName,
    status: run.status,
    dataset_name: run.datasetName,
    destination_name: run.destinationName,
    started_at: run.startedAt,
    finished_at: run.finishedAt,
    duration_ms: run.durationMs,
    total_rows_extracted: run.totalRowsExtracted,
    total_rows_loaded: run.totalRowsLoaded,
    total_bytes_loaded: run.totalBytesLoaded,
    error_step: run.errorStep,
    error_message: run.errorMessage,
    has_schema_migration: run.hasSchemaMigration,
    dlt_version: run.dltVersion,
    created_at: run.createdAt,
    updated_at: run.updatedAt,
  };
}

/** `DetailedPipelineRunResponse`. */
export function toDetailedPipelineRun(run: StoredPipelineRun): DetailedPipelineRunResponse {
  return {
    ...toPipelineRun(run),
    transaction_id: run.transactionId,
    job_run_id: run.jobRunId,
    is_empty_run: run.isEmptyRun,
    total_bytes_extracted: run.totalBytesExtracted,
    extract_duration_ms: run.extractDurationMs,
    normalize_duration_ms: run.normalizeDurationMs,
    load_duration_ms: run.loadDurationMs,
    error_traceback: run.errorTraceback,
    has_failed_load_jobs: run.hasFailedLoadJobs,
    has_pending_packages: run.hasPendingPackages,
    load_package_count: run.loadPackages.length,
    dlt_plus_version: run.dltPlusVersion,
    python_version: run.pythonVersion,
    os_name: run.osName,
    os_version: run.osVersion,
    tables: run.tables.map(toTable),
    load_packages: run.loadPackages.map(toLoadPackage),
    resources: run.resources.map(toResource),
  };
}

function toTable(table: PipelineRunTable): PipelineRunTableResponse {
  return {
    table_name: table.tableName,
    schema_name: table.schemaName,
    rows_extracted: table.rowsExtracted,
    bytes_extracted: table.bytesExtracted,
    rows_loaded: table.rowsLoaded,
    bytes_loaded: table.bytesLoaded,
    file_format: table.fileFormat,
    load_job_state: table.loadJobState,
    load_duration_ms: table.loadDurationMs,
    write_disposition: table.writeDisposition,
  };
}

/** One item of `load_packages` of a pipeline run. */
export function toLoadPackage(loadPackage: LoadPackage): LoadPackageResponse {
  return {
    load_id: loadPackage.loadId,
    schema_name: loadPackage.schemaName,
    schema_hash: loadPackage.schemaHash,
    load_status: loadPackage.loadStatus,
    job_count: loadPackage.jobCount,
    completed_job_count: loadPackage.completedJobCount,
    failed_job_count: loadPackage.failedJobCount,
    has_failed_load_jobs: loadPackage.failedJobCount > 0,
    total_rows_loaded: loadPackage.totalRowsLoaded,
    total_bytes_loaded: loadPackage.totalBytesLoaded,
    is_pending: loadPackage.isPending,
    has_schema_migration: loadPackage.hasSchemaMigration,
    completed_at: loadPackage.completedAt,
  };
}

/** Serializes a pipeline step for the run pages. */
export function toPipelineRunStep(step: PipelineRunStep) {
  return {
    step: step.step,
    started_at: step.startedAt,
    finished_at: step.finishedAt,
    duration_ms: step.durationMs,
    failed: step.failed,
  };
}

function toResource(resource: PipelineRunResource): PipelineRunResourceResponse {
  return {
    resource_name: resource.resourceName,
    schema_name: resource.schemaName,
    rows_extracted: resource.rowsExtracted,
    bytes_extracted: resource.bytesExtracted,
    parent_resource_name: resource.parentResourceName,
    write_disposition: resource.writeDisposition,
  };
}

/** One item of `pipeline_run_summaries` on a job run of the api surface. */
export function toPipelineRunSummary(run: PipelineRunHead): PipelineRunSummaryResponse {
  return {
    pipeline_run_id: run.id,
    transaction_id: run.transactionId,
    pipeline_name: run.pipelineName,
    destination_name: run.destinationName,
    dataset_name: run.datasetName,
    status: run.status,
    total_rows: run.totalRowsLoaded,
    duration_ms: run.durationMs,
    started_at: run.startedAt,
    finished_at: run.finishedAt,
  };
}

/**
 * `PipelineRunTraceResponse`: dlt's trace verbatim, but with missing required fields added, and without
 * values in the resolved configuration (dlt sends none, but user code controls the body).
 */
export function toPipelineRunTrace(
  body: unknown,
  run: Pick<StoredPipelineRun, 'pipelineName' | 'transactionId'>,
): PipelineRunTraceResponse {
  const trace = readRecord(body);
  const resolved = readRecords(trace, 'resolved_config_values').map(stripConfigValue);
  return {
    ...trace,
    pipeline_name: run.pipelineName,
    transaction_id: run.transactionId,
    execution_context: readRecord(readField(trace, 'execution_context')),
    steps: readRecords(trace, 'steps'),
    ...(isPlainObject(body) && Object.hasOwn(body, 'resolved_config_values')
      ? { resolved_config_values: resolved }
      : {}),
  };
}

function stripConfigValue(resolved: JsonRecord): JsonRecord {
  return Object.fromEntries(
    Object.entries(resolved).filter(([key]) => key !== 'value' && key !== 'default_value'),
  );
}

function toRunCounts(counts: RunCounts) {
  const { totalPipelineRunCount: total, succeededPipelineRunCount: succeeded } = counts;
  return {
    total_pipeline_run_count: total,
    succeeded_pipeline_run_count: succeeded,
    success_ratio: total > 0 ? succeeded / total : 0,
    total_rows_loaded: counts.totalRowsLoaded,
    total_bytes_loaded: counts.totalBytesLoaded,
    average_duration_ms: counts.averageDurationMs === null ? null : Math.round(counts.averageDurationMs),
    latest_status: counts.latestStatus,
    latest_pipeline_run_at: counts.latestPipelineRunAt,
    latest_destination_name: counts.latestDestinationName,
  };
}

/** `PipelineStatsResponse`. */
export function toPipelineStats(stats: PipelineStats): PipelineStatsResponse {
  return {
    pipeline_name: stats.pipelineName,
    ...toRunCounts(stats),
    total_rows_extracted: stats.totalRowsExtracted,
    total_duration_ms: stats.totalDurationMs,
    latest_dataset_name: stats.latestDatasetName,
    latest_source_names: stats.latestSourceNames,
  };
}

/** `DatasetStatsResponse`. */
export function toDatasetStats(stats: DatasetStats): DatasetStatsResponse {
  return {
    dataset_name: stats.datasetName,
    ...toRunCounts(stats),
    distinct_pipeline_count: stats.distinctPipelineCount,
    schema_migration_count: stats.schemaMigrationCount,
    table_count: stats.tableCount,
    latest_pipeline_name: stats.latestPipelineName,
    latest_pipeline_run_id: stats.latestPipelineRunId,
  };
}

/** `TelemetryWatermarkResponse`: null means that nothing was ever recorded for the workspace. */
export function toWatermark(updatedAt: string | null): TelemetryWatermarkResponse {
  return { updated_at: updatedAt };
}

/** `JobResultResponse`. */
export function toJobResult(result: StoredJobResult): JobResultResponse {
  return {
    id: result.id,
    job_run_id: result.jobRunId,
    job_ref: result.jobRef,
    result_type: result.resultType,
    engine_version: result.engineVersion,
    result: result.result,
    agent_status: result.agentStatus,
    summary: result.summary,
    model: result.model,
    loop_type: result.loopType,
    input_tokens: result.inputTokens,
    output_tokens: result.outputTokens,
    total_tokens: result.totalTokens,
    cost_usd: result.costUsd,
    turn_count: result.turnCount,
    stop_reason: result.stopReason,
    created_at: result.createdAt,
    updated_at: result.updatedAt,
  };
}

/**
 * `JobResultTraceResponse`: the body as received. It contains `type` and `job_ref`; otherwise it would have
 * been rejected.
 */
export function toJobResultTrace(document: JsonRecord): JsonRecord {
  return document;
}
