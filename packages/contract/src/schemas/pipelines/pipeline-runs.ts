import { z } from 'zod';
import { namedEnum, openEnum, responseObject, timestamp, uuid, verbatimObject } from '../primitives.ts';

export const pipelineRunStatus = namedEnum('PipelineRunStatus', ['failed', 'succeeded']);
export type PipelineRunStatus = z.output<typeof pipelineRunStatus>;

export const writeDisposition = namedEnum('WriteDisposition', ['append', 'merge', 'replace']);
export type WriteDisposition = z.output<typeof writeDisposition>;

export const loadJobMetricState = namedEnum('LoadJobMetricState', ['completed', 'failed']);
export type LoadJobMetricState = z.output<typeof loadJobMetricState>;

export const loadPackageStatus = namedEnum('LoadPackageStatus', [
  'aborted',
  'extracted',
  'loaded',
  'new',
  'normalized',
]);
export type LoadPackageStatus = z.output<typeof loadPackageStatus>;

export const pipelineRunTableResponse = responseObject('PipelineRunTableResponse', {
  table_name: z.string(),
  bytes_extracted: z.int().nullish(),
  bytes_loaded: z.int().nullish(),
  file_format: z.string().nullish(),
  load_duration_ms: z.int().nullish(),
  load_job_state: openEnum(loadJobMetricState).nullish(),
  rows_extracted: z.int().nullish(),
  rows_loaded: z.int().nullish(),
  schema_name: z.string().default(''),
  write_disposition: openEnum(writeDisposition).nullish(),
});
export type PipelineRunTableResponse = z.output<typeof pipelineRunTableResponse>;

export const pipelineRunResourceResponse = responseObject('PipelineRunResourceResponse', {
  resource_name: z.string(),
  bytes_extracted: z.int().nullish(),
  parent_resource_name: z.string().nullish(),
  rows_extracted: z.int().nullish(),
  schema_name: z.string().default(''),
  write_disposition: openEnum(writeDisposition).nullish(),
});
export type PipelineRunResourceResponse = z.output<typeof pipelineRunResourceResponse>;

export const loadPackageResponse = responseObject('LoadPackageResponse', {
  load_id: z.string(),
  completed_at: timestamp.nullish(),
  completed_job_count: z.int().nullable().default(0),
  failed_job_count: z.int().nullable().default(0),
  has_failed_load_jobs: z.boolean().nullable().default(false),
  has_schema_migration: z.boolean().nullable().default(false),
  is_pending: z.boolean().nullable().default(false),
  job_count: z.int().nullable().default(0),
  load_status: openEnum(loadPackageStatus).nullish(),
  schema_hash: z.string().nullish(),
  schema_name: z.string().nullish(),
  total_bytes_loaded: z.int().nullable().default(0),
  total_rows_loaded: z.int().nullable().default(0),
});
export type LoadPackageResponse = z.output<typeof loadPackageResponse>;

export const pipelineRunResponse = responseObject('PipelineRunResponse', {
  created_at: timestamp,
  id: uuid,
  pipeline_name: z.string(),
  status: openEnum(pipelineRunStatus),
  updated_at: timestamp,
  dataset_name: z.string().nullish(),
  destination_name: z.string().nullish(),
  dlt_version: z.string().nullish(),
  duration_ms: z.int().nullish(),
  error_message: z.string().nullish(),
  error_step: z.string().nullish(),
  finished_at: timestamp.nullish(),
  has_schema_migration: z.boolean().nullish(),
  started_at: timestamp.nullish(),
  total_bytes_loaded: z.int().default(0),
  total_rows_extracted: z.int().default(0),
  total_rows_loaded: z.int().default(0),
});
export type PipelineRunResponse = z.output<typeof pipelineRunResponse>;

export const detailedPipelineRunResponse = responseObject('DetailedPipelineRunResponse', {
  ...pipelineRunResponse.shape,
  transaction_id: z.string(),
  dlt_plus_version: z.string().nullish(),
  error_traceback: z.string().nullish(),
  extract_duration_ms: z.int().nullish(),
  has_failed_load_jobs: z.boolean().nullable().default(false),
  has_pending_packages: z.boolean().nullable().default(false),
  is_empty_run: z.boolean().nullable().default(false),
  job_run_id: uuid.nullish(),
  load_duration_ms: z.int().nullish(),
  load_package_count: z.int().nullable().default(0),
  load_packages: z.array(loadPackageResponse).optional(),
  normalize_duration_ms: z.int().nullish(),
  os_name: z.string().nullish(),
  os_version: z.string().nullish(),
  python_version: z.string().nullish(),
  resources: z.array(pipelineRunResourceResponse).optional(),
  tables: z.array(pipelineRunTableResponse).optional(),
  total_bytes_extracted: z.int().default(0),
});
export type DetailedPipelineRunResponse = z.output<typeof detailedPipelineRunResponse>;

/** The trace, exactly as dlt reported it. */
export const pipelineRunTraceResponse = verbatimObject('PipelineRunTraceResponse', {
  execution_context: z.record(z.string(), z.unknown()),
  pipeline_name: z.string(),
  steps: z.array(z.record(z.string(), z.unknown())),
  transaction_id: z.string(),
});
export type PipelineRunTraceResponse = z.output<typeof pipelineRunTraceResponse>;

export const pipelineRunSummaryResponse = responseObject('PipelineRunSummaryResponse', {
  pipeline_name: z.string(),
  dataset_name: z.string().nullish(),
  destination_name: z.string().nullish(),
  duration_ms: z.int().nullish(),
  finished_at: timestamp.nullish(),
  pipeline_run_id: uuid.nullish(),
  started_at: timestamp.nullish(),
  status: openEnum(pipelineRunStatus).nullish(),
  total_rows: z.int().nullish(),
  transaction_id: z.string().nullish(),
});
export type PipelineRunSummaryResponse = z.output<typeof pipelineRunSummaryResponse>;
