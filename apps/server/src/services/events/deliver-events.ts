import type { AttemptEventDelivery } from './attempt-event-delivery.ts';
import type { ClaimedEventDelivery } from '../../store/records.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../../store/store.ts';
import { createBackgroundSender } from '../deliveries/background-sender.ts';
import { deliveryLeaseSeconds } from '../deliveries/attempt.ts';

/** Events that this server sends at a time. */
const maxActive = 64;
/** What all servers together send at a time: a slow receiver takes only its own slots. */
const perTarget = 4;
const perWorkspace = 16;

export type DeliverEvents = ReturnType<typeof createDeliverEvents>;

/** Creates the delivery of events to subscriptions, each at least once. */
export function createDeliverEvents(ports: {
  persistence: Persistence<'eventDeliveries' | 'eventSubscriptions'>;
  attemptDelivery: AttemptEventDelivery;
  log: Logger;
}) {
  const { attemptDelivery, log } = ports;
  const { store } = ports.persistence;

  async function send(claim: ClaimedEventDelivery, signal: AbortSignal): Promise<void> {
    const [subscription, delivery] = await Promise.all([
      store.eventSubscriptions.get(claim.workspaceId, claim.targetId),
      store.eventDeliveries.get(claim.workspaceId, claim.id),
    ]);
    // Removed meanwhile, or claimed by another server after a long pause of this one.
    if (!subscription || delivery?.attempts !== claim.attempts) return;
    await attemptDelivery.attempt(subscription, delivery, signal);
  }

  const sender = createBackgroundSender({ maxActive, send, log });

  return {
    /**
     * Claims due deliveries and starts to send them.
     * @returns whether events are being sent, so that others may be due as soon as one of them has ended
     */
    async deliver(): Promise<boolean> {
      await sender.fill((limit) =>
        store.eventDeliveries.claim({ limit, perTarget, perWorkspace, leaseSeconds: deliveryLeaseSeconds }),
      );
      return sender.isBusy();
    },

    /** Waits for the events that are being sent. Those without an answer after 3 s are left to other servers. */
    drain: () => sender.drain(),
  };
}
