import { z } from 'zod';
import { namedEnum, openEnum, responseObject, uuid } from '../primitives.ts';

/** What can change in a workspace, in the words of the lists that show it. */
export const liveChangeKind = namedEnum('LiveChangeKind', [
  'configuration',
  'deployment',
  'job',
  'job-run',
  'member',
  'pipeline-run',
  'schema',
  'variable',
  'webhook',
  'workspace',
]);
export type LiveChangeKind = z.output<typeof liveChangeKind>;

/** The subscription is in force: what changes from here on is told; what changed before has to be fetched. */
export const liveReady = responseObject('LiveReadyEvent', {});

/** A hint to fetch anew, of all that changed in a workspace within a moment. */
export const liveChange = responseObject('LiveChangeEvent', {
  workspace_id: uuid,
  kinds: z.array(openEnum(liveChangeKind)),
  /** Jobs that changed, or that have runs which changed; null where they are too many to name, so that any may have. */
  job_ids: z.array(uuid).nullable(),
  /** Runs that changed, or to which telemetry came; null as above. */
  job_run_ids: z.array(uuid).nullable(),
});
export type LiveChange = z.output<typeof liveChange>;

/** How long a log that is followed is now. The lines are read with `read_log_lines`. */
export const liveLog = responseObject('LiveLogEvent', {
  job_run_id: uuid,
  line_count: z.int(),
  /** Whether the run is over and all its lines are counted. */
  is_complete: z.boolean(),
});
export type LiveLog = z.output<typeof liveLog>;

/** The last event of a stream that the server ends; after `not_authenticated` with the same token nothing is answered. */
export const liveEnd = responseObject('LiveEndEvent', {
  reason: openEnum(namedEnum('LiveEndReason', ['failed', 'no_access', 'not_authenticated', 'stopping'])),
  detail: z.string(),
});
export type LiveEnd = z.output<typeof liveEnd>;

/** The events of the stream, by their names. */
export const liveEvents = { ready: liveReady, change: liveChange, log: liveLog, end: liveEnd } as const;

/** One event of the stream, with its name. */
export const liveEvent = z.discriminatedUnion('event', [
  z.object({ event: z.literal('ready'), data: liveReady }),
  z.object({ event: z.literal('change'), data: liveChange }),
  z.object({ event: z.literal('log'), data: liveLog }),
  z.object({ event: z.literal('end'), data: liveEnd }),
]);
export type LiveEvent = z.output<typeof liveEvent>;
