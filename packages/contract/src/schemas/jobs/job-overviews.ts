import { z } from 'zod';
import { jobType } from './job-definition.ts';
import { runStatus } from '../runs/job-runs.ts';
import { openEnum, responseObject, timestamp, uuid } from '../primitives.ts';
import { runOverviewResponse } from '../runs/run-overviews.ts';

/** How many runs a job is shown with. */
export const shownRecentRuns = 20;

/** A series of failures is counted no further. */
export const saturatedFailures = 100;

/** A bar of the small history of a job. */
const recentRun = responseObject('RecentRunResponse', {
  id: uuid,
  number: z.int(),
  status: openEnum(runStatus),
  duration_seconds: z.number().nullable(),
  /** Null where no pipeline run was reported. */
  rows_loaded: z.int().nullable(),
  created_at: timestamp,
  started_at: timestamp.nullable(),
});

export const jobOverviewResponse = responseObject('JobOverviewResponse', {
  id: uuid,
  ref: z.string(),
  /** Its display name, or the ref where it has none. */
  name: z.string(),
  job_type: openEnum(jobType),
  category: z.string().nullable(),
  description: z.string().nullable(),
  tags: z.array(z.string()),
  /** As declared; tags and pipeline names are among them. */
  triggers: z.array(z.string()),
  default_trigger: z.string().nullable(),
  /** The one that it declares. */
  pipeline_name: z.string().nullable(),
  /** Those that it declares or has run, in the order of the alphabet; at most 20. */
  pipeline_names: z.array(z.string()),
  profile: z.string(),
  is_paused: z.boolean(),
  is_archived: z.boolean(),
  /** Its `expose` declares `starred`: lists of people show it first. */
  is_starred: z.boolean(),
  version: z.int(),
  created_at: timestamp,
  /** What the clock starts next; null also while the job is paused. */
  next_start: responseObject('JobNextStartResponse', { at: timestamp, trigger: z.string() }).nullable(),
  /** Rows for declined starts are among them. Newest last. */
  recent_runs: z.array(recentRun),
  last_run: runOverviewResponse.nullable(),
  /**
   * The first failure since the job last completed, and how many there were (100 also stands for more); null where its last outcome
   * was no failure. Cancelled and skipped runs are no outcome. `job_run_id` is null when retention has removed that run.
   */
  failing_since: responseObject('FailingSinceResponse', {
    job_run_id: uuid.nullable(),
    number: z.int(),
    at: timestamp,
    count: z.int(),
  }).nullable(),
});
export type JobOverviewResponse = z.output<typeof jobOverviewResponse>;

/** What each of the last ended runs of a job took, oldest first. */
export const jobTrendResponse = responseObject('JobTrendResponse', {
  runs: z.array(
    responseObject('JobTrendRunResponse', {
      id: uuid,
      number: z.int(),
      status: openEnum(runStatus),
      created_at: timestamp,
      /** Null of a run that never started. */
      duration_seconds: z.number().nullable(),
      /** From its making to its start, or to its end where it never started. */
      queued_seconds: z.number().nullable(),
      /** Null where no pipeline run was reported. */
      rows_loaded: z.int().nullable(),
      bytes_loaded: z.int().nullable(),
    }),
  ),
});
export type JobTrendResponse = z.output<typeof jobTrendResponse>;
