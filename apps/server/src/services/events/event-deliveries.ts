import type { AttemptEventDelivery } from './attempt-event-delivery.ts';
import type {
  EventDeliveryFilter,
  EventDeliveryRecord,
  EventDeliverySortKey,
  EventSubscriptionRecord,
} from '../../store/records.ts';
import type { Page, PageRequest } from '../paging/read-page.ts';
import type { Persistence, Store } from '../../store/store.ts';
import { aboutSubscription, getSubscription } from './event-subscriptions.ts';
import { composePing } from './compose-event.ts';
import { createPageReader } from '../paging/read-page.ts';
import { deliveryLeaseSeconds } from '../deliveries/attempt.ts';
import { pingEventType } from '@pumphouse/contract';
import { recordChange } from '../audit/audit.ts';
import { ServiceError } from '../../platform/service-error.ts';
import { requireOpenWorkspace } from '../workspaces/open-workspace.ts';

type Stores = 'auditLog' | 'eventDeliveries' | 'eventSubscriptions' | 'events' | 'workspaces';

export type EventDeliveries = ReturnType<typeof createEventDeliveries>;

/** Reads the delivery log, and sends single events while a user waits for the result. */
export function createEventDeliveries(ports: {
  persistence: Persistence<Stores>;
  attemptDelivery: AttemptEventDelivery;
  /** Where users reach the server. */
  serverUrl: () => string;
}) {
  const { persistence, attemptDelivery, serverUrl } = ports;
  const { store } = persistence;
  const readPage = createPageReader();

  /** Makes one attempt. Another server makes it if this one dies before its result is recorded. */
  async function sendNow(
    subscription: EventSubscriptionRecord,
    {
      action,
      resentFrom,
      chooseEvent,
    }: {
      action: string;
      resentFrom: string | null;
      chooseEvent: (tx: Pick<Store, Stores>) => Promise<string>;
    },
  ): Promise<EventDeliveryRecord> {
    const delivery = await persistence.transaction(async (tx) => {
      const added = await tx.eventDeliveries.addTaken({
        subscriptionId: subscription.id,
        eventId: await chooseEvent(tx),
        resentFrom,
        leaseSeconds: deliveryLeaseSeconds,
      });
      await recordChange(tx, {
        ...aboutSubscription(subscription),
        action,
        before: null,
        after: { delivery_id: added.id },
      });
      return added;
    });
    await attemptDelivery.attempt(subscription, delivery, new AbortController().signal);
    return (await store.eventDeliveries.get(subscription.workspaceId, delivery.id)) ?? delivery;
  }

  async function getDelivery(workspaceId: string, deliveryId: string): Promise<EventDeliveryRecord> {
    const delivery = await store.eventDeliveries.get(workspaceId, deliveryId);
    if (!delivery) throw new ServiceError('not_found', `There is no event delivery ${deliveryId}.`);
    return delivery;
  }

  return {
    /** Newest first unless sorted. */
    list: (
      workspaceId: string,
      filter: EventDeliveryFilter,
      page: PageRequest<EventDeliverySortKey>,
    ): Promise<Page<EventDeliveryRecord>> => readPage(page, store.eventDeliveries.list(workspaceId, filter)),

    /**
     * Returns a delivery and the event as it is sent.
     * @throws ServiceError not_found
     */
    async get(
      workspaceId: string,
      deliveryId: string,
    ): Promise<{ delivery: EventDeliveryRecord; event: object }> {
      const delivery = await getDelivery(workspaceId, deliveryId);
      return { delivery, event: (await store.events.getContent(delivery.eventId)) ?? {} };
    },

    /**
     * Sends a test event, also to a disabled subscription, and waits for the result.
     * @throws ServiceError not_found, workspace_archived
     */
    async test(workspaceId: string, subscriptionId: string): Promise<EventDeliveryRecord> {
      await requireOpenWorkspace(store, workspaceId);
      const subscription = await getSubscription(store, workspaceId, subscriptionId);
      return sendNow(subscription, {
        action: 'event-subscription.test',
        resentFrom: null,
        chooseEvent: async (tx) => {
          const subject = `event-subscriptions/${subscriptionId}`;
          const event = await tx.events.add({ workspaceId, type: pingEventType, subject });
          const content = composePing(event, { subscriptionId, serverUrl: serverUrl() });
          await tx.events.setContent(event.id, content);
          return event.id;
        },
      });
    },

    /**
     * Sends an event of the log again, once and with the same id, and waits for the result.
     * @throws ServiceError not_found, event_delivery_waiting, workspace_archived
     */
    async redeliver(workspaceId: string, deliveryId: string): Promise<EventDeliveryRecord> {
      await requireOpenWorkspace(store, workspaceId);
      const delivery = await getDelivery(workspaceId, deliveryId);
      if (delivery.status === 'waiting')
        throw new ServiceError(
          'event_delivery_waiting',
          'The event is still waiting to be delivered. Wait for its result.',
        );
      const subscription = await getSubscription(store, workspaceId, delivery.subscriptionId);
      return sendNow(subscription, {
        action: 'event-subscription.redeliver',
        resentFrom: deliveryId,
        chooseEvent: async () => delivery.eventId,
      });
    },
  };
}
