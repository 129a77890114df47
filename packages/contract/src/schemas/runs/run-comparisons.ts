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
  /** Null where that run loaded nothing into it. */
  before: comparedTableSums.nullable(),
  after: comparedTableSums.nullable(),
});

const comparedPipelineSums = responseObject('ComparedPipelineSums', {
  /** How often the run ran it; what follows adds all of them up. */
  pipeline_run_count: z.int(),
  /** Failed where any of them did. */
  status: openEnum(pipelineRunStatus),
  rows_loaded: z.int(),
  bytes_loaded: z.int(),
  duration_ms: z.int().nullable(),
  extract_duration_ms: z.int().nullable(),
  normalize_duration_ms: z.int().nullable(),
  load_duration_ms: z.int().nullable(),
  /** The schema that each was loaded with last, by name. */
  schemas: z.array(responseObject('ComparedSchema', { schema_name: z.string(), version_hash: z.string() })),
});

const comparedPipeline = responseObject('ComparedPipelineResponse', {
  pipeline_name: z.string(),
  /** Null where that run did not run it. */
  before: comparedPipelineSums.nullable(),
  after: comparedPipelineSums.nullable(),
});

/** A run beside another of the same job. Without a base there is nothing to compare with, and all that says `before` is null. */
export const jobRunComparisonResponse = responseObject('JobRunComparisonResponse', {
  base: comparedRun.nullable(),
  target: comparedRun,
  /** How far the two differ in what they were made of; all false without a base. */
  is_job_changed: z.boolean(),
  is_code_changed: z.boolean(),
  is_configuration_changed: z.boolean(),
  /** Settings of the job's definition as JSON; keys of objects are joined by dots. */
  job_changes: z.array(settingChange),
  pipelines: z.array(comparedPipeline),
  tables: z.array(comparedTable),
  /** A run reported more than is compared, or there are more tables than one answer names. */
  is_truncated: z.boolean(),
});
export type JobRunComparisonResponse = z.output<typeof jobRunComparisonResponse>;

const comparedLog = responseObject('ComparedLogResponse', {
  job_run_id: uuid,
  number: z.int(),
  line_count: z.int(),
  /** Lines that were compared, the last ones of the log. */
  compared_line_count: z.int(),
  is_cut: z.boolean(),
  /** Retention has removed it, or a part of it. */
  is_removed: z.boolean(),
});

/**
 * The lines that differ, without regard to what differs between any two runs: times, durations, ids and other hexadecimal numbers, and
 * counts. Lines are given as they stand in the log, those that both have as the target has them, cut where they are very long; they are numbered
 * from 1.
 */
export const jobRunLogComparisonResponse = responseObject('JobRunLogComparisonResponse', {
  base: comparedLog.nullable(),
  target: comparedLog,
  /** Without a base there are no hunks; logs further apart than is looked for are one hunk. */
  outcome: namedEnum('LogComparisonOutcome', ['compared', 'no_base']),
  hunks: z.array(textHunk),
});
export type JobRunLogComparisonResponse = z.output<typeof jobRunLogComparisonResponse>;
