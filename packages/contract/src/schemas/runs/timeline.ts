import { z } from 'zod';
import { runStatus } from './job-runs.ts';
import { openEnum, responseObject, timestamp, uuid } from '../primitives.ts';
import { triggerKind } from '../jobs/triggers.ts';

/** Maximum length of the range of a timeline. */
export const maximumTimelineDays = 62;

/** Maximum runs in one response; beyond it, ended runs are counted by job and time. */
export const maximumTimelineRuns = 10_000;

/** Maximum jobs in one response. */
export const maximumTimelineJobs = 2000;

const timelineJob = responseObject('TimelineJobResponse', {
  id: uuid,
  ref: z.string(),
  /** The display name, or the ref if it has none. */
  name: z.string(),
  tags: z.array(z.string()),
  is_starred: z.boolean(),
  is_paused: z.boolean(),
  is_archived: z.boolean(),
  /** Its first trigger that is not a tag, in English; null without one. */
  schedule: z.string().nullable(),
});

/**
 * Runs as columns of equal length, oldest first. Times are in milliseconds after `start` of the response, and
 * negative before it.
 */
const timelineRuns = responseObject('TimelineRunsResponse', {
  ids: z.array(uuid),
  /** Indexes into `jobs` of the response. */
  jobs: z.array(z.int()),
  numbers: z.array(z.int()),
  statuses: z.array(openEnum(runStatus)),
  created_ms: z.array(z.int()),
  /** When user code started; null before, or if it never did. */
  started_ms: z.array(z.int().nullable()),
  /** Null for an active run. */
  finished_ms: z.array(z.int().nullable()),
  /** The tick of a run that the clock started. */
  tick_ms: z.array(z.int().nullable()),
  /** What runs wait or last waited for before their code started; `run` is an index into the columns. */
  waits: z.array(responseObject('TimelineWaitResponse', { run: z.int(), reason: z.string() })),
  /** When attempts after the first began. */
  retries: z.array(responseObject('TimelineRetryResponse', { run: z.int(), at_ms: z.int() })),
  /** Starts that were skipped, with the reason. */
  skips: z.array(
    responseObject('TimelineSkipResponse', {
      run: z.int(),
      reason: z.string(),
      count: z.int(),
      /** No server was running at the tick. */
      is_missed: z.boolean(),
    }),
  ),
});

/** Ended runs by job and time of creation, as columns of equal length. Only cells with runs are listed. */
const timelineCounts = responseObject('TimelineCountsResponse', {
  /** Length of a bucket. The first one starts at `start` of the response. */
  bucket_ms: z.int(),
  jobs: z.array(z.int()),
  /** Numbers of buckets, from 0. */
  buckets: z.array(z.int()),
  completed: z.array(z.int()),
  failed: z.array(z.int()),
  cancelled: z.array(z.int()),
  skipped: z.array(z.int()),
});

const timelineSchedule = responseObject('TimelineScheduleResponse', {
  /** Index into `jobs`. */
  job: z.int(),
  trigger: z.string(),
  trigger_kind: openEnum(triggerKind),
  trigger_text: z.string(),
  time_zone: z.string(),
  /** Milliseconds after `start`. A tick in the past is overdue. Assumes that each run completes. */
  ticks_ms: z.array(z.int()),
});

/** The runs of a workspace in a range of time, and the planned ticks of its schedules. */
export const timelineResponse = responseObject('TimelineResponse', {
  start: timestamp,
  end: timestamp,
  /** The current time of the database. */
  now: timestamp,
  /** Active jobs, and archived ones with runs in the range; starred ones first, then by name. */
  jobs: z.array(timelineJob),
  has_more_jobs: z.boolean(),
  /** All runs that overlap the range; only the active ones if `counts` is set. */
  runs: timelineRuns,
  /** Set if there are more runs than the limit. */
  counts: timelineCounts.nullable(),
  schedules: z.array(timelineSchedule),
  /** Ticks after this time are missing; null if none are. */
  ticks_until: timestamp.nullable(),
});
export type TimelineResponse = z.output<typeof timelineResponse>;
