import { z } from 'zod';
import { runStatus } from '../runs/job-runs.ts';
import { detailedPipelineRunResponse, loadPackageResponse, pipelineRunStatus } from './pipeline-runs.ts';
import { namedEnum, openEnum, responseObject, timestamp, uuid } from '../primitives.ts';
import { schemaVersionChangesResponse } from './schema-history.ts';

/** Number of last successful runs from which typical values and table rows are computed. */
export const usualRunCount = 20;

/** Maximum tables of a pipeline or a dataset in one response. */
export const maximumOverviewTables = 1000;

/** Maximum pipeline runs in one request for their failures. */
export const maximumFailuresAsked = 100;

/** Maximum pipeline runs of one job run in one response. */
export const maximumPipelineRunsOfJobRun = 100;

/** docs/concepts/freshness.md defines each. The worst comes first. */
export const freshnessState = namedEnum('FreshnessState', [
  'failing',
  'stale',
  'never_succeeded',
  'due',
  'fresh',
  'schedule_paused',
  'not_scheduled',
]);
export type FreshnessState = z.output<typeof freshnessState>;

/** How new data is, and whether the last run failed; docs/concepts/freshness.md has the rule. */
export const pipelineFreshness = responseObject('PipelineFreshness', {
  state: openEnum(freshnessState),
  last_success_at: timestamp.nullable(),
  /** From `last_success_at` until now. */
  age_seconds: z.int().nullable(),
  /** Whether a schedule requires newer data, also while it is failing. */
  is_stale: z.boolean(),
  /** `state` as a sentence. */
  detail: z.string(),
  /** When it becomes or became stale without a further success; null without a schedule. */
  stale_at: timestamp.nullable(),
  /** Typical interval between two starts of the job that runs it most often; null without a schedule. */
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

/** The worst result of all checks. */
const checkStatus = namedEnum('PipelineCheckStatus', ['failed', 'passed', 'unknown']);

/** What the last attempt did with the pipeline in all its calls. Id, state and failure are those of the last call. */
export const lastPipelineRun = responseObject('LastPipelineRun', {
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
  /**
   * The failure in one line, as lists of runs show it; null unless the job run failed because of this pipeline
   * run.
   */
  failure_summary: z.string().nullable(),
  /** Null if no check was evaluated. */
  check_status: openEnum(checkStatus).nullable(),
  job_run: jobRunOfPipelineRun,
});

export const feedingJob = responseObject('PipelineJob', {
  id: uuid,
  job_ref: z.string(),
  triggers: z.array(z.string()),
  is_paused: z.boolean(),
  is_archived: z.boolean(),
  expected_every_seconds: z.int().nullable(),
  next_scheduled_run_at: timestamp.nullable(),
});

/** Typical values of the last successful attempts, whatever their number of calls; null if there are none. */
const usualRun = responseObject('UsualPipelineRun', {
  run_count: z.int(),
  median_duration_ms: z.int().nullable(),
  median_rows_loaded: z.int().nullable(),
  median_bytes_loaded: z.int().nullable(),
});

/**
 * Rows cover the last successful calls: 20 of a pipeline, or five of each pipeline of a dataset. `run_count`
 * attempts among them reported this table.
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
  /** When its columns last changed; null if unknown. */
  last_changed_at: timestamp.nullable(),
};

export const pipelineOverviewResponse = responseObject('PipelineOverviewResponse', {
  pipeline_name: z.string(),
  destination_name: z.string().nullable(),
  destination_type: z.string().nullable(),
  dataset_name: z.string().nullable(),
  last_run: lastPipelineRun.nullable(),
  freshness: pipelineFreshness,
  /** Jobs that run it or have run it, current ones first. */
  jobs: z.array(feedingJob),
  usual: usualRun,
  schema_names: z.array(z.string()),
  tables: z.array(
    responseObject('PipelineTable', { ...overviewTable, incremental_columns: z.array(z.string()) }),
  ),
  are_tables_cut: z.boolean(),
  /** Number of runs from which the rows of `tables` are computed. */
  tables_run_count: z.int(),
  schema_change_count_30_days: z.int(),
  /** Packages that the last run left in the pipeline's folder for the next run to load. */
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
  /** Maximum number of runs per pipeline from which the rows of `tables` are computed. */
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

export const datasetFreshnessRow = responseObject('DatasetFreshnessRow', {
  dataset_name: z.string(),
  /** That of the pipeline with the worst, counting its runs that loaded into the dataset. */
  freshness: pipelineFreshness,
  /** Pipelines that have loaded into it. */
  pipeline_names: z.array(z.string()),
});
export type DatasetFreshnessRow = z.output<typeof datasetFreshnessRow>;

/** A check of the configuration, and what telemetry told about it. `unknown`: telemetry does not contain it. */
const checkResult = responseObject('PipelineCheckResult', {
  check: z.string(),
  status: openEnum(checkStatus),
  detail: z.string(),
  /** The result is unknown because the pipeline or the table was not seen: treated like a failed check. */
  is_unseen: z.boolean(),
});

/** The checks of a pipeline in an attempt, and whether a failed one fails its job run. */
const pipelineRunChecks = responseObject('PipelineRunChecks', {
  status: openEnum(checkStatus),
  on_failure: z.string(),
  results: z.array(checkResult),
});

/** A pipeline run with everything that its job run's page shows. */
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
  /** Schema versions that this run was the first to report. */
  schema_changes: z.array(schemaVersionChangesResponse),
});
export type PipelineRunOfJobRun = z.output<typeof pipelineRunOfJobRun>;

/** What one attempt did with a pipeline, however often it called `run()`. */
export const pipelineResult = responseObject('PipelineResult', {
  attempt_number: z.int(),
  pipeline_name: z.string(),
  /** Null if the calls name none, or several. */
  dataset_name: z.string().nullable(),
  /** 0: a check expects the pipeline, and the attempt did not report it. */
  call_count: z.int(),
  /** Of the last call; null without one. */
  status: openEnum(pipelineRunStatus).nullable(),
  rows_loaded: z.int(),
  bytes_loaded: z.int(),
  duration_ms: z.int().nullable(),
  /** Null if the configuration expects nothing of the pipeline, or the attempt has not ended. */
  checks: pipelineRunChecks.nullable(),
});
export type PipelineResult = z.output<typeof pipelineResult>;

/** A table to which a run loaded a job of a load package again, because the run before may have loaded it already. */
export const repeatedLoadResponse = responseObject('RepeatedLoadResponse', {
  pipeline_name: z.string(),
  schema_name: z.string(),
  table_name: z.string(),
  load_id: z.string(),
  /** Whether the table has rows of the load twice. `unknown`: it may, and the destination was not asked or cannot tell. */
  status: openEnum(z.enum(['twice', 'once', 'unknown'])),
  /** How many rows are there a second time; null unless `status` is `twice`. */
  rows_twice: z.int().nullable(),
  /** The SQL statement for the destination that removes them. It contains names that user code chose. */
  statement: z.string().nullable(),
});
export type RepeatedLoadResponse = z.output<typeof repeatedLoadResponse>;

export const jobRunPipelineRunsResponse = responseObject('JobRunPipelineRunsResponse', {
  /** In the order in which they were reported, including those of earlier attempts. */
  pipeline_runs: z.array(pipelineRunOfJobRun),
  /** By attempt: the sums of its pipeline runs by pipeline, with their checks. */
  pipeline_results: z.array(pipelineResult),
  repeated_loads: z.array(repeatedLoadResponse),
  is_cut: z.boolean(),
});
export type JobRunPipelineRunsResponse = z.output<typeof jobRunPipelineRunsResponse>;

export const pipelineRunFailuresResponse = responseObject('PipelineRunFailuresResponse', {
  /** Without runs whose job run did not fail because of them, and runs that do not exist. */
  items: z.array(
    responseObject('PipelineRunFailure', {
      pipeline_run_id: uuid,
      /** The failure in one line, as lists of runs show it. */
      summary: z.string(),
    }),
  ),
});
