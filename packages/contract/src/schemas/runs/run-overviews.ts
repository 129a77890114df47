import { z } from 'zod';
import { jobType } from '../jobs/job-definition.ts';
import { runStatus } from './job-runs.ts';
import { failureReason } from './failure-reasons.ts';
import { openEnum, responseObject, timestamp, uuid } from '../primitives.ts';
import { runWait, unknownRun } from './run-lives.ts';
import { schemaChange } from '../pipelines/schema-history.ts';

const versionRef = responseObject('RunVersionRefResponse', { id: uuid, version: z.int() });

/** What telemetry knows of all pipeline runs of a run; tables of dlt's own count for nothing. */
const loaded = responseObject('RunLoadedResponse', {
  pipeline_run_count: z.int(),
  failed_pipeline_run_count: z.int(),
  rows: z.int(),
  bytes: z.int(),
  table_count: z.int(),
  schema_change: z.boolean(),
  /** What became of schemas, in the order in which their versions came; null where they are as they were. */
  schema_changes: responseObject('RunSchemaChangesResponse', {
    /** Schemas that were not there before; what is in them is no change. */
    created_schema_count: z.int(),
    change_count: z.int(),
    /** Null where all that came are new schemas. */
    first_change: schemaChange.nullable(),
  }).nullable(),
});

const overview = {
  id: uuid,
  number: z.int(),
  job_id: uuid,
  job_ref: z.string(),
  /** Its display name, or the ref where it has none. */
  job_name: z.string(),
  job_type: openEnum(jobType),
  status: openEnum(runStatus),

  /** Why it runs. */
  trigger: z.string(),
  trigger_kind: z.string(),
  /** Of a run that the clock started: the time that it is for. */
  tick_at: timestamp.nullable(),
  /** Who asked for it; `email` is null when that member has gone. */
  triggered_by: responseObject('RunStarterResponse', { id: uuid, email: z.string().nullable() }).nullable(),
  /** The run whose end started it. */
  caused_by: responseObject('RunCauseResponse', {
    job_run_id: uuid,
    job_id: uuid,
    job_ref: z.string(),
    job_name: z.string(),
    number: z.int(),
  }).nullable(),

  profile: z.string(),
  refresh: z.boolean(),
  interval_start: timestamp.nullable(),
  interval_end: timestamp.nullable(),
  created_at: timestamp,
  started_at: timestamp.nullable(),
  finished_at: timestamp.nullable(),
  /** From its start to its end; null before. */
  duration_seconds: z.number().nullable(),
  /** More than one where it was tried again. */
  attempt_count: z.int(),

  /** Of a run that failed. */
  reason: failureReason.nullable(),
  /** Of a run that stands for declined starts. */
  skip: responseObject('RunOverviewSkipResponse', {
    reasons: z.array(z.string()),
    count: z.int(),
    last_at: timestamp,
  }).nullable(),
  waiting: runWait.nullable(),
  unknown: unknownRun.nullable(),

  deployment: versionRef,
  configuration: versionRef,
  /** Null where no pipeline run was reported. */
  loaded: loaded.nullable(),
  /** At most 20, in the order of the alphabet. */
  pipeline_names: z.array(z.string()),
};

/** A run as lists show it. */
export const runOverviewResponse = responseObject('RunOverviewResponse', overview);
export type RunOverviewResponse = z.output<typeof runOverviewResponse>;

const neighbour = responseObject('RunNeighbourResponse', { job_run_id: uuid, number: z.int() });

/** A run with those of the same job around it. */
export const runOverviewDetailResponse = responseObject('RunOverviewDetailResponse', {
  ...overview,
  /** By number; rows for declined starts have numbers too. */
  previous: neighbour.nullable(),
  next: neighbour.nullable(),
  /** The last completed run before it, among the 10,000 numbers before its own. */
  last_completed: neighbour.nullable(),
});
export type RunOverviewDetailResponse = z.output<typeof runOverviewDetailResponse>;
