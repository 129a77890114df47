/**
 * All event types, with when they are sent. Apart from their schemas, so that the console need not load those to list
 * the types.
 */
export const eventDescriptions = {
  'pumphouse.job_run.queued': 'A run was created and waits to be started.',
  'pumphouse.job_run.started': 'User code of an attempt starts. A run with retries has one for each attempt.',
  'pumphouse.job_run.retrying': 'An attempt failed and another one follows at `retry_at`.',
  'pumphouse.job_run.succeeded': 'A run completed.',
  'pumphouse.job_run.failed':
    'A run failed for good, also by a timeout or because its attempt was lost: `failure.code` says which.',
  'pumphouse.job_run.cancelled': 'A run was cancelled.',
  'pumphouse.schema.changed': 'A pipeline reported a new version of a schema, or its first one.',
  'pumphouse.load.repeated':
    'A run loaded a job of a load package again. A table has rows of that load twice, or may have them twice.',
  'pumphouse.deployment.created': 'A new version of the code was uploaded.',
  'pumphouse.ping':
    'A user tested the subscription. Sent to that subscription only, whatever its event types are.',
} as const;

/** The value of `type` of an event. */
export type EventType = keyof typeof eventDescriptions;

/** The type of a test event, which needs no subscription. */
export const pingEventType = 'pumphouse.ping' satisfies EventType;

/** The types that subscriptions name. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- keys of a literal object
export const eventTypes = (Object.keys(eventDescriptions) as EventType[]).filter(
  (type) => type !== pingEventType,
);
