import type { EventDeliveries } from '../../services/events/event-deliveries.ts';
import type { EventSubscriptions } from '../../services/events/event-subscriptions.ts';
import type { Handlers } from '../handler.ts';
import type { CreateEventSubscriptionRequest } from '@pumphouse/contract';
import type { RuleScope } from '../../domain/alerts/rule-scope.ts';
import { readPaging, toPage } from '../serializers/pages.ts';
import {
  toDetailedEventDelivery,
  toEventDelivery,
  toEventSubscription,
  toEventSubscriptionWithSecret,
} from './event-subscriptions-serializers.ts';

type Operations =
  | 'list_event_subscriptions'
  | 'create_event_subscription'
  | 'update_event_subscription'
  | 'delete_event_subscription'
  | 'replace_event_subscription_secret'
  | 'test_event_subscription'
  | 'list_event_deliveries'
  | 'get_event_delivery'
  | 'redeliver_event';

export function createEventSubscriptionHandlers({
  eventSubscriptions,
  eventDeliveries,
}: {
  eventSubscriptions: EventSubscriptions;
  eventDeliveries: EventDeliveries;
}): Pick<Handlers, Operations> {
  return {
    async list_event_subscriptions({ params }) {
      return { subscriptions: (await eventSubscriptions.list(params.workspace_id)).map(toEventSubscription) };
    },

    async create_event_subscription({ authorization, body }) {
      const { name, description, url, event_types: eventTypes, scope } = body;
      const input = { name, description, url, eventTypes, scope: toScope(scope) };
      return toEventSubscriptionWithSecret(await eventSubscriptions.create(authorization, input));
    },

    async update_event_subscription({ params, body }) {
      const { workspace_id: workspaceId, subscription_id: subscriptionId } = params;
      const { name, description, url, event_types: eventTypes, scope, is_enabled: isEnabled } = body;
      const input = { name, description, url, eventTypes, scope: scope && toScope(scope), isEnabled };
      return toEventSubscription(await eventSubscriptions.update(workspaceId, subscriptionId, input));
    },

    async delete_event_subscription({ params }) {
      await eventSubscriptions.remove(params.workspace_id, params.subscription_id);
    },

    async replace_event_subscription_secret({ params, body }) {
      const { workspace_id: workspaceId, subscription_id: subscriptionId } = params;
      const hours = body.overlap_hours;
      return toEventSubscriptionWithSecret(
        await eventSubscriptions.replaceSigningSecret(workspaceId, subscriptionId, hours),
      );
    },

    async test_event_subscription({ params }) {
      return toEventDelivery(await eventDeliveries.test(params.workspace_id, params.subscription_id));
    },

    async list_event_deliveries({ params: { workspace_id: workspaceId }, query }) {
      const filter = {
        subscriptionId: query.subscription_id ?? null,
        statuses: query.status ?? null,
        eventTypes: query.event_type ?? null,
      };
      const paging = readPaging(query, `event_deliveries ${workspaceId}`);
      return toPage(await eventDeliveries.list(workspaceId, filter, paging), query, toEventDelivery);
    },

    async get_event_delivery({ params }) {
      return toDetailedEventDelivery(
        await eventDeliveries.get(params.workspace_id, params.event_delivery_id),
      );
    },

    async redeliver_event({ params }) {
      return toEventDelivery(await eventDeliveries.redeliver(params.workspace_id, params.event_delivery_id));
    },
  };
}

function toScope(scope: CreateEventSubscriptionRequest['scope']): RuleScope {
  return {
    jobIds: scope.job_ids,
    jobPatterns: scope.job_patterns,
    tags: scope.tags,
    pipelineNames: scope.pipeline_names,
  };
}
