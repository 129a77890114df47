import { z } from 'zod';
import { logLinesResponse } from '../logs/log-ranges.ts';
import { namedEnum, openEnum, responseObject, uuid } from '../primitives.ts';

/** Resources that can change in a workspace, named after the lists that show them. */
export const liveChangeKind = namedEnum('LiveChangeKind', [
  'alert',
  'alert-channel',
  'alert-delivery',
  'backfill',
  'configuration',
  'deployment',
  'event-delivery',
  'event-subscription',
  'job',
  'job-run',
  'member',
  'pipeline-run',
  'saved-view',
  'schema',
  'variable',
  'webhook',
  'workspace',
]);
export type LiveChangeKind = z.output<typeof liveChangeKind>;

/** The subscription is active: later changes are sent; earlier ones must be fetched. */
export const liveReady = responseObject('LiveReadyEvent', {});

/** A hint to refetch, covering all changes in a workspace within a short interval. */
export const liveChange = responseObject('LiveChangeEvent', {
  workspace_id: uuid,
  kinds: z.array(openEnum(liveChangeKind)),
  /**
   * Jobs that changed, or whose runs changed; null if there are too many to list, so any job may have
   * changed.
   */
  job_ids: z.array(uuid).nullable(),
  /** Runs that changed or received telemetry; null as above. */
  job_run_ids: z.array(uuid).nullable(),
});
export type LiveChange = z.output<typeof liveChange>;

/** The current length of a followed log. Read lines that the event does not contain with `read_log_lines`. */
export const liveLog = responseObject('LiveLogEvent', {
  job_run_id: uuid,
  line_count: z.int(),
  /** Whether the run is over and all its lines are counted. */
  is_complete: z.boolean(),
  /**
   * Only with `log_lines`: the lines after the previous event of this log. Absent in the first event of a log, and if
   * there are more than 200 or they have more than 64 Ki characters.
   */
  added: logLinesResponse.optional(),
});
export type LiveLog = z.output<typeof liveLog>;

/**
 * The last event of a stream that the server ends. After `not_authenticated` the same token will not be
 * accepted again.
 */
export const liveEnd = responseObject('LiveEndEvent', {
  reason: openEnum(namedEnum('LiveEndReason', ['failed', 'no_access', 'not_authenticated', 'stopping'])),
  detail: z.string(),
});
export type LiveEnd = z.output<typeof liveEnd>;

/** The events of the stream, by name. */
export const liveEvents = { ready: liveReady, change: liveChange, log: liveLog, end: liveEnd } as const;

/** One event of the stream, with its name. */
export const liveEvent = z.discriminatedUnion('event', [
  z.object({ event: z.literal('ready'), data: liveReady }),
  z.object({ event: z.literal('change'), data: liveChange }),
  z.object({ event: z.literal('log'), data: liveLog }),
  z.object({ event: z.literal('end'), data: liveEnd }),
]);
export type LiveEvent = z.output<typeof liveEvent>;
