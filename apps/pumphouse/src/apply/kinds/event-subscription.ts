import {
  createEventSubscriptionRequest,
  updateEventSubscriptionRequest,
  type EventSubscriptionResponse,
} from '@pumphouse/contract';
import { z } from 'zod';
import { flattenAttributes, nestAttributes, SecretValue, type Attributes } from '../entries/entry.ts';
import { secretReference } from '../file/secret-reference.ts';
import type { Ids } from './ids.ts';
import type { ApplyChange, ApplyContext } from './resource-kind.ts';
import { createScopeBody, createScopeSchema, describeScope } from './scope.ts';
import { hideSigningSecret } from './signing-secret.ts';
import { readTargetUrl } from './target-url.ts';

const request = createEventSubscriptionRequest.shape;
const innerMaps = ['scope'];

/** An event subscription in the file. */
export const eventSubscriptionSchema = z.strictObject({
  description: request.description.unwrap().optional(),
  is_enabled: z.boolean().optional(),
  url: secretReference,
  event_types: request.event_types.describe(
    'Event types, such as pumphouse.job_run.failed; pumphouse.job_run.* or * for several',
  ),
  scope: createScopeSchema(request.scope.unwrap().shape)
    .optional()
    .describe('Jobs and pipelines whose events are sent; none: all'),
});

/** The attributes of a subscription in the file. */
export function readEventSubscription(
  { url, ...subscription }: z.output<typeof eventSubscriptionSchema>,
  availableSecret: (reference: string) => string | null,
): Attributes {
  return { ...flattenAttributes(subscription, innerMaps), ...readTargetUrl(url, availableSecret) };
}

/** The attributes of a subscription on the server, with refs for ids of jobs. */
export function describeEventSubscription(subscription: EventSubscriptionResponse, ids: Ids): Attributes {
  const { description, is_enabled, host, event_types, scope } = subscription;
  const own = { description, is_enabled, host, event_types, scope: describeScope(scope, ids) };
  return { ...flattenAttributes(own, innerMaps), url: new SecretValue(null) };
}

export const applyEventSubscription: ApplyChange = async (context, { action, path, attributes, after }) => {
  const { client, ids } = context;
  const [organization = '', workspace = '', name = ''] = path;
  const workspace_id = ids.get('workspace', [organization, workspace]);
  if (action === 'create') {
    const created = await client.call('create_event_subscription', {
      params: { workspace_id },
      body: createEventSubscriptionRequest.parse({ ...createBody(context, path, after), name }),
    });
    ids.set('event_subscription', path, created.id);
    const params = { workspace_id, subscription_id: created.id };
    if (after['is_enabled'] === false)
      await client.call('update_event_subscription', { params, body: { is_enabled: false } });
    return hideSigningSecret(created.signing_secret, { command: 'events', name, workspace });
  }
  const params = { workspace_id, subscription_id: ids.get('event_subscription', path) };
  if (action === 'remove') {
    await client.call('delete_event_subscription', { params });
    return {};
  }
  // The rest stays: the server itself disables subscriptions whose receivers fail.
  const changed = new Set(attributes.map((attribute) => propertyOf(attribute.name)));
  const body = Object.entries(createBody(context, path, after)).filter(([property]) => changed.has(property));
  await client.call('update_event_subscription', {
    params,
    body: updateEventSubscriptionRequest.parse(Object.fromEntries(body)),
  });
  return {};
};

/** The property of a request that has an attribute: another host needs another URL. */
function propertyOf(attribute: string): string {
  if (attribute === 'host') return 'url';
  return attribute.replace(/\..*$/, '');
}

function createBody({ ids, secretOf }: ApplyContext, path: readonly string[], after: Attributes) {
  const { host: _, url, scope, ...others } = nestAttributes(after);
  return {
    ...others,
    ...(url instanceof SecretValue && url.reference !== null && { url: secretOf(url.reference) }),
    ...(scope !== undefined && { scope: createScopeBody(scope, ids, path.slice(0, 2)) }),
  };
}
