import type { AttemptDelivery } from './attempt-delivery.ts';
import type { ClaimedAlert } from '../../store/records.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../../store/store.ts';
import { settleIncident } from '../../domain/alerts/settle-incident.ts';

/** Messages that this server sends at a time. */
const maxActive = 32;
/** What all servers together send at a time: a slow receiver takes only its own slots. */
const perChannel = 2;
const perWorkspace = 8;
/** Longer than any attempt. */
export const alertLeaseSeconds = 120;
const settledAtOnce = 100;
/** How long a stopping server waits for answers before it leaves its messages to others. */
const drainMs = 3000;

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
  const active = new Set<Promise<void>>();
  const stopping = new AbortController();

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

  async function send(claim: ClaimedAlert): Promise<void> {
    const [channel, delivery] = await Promise.all([
      store.alertChannels.get(claim.workspaceId, claim.channelId),
      store.alertDeliveries.get(claim.workspaceId, claim.id),
    ]);
    // Removed meanwhile, or claimed by another server after a long pause of this one.
    if (!channel || delivery?.attempts !== claim.attempts) return;
    await attemptDelivery.attempt(channel, delivery, stopping.signal);
  }

  function start(claim: ClaimedAlert): void {
    const work = send(claim)
      .catch((err: unknown) => {
        log.error({ err, deliveryId: claim.id }, 'the result of an alert was not recorded; it is sent again');
      })
      .finally(() => active.delete(work));
    active.add(work);
  }

  return {
    /**
     * Claims due messages and starts to send them.
     * @returns whether messages are being sent, so that others may be due as soon as one of them has ended
     */
    async deliver(): Promise<boolean> {
      await store.alertDeliveries.giveUpExpired();
      await settle();
      const limit = maxActive - active.size;
      if (limit > 0 && !stopping.signal.aborted) {
        const leaseSeconds = alertLeaseSeconds;
        const claims = await store.alertDeliveries.claim({ limit, perChannel, perWorkspace, leaseSeconds });
        for (const claim of claims) start(claim);
      }
      return active.size > 0;
    },

    /** Waits for the messages that are being sent. Those without an answer after 3 s are left to other servers. */
    async drain(): Promise<void> {
      const timer = setTimeout(() => stopping.abort(), drainMs);
      await Promise.all(active);
      clearTimeout(timer);
      stopping.abort();
    },
  };
}
