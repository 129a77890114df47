import { z } from 'zod';
import { namedEnum, openEnum, requestObject, responseObject, timestamp, uuid } from '../primitives.ts';

/** Maximum number of windows of a backfill that run at the same time. */
export const maxParallelWindows = 1000;
/** Maximum number of days of a calendar. */
export const maxCalendarDays = 400;

/**
 * `missing`: windows that no completed run covers. `failed`: also those whose last run failed after a
 * completed one. `all`: every window of the range.
 */
export const backfillMode = namedEnum('BackfillMode', ['missing', 'failed', 'all']);
export type BackfillMode = z.output<typeof backfillMode>;

/** `preparing`: its windows are being created. `cancelling`: it starts no more windows, and its running windows have not ended. */
export const backfillState = namedEnum('BackfillState', [
  'preparing',
  'running',
  'paused',
  'cancelling',
  'completed',
  'failed',
  'cancelled',
]);
export type BackfillState = z.output<typeof backfillState>;

/** `covered`: a run that does not belong to the backfill has completed its time. `skipped`: a user decided not to load it. */
export const backfillWindowState = namedEnum('BackfillWindowState', [
  'waiting',
  'running',
  'completed',
  'covered',
  'failed',
  'cancelled',
  'skipped',
]);
export type BackfillWindowState = z.output<typeof backfillWindowState>;

/** Windows of the schedule by state; see docs/concepts/backfill.md. */
const jobWindowCounts = responseObject('JobWindowCountsResponse', {
  completed: z.int(),
  /** An active run, or an open window of a backfill, includes time of them. */
  running: z.int(),
  failed: z.int(),
  invalidated: z.int(),
  missing: z.int(),
});
export type JobWindowCountsResponse = z.output<typeof jobWindowCounts>;

const range = {
  /** Floored to a tick of the schedule. */
  start: timestamp,
  end: timestamp,
  mode: backfillMode.default('missing'),
  /** How many ticks of the schedule a window has at most. */
  chunk_ticks: z.int().min(1).max(100_000).default(1),
  order: z.enum(['oldest_first', 'newest_first']).default('oldest_first'),
};

export const previewBackfillRequest = requestObject('PreviewBackfillRequest', {
  ...range,
  /** The page of `windows`. */
  limit: z.int().min(1).max(1000).default(100),
  offset: z.int().min(0).max(100_000).default(0),
  /** Of the runs; null: that of the job. */
  profile: z.string().nullable().default(null),
});
export type PreviewBackfillRequest = z.output<typeof previewBackfillRequest>;

const timeWindow = responseObject('TimeWindowResponse', { start: timestamp, end: timestamp });

export const backfillPreviewResponse = responseObject('BackfillPreviewResponse', {
  /** The range that includes windows of the job; null if there is none. */
  range: timeWindow.nullable(),
  /** Windows of one tick each, before the mode selects. */
  counts: jobWindowCounts,
  /** How many runs the backfill would start. */
  window_count: z.int(),
  /** In the order in which they would start. */
  windows: z.array(timeWindow),
  /** The pipeline for which the windows would wait for each other, so that they run one at a time; null: none is known. */
  turns_on: z.string().nullable(),
});
export type BackfillPreviewResponse = z.output<typeof backfillPreviewResponse>;

const parallel = z.int().min(1).max(maxParallelWindows);
const maxFailures = z.int().min(1).max(100_000).nullable();
const priority = z.int().min(-1_000_000).max(1_000_000);

export const createBackfillRequest = requestObject('CreateBackfillRequest', {
  ...range,
  /** How many windows run at the same time at most. */
  parallel: parallel.default(1),
  profile: z.string().nullable().default(null),
  /** Null: 100 below the priority of the job. */
  priority: priority.nullable().default(null),
  /** Failed windows after which the backfill pauses; null: it never does. */
  max_failures: maxFailures.default(null),
});
export type CreateBackfillRequest = z.input<typeof createBackfillRequest>;

export const changeBackfillRequest = requestObject('ChangeBackfillRequest', {
  parallel: parallel.optional(),
  priority: priority.optional(),
  max_failures: maxFailures.optional(),
});

