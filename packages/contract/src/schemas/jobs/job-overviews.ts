import { z } from 'zod';
import { jobType } from './job-definition.ts';
import { runStatus } from '../runs/job-runs.ts';
import { openEnum, responseObject, timestamp, uuid } from '../primitives.ts';
import { runOverviewResponse } from '../runs/run-overviews.ts';

/** Number of recent runs shown per job. */
export const shownRecentRuns = 20;

/** Consecutive failures are counted up to this number. */
export const saturatedFailures = 100;

/** One bar of a job's run history. */
const recentRun = responseObject('RecentRunResponse', {
  id: uuid,
  number: z.int(),
  status: openEnum(runStatus),
  duration_seconds: z.number().nullable(),
  /** Null if no pipeline run was reported. */
  rows_loaded: z.int().nullable(),
  created_at: timestamp,
  started_at: timestamp.nullable(),
});

export const jobOverviewResponse = responseObject('JobOverviewResponse', {
  id: uuid,
  ref: z.string(),
  /** Its display name, or the ref if it has none. */
  name: z.string(),
  job_type: openEnum(jobType),
  category: z.string().nullable(),
  description: z.string().nullable(),
  tags: z.array(z.string()),
  /** As declared, including tags and pipeline names. */
  triggers: z.array(z.string()),
  default_trigger: z.string().nullable(),
  /** The declared pipeline. */
  pipeline_name: z.string().nullable(),
  /** The pipelines it declares or has run, in alphabetical order; at most 20. */
  pipeline_names: z.array(z.string()),
  profile: z.string(),
  is_paused: z.boolean(),
  /** Null unless paused; also null if a server older than this field paused it. */
  paused_at: timestamp.nullable(),
  is_archived: z.boolean(),
  /** Its `expose` declares `starred`, so lists show it first. */
  is_starred: z.boolean(),
  version: z.int(),
  created_at: timestamp,
  /** The next start by the clock; also null while the job is paused. */
  next_start: responseObject('JobNextStartResponse', { at: timestamp, trigger: z.string() }).nullable(),
  /** Newest last, including rows for rejected starts. */
  recent_runs: z.array(recentRun),
  /**
   * `failed` if `failing_since` is not null; otherwise the status of its newest run that neither failed (as one of
   * a backfill may) nor was skipped. Null before there is one.
   */
  state: openEnum(runStatus).nullable(),
  /** The newest run that was not skipped. While it is active, it is shown beside the state. */
  last_run: runOverviewResponse.nullable(),
  /** The newest run, if it was skipped. */
  last_skipped_run: runOverviewResponse.nullable(),
  /** The newest failed run of a job that is failing; also null if retention has removed it. */
  last_failed_run: runOverviewResponse.nullable(),
  /**
   * The first failure since the job last completed, and the number of failures (100 means 100 or more); null
   * if its last outcome was not a failure. Cancelled and skipped runs do not count as outcomes. `job_run_id`
   * is null if retention has removed that run.
   */
  failing_since: responseObject('FailingSinceResponse', {
    job_run_id: uuid.nullable(),
    number: z.int(),
    at: timestamp,
    count: z.int(),
  }).nullable(),
});
export type JobOverviewResponse = z.output<typeof jobOverviewResponse>;

/** Durations and volumes of a job's last finished runs, oldest first. */
export const jobTrendResponse = responseObject('JobTrendResponse', {
  runs: z.array(
    responseObject('JobTrendRunResponse', {
      id: uuid,
      number: z.int(),
      status: openEnum(runStatus),
      created_at: timestamp,
      /** Null for a run that never started. */
      duration_seconds: z.number().nullable(),
      /** From creation to start, or to the end if it never started. */
      queued_seconds: z.number().nullable(),
      /** Null if no pipeline run was reported. */
      rows_loaded: z.int().nullable(),
      bytes_loaded: z.int().nullable(),
      /** The deployment whose code it ran. */
      deployment_version: z.int(),
    }),
  ),
});
export type JobTrendResponse = z.output<typeof jobTrendResponse>;
