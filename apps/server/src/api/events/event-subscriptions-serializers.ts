import type {
  DetailedEventDeliveryResponse,
  EventDeliveryResponse,
  EventSubscriptionResponse,
  EventSubscriptionSecretResponse,
} from '@pumphouse/contract';
import type { EventDeliveryRecord, EventSubscriptionRecord } from '../../store/records.ts';
import type { SubscriptionWithSecret } from '../../services/events/event-subscriptions.ts';
import { toDeliveryProgress, toTargetState } from '../serializers/deliveries.ts';

/** Contains no secret: of the URL only the host. */
export function toEventSubscription(subscription: EventSubscriptionRecord): EventSubscriptionResponse {
  const { jobIds, jobPatterns, tags, pipelineNames } = subscription.scope;
  return {
    id: subscription.id,
    name: subscription.name,
    description: subscription.description,
    host: subscription.host,
    event_types: subscription.eventTypes,
    scope: {
      job_ids: [...jobIds],
      job_patterns: [...jobPatterns],
      tags: [...tags],
      pipeline_names: [...pipelineNames],
    },
    ...toTargetState(subscription),
  };
}

export function toEventSubscriptionWithSecret({
  subscription,
  signingSecret,
}: SubscriptionWithSecret): EventSubscriptionSecretResponse {
  return { ...toEventSubscription(subscription), signing_secret: signingSecret };
}

export function toEventDelivery(delivery: EventDeliveryRecord): EventDeliveryResponse {
  return {
    id: delivery.id,
    subscription_id: delivery.subscriptionId,
    event_id: delivery.eventId,
    event_type: delivery.eventType,
    subject: delivery.subject,
    status: delivery.status,
    ...toDeliveryProgress(delivery),
  };
}

export function toDetailedEventDelivery({
  delivery,
  event,
}: {
  delivery: EventDeliveryRecord;
  event: object;
}): DetailedEventDeliveryResponse {
  return { ...toEventDelivery(delivery), event: { ...event } };
}
