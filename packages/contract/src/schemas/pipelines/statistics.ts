import { z } from 'zod';
import { pipelineRunStatus } from './pipeline-runs.ts';
import { openEnum, responseObject, timestamp, uuid } from '../primitives.ts';

export const pipelineStatsResponse = responseObject('PipelineStatsResponse', {
  pipeline_name: z.string(),
  succeeded_pipeline_run_count: z.int(),
  success_ratio: z.number(),
  total_bytes_loaded: z.int(),
  total_pipeline_run_count: z.int(),
  total_rows_extracted: z.int(),
  total_rows_loaded: z.int(),
  average_duration_ms: z.int().nullish(),
  latest_dataset_name: z.string().nullish(),
  latest_destination_name: z.string().nullish(),
  latest_pipeline_run_at: timestamp.nullish(),
  latest_source_names: z.array(z.string()).nullish(),
  latest_status: openEnum(pipelineRunStatus).nullish(),
  total_duration_ms: z.int().default(0),
});
export type PipelineStatsResponse = z.output<typeof pipelineStatsResponse>;

export const datasetStatsResponse = responseObject('DatasetStatsResponse', {
  dataset_name: z.string(),
  distinct_pipeline_count: z.int(),
  schema_migration_count: z.int(),
  succeeded_pipeline_run_count: z.int(),
  success_ratio: z.number(),
  total_bytes_loaded: z.int(),
  total_pipeline_run_count: z.int(),
  total_rows_loaded: z.int(),
  average_duration_ms: z.int().nullish(),
  latest_destination_name: z.string().nullish(),
  latest_pipeline_name: z.string().nullish(),
  latest_pipeline_run_at: timestamp.nullish(),
  latest_pipeline_run_id: uuid.nullish(),
  latest_status: openEnum(pipelineRunStatus).nullish(),
  table_count: z.int().default(0),
});
export type DatasetStatsResponse = z.output<typeof datasetStatsResponse>;

export const telemetryWatermarkResponse = responseObject('TelemetryWatermarkResponse', {
  updated_at: timestamp.nullish(),
});
export type TelemetryWatermarkResponse = z.output<typeof telemetryWatermarkResponse>;