export const cancelBackfillRequest = requestObject('CancelBackfillRequest', {
  /** Also cancel the windows that are running. */
  cancel_running: z.boolean().default(false),
});

const windowNumbers = z.array(z.int().min(1).max(100_000)).min(1).max(1000);

export const retryBackfillRequest = requestObject('RetryBackfillRequest', {
  /** Numbers of failed, cancelled or skipped windows; absent: all that failed or were cancelled. */
  windows: windowNumbers.optional(),
});

export const skipBackfillWindowsRequest = requestObject('SkipBackfillWindowsRequest', {
  /** Numbers of windows that wait, failed or were cancelled. Others stay as they are. */
  windows: windowNumbers,
});

export const backfillResponse = responseObject('BackfillResponse', {
  id: uuid,
  workspace_id: uuid,
  job_id: uuid,
  job_ref: z.string(),
  status: openEnum(backfillState),
  /** `user`, `failures`, `job_archived`, `schedule_changed` or `job_refreshes`; null unless paused. */
  pause_reason: z.string().nullable(),
  /** A sentence for users about the pause. */
  pause_detail: z.string().nullable(),
  /** What the next window waits for; null if nothing holds it up. */
  wait_reason: z.string().nullable(),
  start: timestamp,
  end: timestamp,
  mode: openEnum(backfillMode),
  chunk_ticks: z.int(),
  order: z.enum(['oldest_first', 'newest_first']),
  parallel: z.int(),
  profile: z.string().nullable(),
  priority: z.int(),
  max_failures: z.int().nullable(),
  window_count: z.int(),
  counts: responseObject('BackfillCountsResponse', {
    waiting: z.int(),
    running: z.int(),
    completed: z.int(),
    covered: z.int(),
    failed: z.int(),
    cancelled: z.int(),
    skipped: z.int(),
  }),
  /** The pipeline for which its windows wait for each other, so that they run one at a time; null: none is known. */
  turns_on: z.string().nullable(),
  /** An estimate; null while no window has completed, and unless it is running. */
  seconds_left: z.int().nullable(),
  created_by: uuid.nullable(),
  created_at: timestamp,
  ended_at: timestamp.nullable(),
});
export type BackfillResponse = z.output<typeof backfillResponse>;

export const backfillWindowResponse = responseObject('BackfillWindowResponse', {
  /** From 1, in the order in which they start. */
  number: z.int(),
  start: timestamp,
  end: timestamp,
  status: openEnum(backfillWindowState),
  /** How often users have retried it. */
  retry_count: z.int(),
  /** Its last run, or the run that covered it. */
  job_run_id: uuid.nullable(),
  job_run_number: z.int().nullable(),
  started_at: timestamp.nullable(),
  finished_at: timestamp.nullable(),
  /** Why it does not run yet, or what its run waits for; null if it does not wait. */
  wait_reason: z.string().nullable(),
});
export type BackfillWindowResponse = z.output<typeof backfillWindowResponse>;

export const backfillWindowsResponse = responseObject('BackfillWindowsResponse', {
  items: z.array(backfillWindowResponse),
  /** The value of `after` for the next page; null on the last page. */
  next_after: z.int().nullable(),
});
export type BackfillWindowsResponse = z.output<typeof backfillWindowsResponse>;

export const jobCalendarResponse = responseObject('JobCalendarResponse', {
  timezone: z.string(),
  /** The declared interval of the job; null: open. */
  declared_start: timestamp.nullable(),
  declared_end: timestamp.nullable(),
  /** Days on which windows begin; all others are outside of the interval, or in the future. */
  days: z.array(
    responseObject('JobCalendarDayResponse', {
      date: z.iso.date(),
      counts: jobWindowCounts,
      start: timestamp,
      end: timestamp,
    }),
  ),
});
export type JobCalendarResponse = z.output<typeof jobCalendarResponse>;

export const invalidateWindowsRequest = requestObject('InvalidateWindowsRequest', {
  start: timestamp,
  end: timestamp,
  /** Written to the audit log. */
  reason: z.string().min(1).max(500),
});

export const invalidatedWindowsResponse = responseObject('InvalidatedWindowsResponse', {
  start: timestamp,
  end: timestamp,
  window_count: z.int(),
});
