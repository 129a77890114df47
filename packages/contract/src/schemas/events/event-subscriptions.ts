import { z } from 'zod';
import { overlapHours, targetName, targetState, targetUrl } from '../deliveries/deliveries.ts';
import { namedEnum, openEnum, requestObject, responseObject, uuid } from '../primitives.ts';

const maxDescriptionLength = 500;
const maxEntries = 100;

const entry = z.string().min(1).max(200);

/** Jobs and pipelines whose events are sent: all that match any entry of a list. All lists empty: the workspace. */
const scopeRequest = requestObject('EventScopeRequest', {
  job_ids: z.array(uuid).max(maxEntries).default([]),
  /** Patterns of job refs, such as `jobs.sales.*`. */
  job_patterns: z.array(entry).max(maxEntries).default([]),
  tags: z.array(entry).max(maxEntries).default([]),
  pipeline_names: z.array(entry).max(maxEntries).default([]),
});

/** Event types: exact, a prefix followed by `*` such as `pumphouse.job_run.*`, or `*` for all. */
const eventTypePatterns = z
  .array(
    z
      .string()
      .regex(/^([a-z_]+\.)*([a-z_]+|\*)$/, 'must be an event type, or a prefix followed by .*')
      .max(100),
  )
  .min(1)
  .max(20);

export const createEventSubscriptionRequest = requestObject('CreateEventSubscriptionRequest', {
  name: targetName,
  description: z.string().max(maxDescriptionLength).nullable().default(null),
  url: targetUrl,
  event_types: eventTypePatterns,
  scope: scopeRequest.default({ job_ids: [], job_patterns: [], tags: [], pipeline_names: [] }),
});
export type CreateEventSubscriptionRequest = z.output<typeof createEventSubscriptionRequest>;

/** Properties that are left out stay. */
export const updateEventSubscriptionRequest = requestObject('UpdateEventSubscriptionRequest', {
  name: targetName.optional(),
  description: z.string().max(maxDescriptionLength).nullable().optional(),
  url: targetUrl.optional(),
  event_types: eventTypePatterns.optional(),
  scope: scopeRequest.optional(),
  is_enabled: z.boolean().optional(),
});
export type UpdateEventSubscriptionRequest = z.output<typeof updateEventSubscriptionRequest>;

export const replaceEventSecretRequest = requestObject('ReplaceEventSecretRequest', {
  overlap_hours: overlapHours,
});

/**
 * `gone`: the receiver answered 410. `failing`: the receiver accepted nothing for about three days, until a
 * delivery had no more retries.
 */
export const eventSubscriptionDisabledReason = namedEnum('EventSubscriptionDisabledReason', [
  'user',
  'gone',
  'failing',
]);

const subscription = {
  id: uuid,
  name: z.string(),
  description: z.string().nullable(),
  /** The host of the URL; the rest may be secret. */
  host: z.string(),
  event_types: z.array(z.string()),
  scope: responseObject('EventScope', {
    job_ids: z.array(uuid),
    job_patterns: z.array(z.string()),
    tags: z.array(z.string()),
    pipeline_names: z.array(z.string()),
  }),
  ...targetState(openEnum(eventSubscriptionDisabledReason)),
};

export const eventSubscriptionResponse = responseObject('EventSubscriptionResponse', subscription);
export type EventSubscriptionResponse = z.output<typeof eventSubscriptionResponse>;

/** The signing secret is returned only once. */
export const eventSubscriptionSecretResponse = responseObject('EventSubscriptionSecretResponse', {
  ...subscription,
  signing_secret: z.string(),
});
export type EventSubscriptionSecretResponse = z.output<typeof eventSubscriptionSecretResponse>;

/** Sorted by name. */
export const eventSubscriptionsResponse = responseObject('EventSubscriptionsResponse', {
  subscriptions: z.array(eventSubscriptionResponse),
});
