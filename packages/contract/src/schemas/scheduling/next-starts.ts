import { z } from 'zod';
import { namedEnum, openEnum, responseObject, timestamp, uuid } from '../primitives.ts';
import { triggerKind } from '../jobs/triggers.ts';

/** Most rows of one answer. */
export const maximumNextStarts = 200;

/** Most ticks of a trigger in one answer. */
export const maximumNextTicks = 50;

/**
 * What the start comes from: a tick of the clock, a run that waits for its next attempt, a run that waits for room, a run that nobody
 * has taken up yet, or a call that promised it for when the upstreams complete.
 */
export const nextStartSource = namedEnum('NextStartSource', ['tick', 'retry', 'queue', 'pending', 'promise']);
export type NextStartSource = z.output<typeof nextStartSource>;

/** Why a start will not come about as things are. */
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
  /** Null for what waits for something that has no time. */
  at: timestamp.nullable(),
  source: openEnum(nextStartSource),
  job: nextStartJob,
  /** As declared. */
  trigger: z.string(),
  trigger_kind: openEnum(triggerKind),
  /** The same in English. */
  trigger_text: z.string(),
  /** Of a run that exists already. */
  job_run_id: uuid.nullable(),
  job_run_number: z.int().nullable(),
  blocked: responseObject('StartBlockResponse', {
    code: openEnum(startBlock),
    detail: z.string(),
    /** It can end by itself until then, as a run ends and an upstream completes; else somebody has to do something. */
    may_pass: z.boolean(),
    /** The job that it waits for: an upstream, or one whose run holds what it needs. */
    by: responseObject('StartBlockingJob', { job_id: uuid.nullable(), ref: z.string() }).nullable(),
  }).nullable(),
  /** Whether the last run of the job that ended failed. */
  last_failed: z.boolean(),
});
export type NextStartResponse = z.output<typeof nextStartResponse>;

/** First what waits without a time, then by time. Of what waits no more than half is given where more than the other half has a time. */
export const nextStartsResponse = responseObject('NextStartsResponse', {
  items: z.array(nextStartResponse),
  is_truncated: z.boolean(),
});
export type NextStartsResponse = z.output<typeof nextStartsResponse>;

const triggerTicks = responseObject('TriggerTicks', {
  trigger: z.string(),
  trigger_kind: openEnum(triggerKind),
  trigger_text: z.string(),
  /** Null for a trigger that no clock fires, like an empty list of ticks. */
  time_zone: z.string().nullable(),
  /** Soonest first, as they follow when each run completes. */
  ticks: z.array(timestamp),
});

export const jobNextTicksResponse = responseObject('JobNextTicksResponse', {
  job_id: uuid,
  /** The clock goes on, and starts nothing. */
  is_paused: z.boolean(),
  is_archived: z.boolean(),
  /** All triggers of the job, in the order in which they are declared. */
  triggers: z.array(triggerTicks),
});
export type JobNextTicksResponse = z.output<typeof jobNextTicksResponse>;
