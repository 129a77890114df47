import { z } from 'zod';
import { settingChange, textHunk } from '../versions/comparisons.ts';
import { runStatus } from './job-runs.ts';
import { pipelineRunStatus } from '../pipelines/pipeline-runs.ts';
import { namedEnum, openEnum, responseObject, timestamp, uuid } from '../primitives.ts';
import { runPhase } from './run-phases.ts';
import { triggerKind } from '../jobs/triggers.ts';

const comparedRun = responseObject('ComparedRunResponse', {
  id: uuid,
  number: z.int(),
  status: openEnum(runStatus),
  trigger: z.string(),
  trigger_kind: openEnum(triggerKind),
  trigger_text: z.string(),
  created_at: timestamp,
  started_at: timestamp.nullable(),
  finished_at: timestamp.nullable(),
  duration_seconds: z.number().nullable(),
  profile: z.string(),
  refresh: z.boolean(),
  interval_start: timestamp.nullable(),
  interval_end: timestamp.nullable(),
  job_version_id: uuid,
  job_version: z.int(),
  deployment_id: uuid,
  deployment_version: z.int(),
  configuration_id: uuid,
  configuration_version: z.int(),
  attempt_count: z.int(),
  phases: z.array(runPhase),
});

const comparedTableSums = responseObject('ComparedTableSums', {
  rows_loaded: z.int(),
  bytes_loaded: z.int(),
});

const comparedTable = responseObject('ComparedTableResponse', {
  pipeline_name: z.string(),
  schema_name: z.string(),
  table_name: z.string(),
  /** Null if that run loaded nothing into it. */
  before: comparedTableSums.nullable(),
  after: comparedTableSums.nullable(),
});

const comparedPipelineSums = responseObject('ComparedPipelineSums', {
  /** How often the job run ran this pipeline; the values below are sums. */
  pipeline_run_count: z.int(),
  /** Failed if any of them failed. */
  status: openEnum(pipelineRunStatus),
  rows_loaded: z.int(),
  bytes_loaded: z.int(),
  duration_ms: z.int().nullable(),
  extract_duration_ms: z.int().nullable(),
  normalize_duration_ms: z.int().nullable(),
  load_duration_ms: z.int().nullable(),
  /** The last schema version loaded, by schema name. */
  schemas: z.array(responseObject('ComparedSchema', { schema_name: z.string(), version_hash: z.string() })),
});

const comparedPipeline = responseObject('ComparedPipelineResponse', {
  pipeline_name: z.string(),
  /** Null if that job run did not run the pipeline. */
  before: comparedPipelineSums.nullable(),
  after: comparedPipelineSums.nullable(),
});

/** Two runs of the same job compared. Without a base, everything named `before` is null. */
export const jobRunComparisonResponse = responseObject('JobRunComparisonResponse', {
  base: comparedRun.nullable(),
  target: comparedRun,
  /** Which inputs of the two runs differ; all false without a base. */
  is_job_changed: z.boolean(),
  is_code_changed: z.boolean(),
  is_configuration_changed: z.boolean(),
  /** Settings of the job's definition as JSON; keys of nested objects are joined by dots. */
  job_changes: z.array(settingChange),
  pipelines: z.array(comparedPipeline),
  tables: z.array(comparedTable),
  /** A run reported more than is compared, or there are more tables than fit in one response. */
  is_truncated: z.boolean(),
});
export type JobRunComparisonResponse = z.output<typeof jobRunComparisonResponse>;

const comparedLog = responseObject('ComparedLogResponse', {
  job_run_id: uuid,
  number: z.int(),
  line_count: z.int(),
  /** Number of lines compared, counted from the end of the log. */
  compared_line_count: z.int(),
  is_cut: z.boolean(),
  /** Retention has removed all or part of it. */
  is_removed: z.boolean(),
});

/**
 * Lines that differ, ignoring what varies between any two runs: times, durations, ids and other hexadecimal
 * numbers, and counts. Lines are shown as logged, truncated if very long, and numbered from 1; common lines
 * are shown as in the target.
 */
export const jobRunLogComparisonResponse = responseObject('JobRunLogComparisonResponse', {
  base: comparedLog.nullable(),
  target: comparedLog,
  /** Without a base there are no hunks. If the logs differ too much, they form a single hunk. */
  outcome: namedEnum('LogComparisonOutcome', ['compared', 'no_base']),
  hunks: z.array(textHunk),
});
export type JobRunLogComparisonResponse = z.output<typeof jobRunLogComparisonResponse>;
