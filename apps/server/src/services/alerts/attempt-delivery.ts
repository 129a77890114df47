import type { AlertChannelRecord, AlertDeliveryRecord } from '../../store/records.ts';
import type { AttemptResult } from '../../domain/deliveries/attempt-result.ts';
import type { DeliveryDecision } from '../../domain/alerts/delivery-decision.ts';
import type { FaultPoints } from '../../platform/fault-points.ts';
import type { Instruments } from '../../platform/instruments.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../../store/store.ts';
import type { SendAlert } from './alert-sender.ts';
import { about } from './alert-channels.ts';
import { attemptSafely, isInterrupted, toSendResult } from '../deliveries/attempt.ts';
import { decideDelivery, maxRejections } from '../../domain/alerts/delivery-decision.ts';
import { recordChange } from '../audit/audit.ts';
import { retryAfterStop } from '../../domain/deliveries/attempt-result.ts';

type Stores = 'alertChannels' | 'alertDeliveries' | 'auditLog';

export type AttemptDelivery = ReturnType<typeof createAttemptDelivery>;

/** Creates what makes one attempt for a claimed message and records its result. */
export function createAttemptDelivery(ports: {
  persistence: Persistence<Stores>;
  sendAlert: SendAlert;
  faultPoints: FaultPoints;
  instruments: Pick<Instruments, 'alertAttempted'>;
  now: () => Date;
  log: Logger;
}) {
  const { persistence, sendAlert, faultPoints, instruments, now, log } = ports;

  function decide(
    result: AttemptResult,
    delivery: AlertDeliveryRecord,
    signal: AbortSignal,
  ): DeliveryDecision {
    if (isInterrupted(result, signal)) return retryAfterStop;
    return decideDelivery(result, {
      attempts: delivery.attempts,
      secondsToGiveUp: (delivery.giveUpAt.getTime() - now().getTime()) / 1000,
      now: now(),
      random: Math.random(),
    });
  }

  async function record(
    channel: AlertChannelRecord,
    delivery: AlertDeliveryRecord,
    { result, decision }: { result: AttemptResult; decision: DeliveryDecision },
  ): Promise<void> {
    const details = toSendResult(result, decision);
    await persistence.transaction(async (tx) => {
      // The channel first, as everywhere: a claim locks it before its messages.
      if (decision.kind === 'delivered') await tx.alertChannels.noteDelivered(channel.id);
      if (decision.kind === 'retry') {
        if (decision.pauseSeconds !== null) await tx.alertChannels.pause(channel.id, decision.pauseSeconds);
        await tx.alertDeliveries.retryLater(delivery, decision.delaySeconds, details);
        return;
      }
      const isCounted = decision.kind === 'failed' && decision.isRejection && isOwnMessage(delivery);
      const isDisabledNow = isCounted && (await tx.alertChannels.noteRejected(channel.id, maxRejections));
      await tx.alertDeliveries.finish(delivery, decision.kind, details);
      if (!isDisabledNow) return;
      await tx.alertDeliveries.dropWaiting(channel.id, 'channel_disabled');
      await recordChange(tx, {
        ...about(channel),
        action: 'alert-channel.disable',
        before: null,
        after: { reason: 'rejected', last_failure: details.reason },
      });
    });
  }

  return {
    /** Makes one attempt. Resolves when its result is recorded. */
    async attempt(
      channel: AlertChannelRecord,
      delivery: AlertDeliveryRecord,
      signal: AbortSignal,
    ): Promise<void> {
      await faultPoints.reach('before-alert-sent');
      const result = await attemptSafely(
        () => sendAlert(channel, delivery, signal),
        (err) =>
          log.error({ err, channelId: channel.id, deliveryId: delivery.id }, 'an alert could not be sent'),
      );
      await faultPoints.reach('after-alert-sent');
      const decision = decide(result, delivery, signal);
      await record(channel, delivery, { result, decision });
      instruments.alertAttempted(channel.kind, decision.kind);
      if (decision.kind !== 'delivered') {
        const about = { channelId: channel.id, deliveryId: delivery.id, reason: decision.reason };
        log.warn(about, decision.kind === 'retry' ? 'an alert is sent again later' : 'an alert was not sent');
      }
    },
  };
}

/** A test, or a message that a user sends again, says nothing about the channel's regular messages. */
function isOwnMessage({ message, resentFrom }: AlertDeliveryRecord): boolean {
  return message.kind !== 'test' && resentFrom === null;
}
