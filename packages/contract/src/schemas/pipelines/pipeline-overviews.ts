import { z } from 'zod';
import { runStatus } from '../runs/job-runs.ts';
import { detailedPipelineRunResponse, loadPackageResponse, pipelineRunStatus } from './pipeline-runs.ts';
import { namedEnum, openEnum, responseObject, timestamp, uuid } from '../primitives.ts';
import { schemaVersionChangesResponse } from './schema-history.ts';

/** Runs that "usual" and the rows of tables are taken from: the last ones that succeeded. */
export const usualRunCount = 20;

/** Tables of a pipeline or a dataset in one answer. */
export const maximumOverviewTables = 1000;

/** Pipeline runs of one job run in one answer. */
export const maximumPipelineRunsOfJobRun = 100;

export const freshnessReason = namedEnum('FreshnessReason', [
  'on_time',
  'overdue',
  'never_succeeded',
  'not_scheduled',
  'schedule_paused',
]);
export type FreshnessReason = z.output<typeof freshnessReason>;

/** How old the data is. Stale only where a schedule says when it should have been newer; docs/concepts/schema-history.md has the rule. */
export const pipelineFreshness = responseObject('PipelineFreshness', {
  last_success_at: timestamp.nullable(),
  /** From `last_success_at` until now. */
  age_seconds: z.int().nullable(),
  is_stale: z.boolean(),
  why: openEnum(freshnessReason),
  /** `why` in a sentence. */
  detail: z.string(),
  /** When it becomes stale, or became so, if nothing succeeds before; null where no schedule says it. */
  stale_at: timestamp.nullable(),
  /** What usually lies between two starts of the job that feeds it most often; null without a schedule. */
  expected_every_seconds: z.int().nullable(),
});
export type PipelineFreshness = z.output<typeof pipelineFreshness>;

const jobRunOfPipelineRun = responseObject('PipelineRunJobRun', {
  id: uuid,
  number: z.int(),
  job_id: uuid,
  job_ref: z.string(),
  status: openEnum(runStatus),
});

const lastPipelineRun = responseObject('LastPipelineRun', {
  id: uuid,
  pipeline_name: z.string(),
  status: openEnum(pipelineRunStatus),
  created_at: timestamp,
  started_at: timestamp.nullable(),
  finished_at: timestamp.nullable(),
  duration_ms: z.int().nullable(),
  rows_loaded: z.int(),
  bytes_loaded: z.int(),
  error_step: z.string().nullable(),
  error_message: z.string().nullable(),
  job_run: jobRunOfPipelineRun,
});

const feedingJob = responseObject('PipelineJob', {
  id: uuid,
  job_ref: z.string(),
  triggers: z.array(z.string()),
  is_paused: z.boolean(),
  is_archived: z.boolean(),
  expected_every_seconds: z.int().nullable(),
  next_scheduled_run_at: timestamp.nullable(),
});

/** Of the last runs that succeeded; null where there is none. */
const usualRun = responseObject('UsualPipelineRun', {
  run_count: z.int(),
  median_duration_ms: z.int().nullable(),
  median_rows_loaded: z.int().nullable(),
  median_bytes_loaded: z.int().nullable(),
});

/**
 * Rows are of the last runs that succeeded, 20 of a pipeline and five of each pipeline of a dataset: `run_count` of them said something of
 * this table.
 */
const overviewTable = {
  table_name: z.string(),
  schema_name: z.string(),
  parent: z.string().nullable(),
  write_disposition: z.string().nullable(),
  column_count: z.int(),
  rows_last_loaded: z.int().nullable(),
  bytes_last_loaded: z.int().nullable(),
  last_loaded_at: timestamp.nullable(),
  rows_loaded: z.int(),
  run_count: z.int(),
  /** When its columns last changed; null where that is not known. */
  last_changed_at: timestamp.nullable(),
};

export const pipelineOverviewResponse = responseObject('PipelineOverviewResponse', {
  pipeline_name: z.string(),
  destination_name: z.string().nullable(),
  destination_type: z.string().nullable(),
  dataset_name: z.string().nullable(),
  last_run: lastPipelineRun.nullable(),
  freshness: pipelineFreshness,
  /** That run it or have run it, those that still do first. */
  jobs: z.array(feedingJob),
  usual: usualRun,
  schema_names: z.array(z.string()),
  tables: z.array(
    responseObject('PipelineTable', { ...overviewTable, incremental_columns: z.array(z.string()) }),
  ),
  are_tables_cut: z.boolean(),
  /** How many runs the rows of `tables` are of. */
  tables_run_count: z.int(),
  schema_change_count_30_days: z.int(),
  /** What the last run left in the pipeline's folder, to be loaded by the next. */
  pending_packages: z.array(loadPackageResponse),
});
export type PipelineOverviewResponse = z.output<typeof pipelineOverviewResponse>;

export const datasetOverviewResponse = responseObject('DatasetOverviewResponse', {
  dataset_name: z.string(),
  destinations: z.array(
    responseObject('DatasetDestination', { name: z.string(), type: z.string().nullable() }),
  ),
  pipelines: z.array(
    responseObject('DatasetPipeline', {
      pipeline_name: z.string(),
      last_run: lastPipelineRun.nullable(),
      freshness: pipelineFreshness,
    }),
  ),
  last_run: lastPipelineRun.nullable(),
  freshness: pipelineFreshness,
  tables: z.array(responseObject('DatasetTable', { ...overviewTable, pipeline_name: z.string() })),
  are_tables_cut: z.boolean(),
  /** How many runs of each pipeline the rows of `tables` are of, at most. */
  tables_run_count: z.int(),
  schema_change_count_30_days: z.int(),
});
export type DatasetOverviewResponse = z.output<typeof datasetOverviewResponse>;

export const pipelineFreshnessRow = responseObject('PipelineFreshnessRow', {
  pipeline_name: z.string(),
  dataset_name: z.string().nullable(),
  destination_name: z.string().nullable(),
  last_run: lastPipelineRun.nullable(),
  freshness: pipelineFreshness,
});
export type PipelineFreshnessRow = z.output<typeof pipelineFreshnessRow>;

/** A pipeline run with all that its run's page shows of it. */
export const pipelineRunOfJobRun = responseObject('PipelineRunOfJobRun', {
  ...detailedPipelineRunResponse.shape,
  destination_type: z.string().nullable(),
  attempt_number: z.int(),
  /** The failure in one line. */
  error_cause: z.string().nullable(),
  steps: z.array(
    responseObject('PipelineRunStep', {
      step: z.string(),
      started_at: timestamp.nullable(),
      finished_at: timestamp.nullable(),
      duration_ms: z.int().nullable(),
      failed: z.boolean(),
    }),
  ),
  /** Versions of schemas that this run was the first to report. */
  schema_changes: z.array(schemaVersionChangesResponse),
});
export type PipelineRunOfJobRun = z.output<typeof pipelineRunOfJobRun>;

export const jobRunPipelineRunsResponse = responseObject('JobRunPipelineRunsResponse', {
  /** In the order in which they were reported, those of earlier attempts too. */
  pipeline_runs: z.array(pipelineRunOfJobRun),
  is_cut: z.boolean(),
});
export type JobRunPipelineRunsResponse = z.output<typeof jobRunPipelineRunsResponse>;
