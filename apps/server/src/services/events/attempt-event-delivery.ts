import type { AttemptResult } from '../../domain/deliveries/attempt-result.ts';
import type { Encryption } from '../../platform/encryption.ts';
import type { EventDeliveryDecision } from '../../domain/events/delivery-decision.ts';
import type { EventDeliveryRecord, EventSubscriptionRecord } from '../../store/records.ts';
import type { FaultPoints } from '../../platform/fault-points.ts';
import type { Instruments } from '../../platform/instruments.ts';
import type { Logger } from 'pino';
import type { OutboundHttp } from '../../outbound/outbound-http.ts';
import type { Persistence, Store } from '../../store/store.ts';
import { aboutSubscription } from './event-subscriptions.ts';
import { attemptSafely, isInterrupted, toSendResult } from '../deliveries/attempt.ts';
import { decideEventDelivery } from '../../domain/events/delivery-decision.ts';
import { openSigningSecrets, openUrl } from './sealed-subscriptions.ts';
import { postMessage } from '../deliveries/post-message.ts';
import { recordChange } from '../audit/audit.ts';
import { retryAfterStop } from '../../domain/deliveries/attempt-result.ts';
import { signWebhook } from '../deliveries/webhook-signature.ts';

type Stores = 'auditLog' | 'eventDeliveries' | 'eventSubscriptions' | 'events';

export type AttemptEventDelivery = ReturnType<typeof createAttemptEventDelivery>;

/** Creates what makes one attempt for a claimed delivery and records its result. */
export function createAttemptEventDelivery(ports: {
  persistence: Persistence<Stores>;
  encryption: Encryption;
  outbound: OutboundHttp;
  faultPoints: FaultPoints;
  instruments: Pick<Instruments, 'eventAttempted'>;
  now: () => Date;
  log: Logger;
}) {
  const { persistence, encryption, outbound, faultPoints, instruments, now, log } = ports;

  /** The message id is the id of the event, so a receiver recognizes an event that it gets twice. */
  async function send(
    subscription: EventSubscriptionRecord,
    { eventId }: EventDeliveryRecord,
    signal: AbortSignal,
  ): Promise<AttemptResult> {
    const content = await persistence.store.events.getContent(eventId);
    if (!content) return { kind: 'refused', reason: 'event_removed' };
    const url = openUrl(encryption, subscription);
    const body = JSON.stringify(content);
    const timestampSeconds = Math.floor(now().getTime() / 1000);
    const secrets = openSigningSecrets(encryption, subscription, now());
    const headers = {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'user-agent': 'Pumphouse-Events',
      ...signWebhook(secrets, { id: eventId, timestampSeconds, body }),
    };
    return postMessage(outbound, { url, body, headers }, { secrets: [url], signal });
  }

  function decide(
    result: AttemptResult,
    { attempts, isResent }: EventDeliveryRecord,
    signal: AbortSignal,
  ): EventDeliveryDecision {
    if (isInterrupted(result, signal)) return retryAfterStop;
    return decideEventDelivery(result, { attempts, isSingle: isResent, now: now(), random: Math.random() });
  }

  async function record(
    subscription: EventSubscriptionRecord,
    delivery: EventDeliveryRecord,
    { result, decision }: { result: AttemptResult; decision: EventDeliveryDecision },
  ): Promise<void> {
    const details = toSendResult(result, decision);
    await persistence.transaction(async (tx) => {
      // The subscription first, as everywhere: a claim locks it before its deliveries.
      if (decision.kind === 'retry') {
        if (decision.pauseSeconds !== null)
          await tx.eventSubscriptions.pause(subscription.id, decision.pauseSeconds);
        await tx.eventDeliveries.retryLater(delivery, decision.delaySeconds, details);
        return;
      }
      if (decision.kind === 'delivered') await tx.eventSubscriptions.noteDelivered(subscription.id);
      const disables = decision.kind === 'failed' ? decision.disables : null;
      const isDisabledNow = disables !== null && (await disable(tx, subscription, { disables, delivery }));
      await tx.eventDeliveries.finish(delivery, decision.kind, details);
      if (!isDisabledNow) return;
      await tx.eventDeliveries.failWaiting(subscription.id, 'subscription_disabled');
      await recordChange(tx, {
        ...aboutSubscription(subscription),
        action: 'event-subscription.disable',
        before: null,
        after: { reason: disables, last_failure: details.reason },
      });
    });
  }

  return {
    /** Makes one attempt. Resolves when its result is recorded. */
    async attempt(
      subscription: EventSubscriptionRecord,
      delivery: EventDeliveryRecord,
      signal: AbortSignal,
    ): Promise<void> {
      await faultPoints.reach('before-event-sent');
      const target = { subscriptionId: subscription.id, deliveryId: delivery.id };
      const result = await attemptSafely(
        () => send(subscription, delivery, signal),
        (err) => log.error({ err, ...target }, 'an event could not be sent'),
      );
      await faultPoints.reach('after-event-sent');
      const decision = decide(result, delivery, signal);
      await record(subscription, delivery, { result, decision });
      instruments.eventAttempted(decision.kind);
      if (decision.kind === 'delivered') return;
      log.warn(
        { ...target, reason: decision.reason },
        decision.kind === 'retry' ? 'an event is sent again later' : 'an event was not delivered',
      );
    },
  };
}

/** A receiver that accepted other events since the first attempt of this one is not failing. */
function disable(
  tx: Pick<Store, 'eventSubscriptions'>,
  { id }: EventSubscriptionRecord,
  { disables, delivery }: { disables: 'gone' | 'failing'; delivery: EventDeliveryRecord },
): Promise<boolean> {
  return tx.eventSubscriptions.disable(id, disables, disables === 'failing' ? delivery.createdAt : null);
}
