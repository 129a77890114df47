import type { AttemptDelivery } from './attempt-delivery.ts';
import type { ClaimedAlert } from '../../store/records.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../../store/store.ts';
import { createBackgroundSender } from '../deliveries/background-sender.ts';
import { deliveryLeaseSeconds } from '../deliveries/attempt.ts';
import { settleIncident } from '../../domain/alerts/settle-incident.ts';

/** Messages that this server sends at a time. */
const maxActive = 32;
/** What all servers together send at a time: a slow receiver takes only its own slots. */
const perTarget = 2;
const perWorkspace = 8;
const settledAtOnce = 100;

export type DeliverAlerts = ReturnType<typeof createDeliverAlerts>;

/**
 * Creates the delivery of waiting messages, each at least once. Messages are sent in the background, so that
 * none waits for a slow receiver of another channel.
 */
export function createDeliverAlerts(ports: {
  persistence: Persistence<'alertChannels' | 'alertDeliveries'>;
  attemptDelivery: AttemptDelivery;
  log: Logger;
}) {
  const { persistence, attemptDelivery, log } = ports;
  const { store } = persistence;
  const sender = createBackgroundSender({ maxActive, send, log });

  async function settle(): Promise<void> {
    for (const { channelId, incidentId } of await store.alertDeliveries.listUnsettled(settledAtOnce)) {
      await persistence.transaction(async ({ alertDeliveries }) => {
        const waiting = await alertDeliveries.lockWaiting(channelId, incidentId);
        const { superseded, resolvedBeforeSent } = settleIncident(waiting);
        await alertDeliveries.drop(superseded, 'superseded');
        await alertDeliveries.drop(resolvedBeforeSent, 'resolved_before_sent');
        await alertDeliveries.markSettled(waiting.map(({ id }) => id));
      });
    }
  }

  async function send(claim: ClaimedAlert, signal: AbortSignal): Promise<void> {
    const [channel, delivery] = await Promise.all([
      store.alertChannels.get(claim.workspaceId, claim.targetId),
      store.alertDeliveries.get(claim.workspaceId, claim.id),
    ]);
    // Removed meanwhile, or claimed by another server after a long pause of this one.
    if (!channel || delivery?.attempts !== claim.attempts) return;
    await attemptDelivery.attempt(channel, delivery, signal);
  }

  return {
    /**
     * Claims due messages and starts to send them.
     * @returns whether messages are being sent, so that others may be due as soon as one of them has ended
     */
    async deliver(): Promise<boolean> {
      await store.alertDeliveries.giveUpExpired();
      await settle();
      await sender.fill((limit) =>
        store.alertDeliveries.claim({ limit, perTarget, perWorkspace, leaseSeconds: deliveryLeaseSeconds }),
      );
      return sender.isBusy();
    },

    /** Waits for the messages that are being sent. Those without an answer after 3 s are left to other servers. */
    drain: () => sender.drain(),
  };
}
