import { z } from 'zod';
import { jobType } from '../jobs/job-definition.ts';
import { runStatus } from './job-runs.ts';
import { failureReason } from './failure-reasons.ts';
import { openEnum, responseObject, timestamp, uuid } from '../primitives.ts';
import { runWait, unknownRun } from './run-timelines.ts';
import { schemaChange } from '../pipelines/schema-history.ts';

const versionRef = responseObject('RunVersionRefResponse', { id: uuid, version: z.int() });

/** Telemetry of all pipeline runs of a job run; dlt's own tables are not counted. */
const loaded = responseObject('RunLoadedResponse', {
  pipeline_run_count: z.int(),
  failed_pipeline_run_count: z.int(),
  rows: z.int(),
  bytes: z.int(),
  table_count: z.int(),
  schema_change: z.boolean(),
  /** Schema changes, in the order of their versions; null without changes. */
  schema_changes: responseObject('RunSchemaChangesResponse', {
    /** New schemas; their content does not count as changes. */
    created_schema_count: z.int(),
    change_count: z.int(),
    /** Null if there are only new schemas. */
    first_change: schemaChange.nullable(),
  }).nullable(),
});

const otherRun = {
  job_run_id: uuid,
  job_id: uuid,
  job_ref: z.string(),
  job_name: z.string(),
  number: z.int(),
};

/** The backfill whose window a run loads. */
export const runBackfillResponse = responseObject('RunBackfillResponse', { id: uuid, window: z.int() });

const overview = {
  id: uuid,
  number: z.int(),
  job_id: uuid,
  job_ref: z.string(),
  /** Its display name, or the ref if it has none. */
  job_name: z.string(),
  job_type: openEnum(jobType),
  status: openEnum(runStatus),

  /** The trigger of the run. */
  trigger: z.string(),
  trigger_kind: z.string(),
  /** For a run started by the clock: its tick. */
  tick_at: timestamp.nullable(),
  /** The user who started it; `email` is null if that member was removed. */
  triggered_by: responseObject('RunStarterResponse', { id: uuid, email: z.string().nullable() }).nullable(),
  /** The run whose end triggered it. */
  caused_by: responseObject('RunCauseResponse', otherRun).nullable(),

  /** The backfill whose window it loads. */
  backfill: runBackfillResponse.nullable(),

  profile: z.string(),
  refresh: z.boolean(),
  interval_start: timestamp.nullable(),
  interval_end: timestamp.nullable(),
  created_at: timestamp,
  started_at: timestamp.nullable(),
  finished_at: timestamp.nullable(),
  /** From start to end; null before the end. */
  duration_seconds: z.number().nullable(),
  /** More than one if it was retried. */
  attempt_count: z.int(),

  /** Set for a failed run. */
  reason: failureReason.nullable(),
  /** Set for a run that records rejected starts. */
  skip: responseObject('RunOverviewSkipResponse', {
    reasons: z.array(z.string()),
    count: z.int(),
    last_at: timestamp,
  }).nullable(),
  waiting: responseObject('RunOverviewWaitResponse', {
    ...runWait.shape,
    /** The active run that keeps it waiting; of several, the oldest. Null for any other wait. */
    behind: responseObject('RunHolderResponse', otherRun).nullable(),
  }).nullable(),
  unknown: unknownRun.nullable(),

  deployment: versionRef,
  configuration: versionRef,
  /** Null if no pipeline run was reported. */
  loaded: loaded.nullable(),
  /** At most 20, in alphabetical order. */
  pipeline_names: z.array(z.string()),
};

/** A run as shown in lists. */
export const runOverviewResponse = responseObject('RunOverviewResponse', overview);
export type RunOverviewResponse = z.output<typeof runOverviewResponse>;

const neighbour = responseObject('RunNeighbourResponse', { job_run_id: uuid, number: z.int() });

/** A run with its neighbours of the same job. */
export const runOverviewDetailResponse = responseObject('RunOverviewDetailResponse', {
  ...overview,
  /** By number, including rows for rejected starts. */
  previous: neighbour.nullable(),
  next: neighbour.nullable(),
  /** The last completed run before it, among the 10,000 numbers before its own. */
  last_completed: neighbour.nullable(),
});
export type RunOverviewDetailResponse = z.output<typeof runOverviewDetailResponse>;
