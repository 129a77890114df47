import type {
  CreateEventSubscriptionRequest,
  EventSubscriptionResponse,
  UpdateEventSubscriptionRequest,
} from '@pumphouse/contract';
import type { StateAppearance } from '../../ui/run-states.ts';

/** The fields of the form. Lists in a text have one entry on each line. */
export interface SubscriptionValues {
  name: string;
  description: string;
  url: string;
  event_types: string[];
  job_patterns: string;
  tags: string;
  pipeline_names: string;
}

export const emptySubscription: SubscriptionValues = {
  name: '',
  description: '',
  url: '',
  event_types: ['pumphouse.job_run.*'],
  job_patterns: '',
  tags: '',
  pipeline_names: '',
};

/** Fills the form from a subscription. The URL is secret: an empty field keeps it. */
export function toValues({ name, description, event_types, scope }: EventSubscriptionResponse) {
  return {
    name,
    description: description ?? '',
    url: '',
    event_types,
    job_patterns: scope.job_patterns.join('\n'),
    tags: scope.tags.join('\n'),
    pipeline_names: scope.pipeline_names.join('\n'),
  } satisfies SubscriptionValues;
}

/** Builds the request that creates a subscription. */
export function toCreateRequest(values: SubscriptionValues): CreateEventSubscriptionRequest {
  return { ...toContent(values, []), url: values.url.trim() };
}

/** Builds the request that changes a subscription. Job ids of its scope, which the form does not show, stay. */
export function toUpdateRequest(
  values: SubscriptionValues,
  { scope }: EventSubscriptionResponse,
): UpdateEventSubscriptionRequest {
  const url = values.url.trim();
  return { ...toContent(values, scope.job_ids), ...(url !== '' && { url }) };
}

function toContent(values: SubscriptionValues, jobIds: string[]) {
  const description = values.description.trim();
  return {
    name: values.name,
    description: description === '' ? null : description,
    event_types: values.event_types,
    scope: {
      job_ids: jobIds,
      job_patterns: readLines(values.job_patterns),
      tags: readLines(values.tags),
      pipeline_names: readLines(values.pipeline_names),
    },
  };
}

const readLines = (text: string): string[] => [
  ...new Set(text.split(/[\n,]+/).flatMap((line) => line.trim() || [])),
];

/** How the state of a subscription is displayed. */
export function subscriptionAppearance({
  is_enabled,
  disabled_reason,
}: EventSubscriptionResponse): StateAppearance {
  if (is_enabled) return { word: 'Enabled', glyph: '●', colour: 'completed' };
  return disabled_reason === 'user'
    ? { word: 'Disabled', glyph: '◌', colour: 'skipped' }
    : { word: 'Disabled', glyph: '✕', colour: 'failed' };
}

/** Why a subscription sends nothing; null if it sends. */
export function explainSubscriptionState(subscription: EventSubscriptionResponse): string | null {
  const { is_enabled, disabled_reason: reason, paused_until: pausedUntil } = subscription;
  if (reason === 'gone')
    return 'The receiver answered that it is gone (410). Correct the URL, send a test, and enable the subscription.';
  if (reason === 'failing')
    return 'The receiver accepted nothing for about three days. Correct it, send a test, and enable the subscription.';
  if (!is_enabled) return 'Events are not recorded for it.';
  if (pausedUntil !== null && Date.parse(pausedUntil) > Date.now()) return 'The receiver asked for a pause.';
  return null;
}

/** Describes which jobs and pipelines a subscription covers; null for the whole workspace. */
export function describeScope({ scope }: EventSubscriptionResponse): string | null {
  const { job_ids: jobIds, job_patterns: patterns, tags, pipeline_names: pipelines } = scope;
  const parts = [
    ...patterns,
    ...tags.map((tag) => `tag ${tag}`),
    ...pipelines.map((name) => `pipeline ${name}`),
    ...(jobIds.length === 0 ? [] : [jobIds.length === 1 ? '1 job' : `${jobIds.length} jobs`]),
  ];
  return parts.length === 0 ? null : `Only ${parts.join(', ')}`;
}
