import { z } from 'zod';
import { namedEnum, openEnum, responseObject, timestamp, uuid } from '../primitives.ts';
import { triggerKind } from '../jobs/triggers.ts';

/** Maximum rows in one response. */
export const maximumNextStarts = 200;

/** Maximum ticks per trigger in one response. */
export const maximumNextTicks = 50;

/**
 * The source of the start: a tick of the clock, a run that waits for its next attempt, a run that waits for
 * capacity, a run that no server has claimed yet, or a deferred start that waits for its upstreams.
 */
export const nextStartSource = namedEnum('NextStartSource', ['tick', 'retry', 'queue', 'pending', 'promise']);
export type NextStartSource = z.output<typeof nextStartSource>;

/** Why a start would currently be rejected. */
export const startBlock = namedEnum('StartBlockCode', [
  'already_covered',
  'concurrency_limit',
  'invalid_profile',
  'job_archived',
  'local_data_in_use',
  'minutes_limit',
  'missed',
  'no_configuration',
  'no_deployment',
  'organization_concurrency_limit',
  'out_of_interval',
  'paused',
  'upstream_pending',
  'upstream_stale',
  'workspace_archived',
]);
export type StartBlock = z.output<typeof startBlock>;

const nextStartJob = responseObject('NextStartJob', {
  id: uuid,
  ref: z.string(),
  name: z.string(),
});

export const nextStartResponse = responseObject('NextStartResponse', {
  /** Null if it waits for something without a known time. */
  at: timestamp.nullable(),
  source: openEnum(nextStartSource),
  job: nextStartJob,
  /** As declared. */
  trigger: z.string(),
  trigger_kind: openEnum(triggerKind),
  /** The same in English. */
  trigger_text: z.string(),
  /** The zone of the times in `trigger_text`: that of the job. Null for a trigger that is not fired by a clock. */
  time_zone: z.string().nullable(),
  /** Set for an existing run. */
  job_run_id: uuid.nullable(),
  job_run_number: z.int().nullable(),
  blocked: responseObject('StartBlockResponse', {
    code: openEnum(startBlock),
    detail: z.string(),
    /**
     * Whether the block can clear without a user's action, for example when a run ends or an upstream
     * completes.
     */
    may_pass: z.boolean(),
    /** The job it waits for: an upstream, or one whose run holds a resource it needs. */
    by: responseObject('StartBlockingJob', { job_id: uuid.nullable(), ref: z.string() }).nullable(),
  }).nullable(),
  /** Whether the job's last finished run failed. */
  last_failed: z.boolean(),
});
export type NextStartResponse = z.output<typeof nextStartResponse>;

/**
 * Starts without a time come first, then by time. Starts without a time take at most half of the rows if
 * starts with a time need the rest.
 */
export const nextStartsResponse = responseObject('NextStartsResponse', {
  items: z.array(nextStartResponse),
  is_truncated: z.boolean(),
});
export type NextStartsResponse = z.output<typeof nextStartsResponse>;

const triggerTicks = responseObject('TriggerTicks', {
  trigger: z.string(),
  trigger_kind: openEnum(triggerKind),
  trigger_text: z.string(),
  /** Null for a trigger that is not fired by a clock; its list of ticks is empty. */
  time_zone: z.string().nullable(),
  /** Soonest first, assuming that each run completes. */
  ticks: z.array(timestamp),
});

export const jobNextTicksResponse = responseObject('JobNextTicksResponse', {
  job_id: uuid,
  /** The clock continues but starts nothing. */
  is_paused: z.boolean(),
  is_archived: z.boolean(),
  /** All triggers of the job, in declaration order. */
  triggers: z.array(triggerTicks),
});
export type JobNextTicksResponse = z.output<typeof jobNextTicksResponse>;
