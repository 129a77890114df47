import { toInstant, toInstantOrNull } from './instants.ts';

/** How far a delivery is, and what its last attempt resulted in. */
export function toDeliveryProgress(delivery: {
  status: string;
  isSending: boolean;
  reason: string | null;
  responseCode: number | null;
  answer: string | null;
  attempts: number;
  notBefore: Date;
  resentFrom: string | null;
  createdAt: Date;
  finishedAt: Date | null;
}) {
  return {
    is_sending: delivery.isSending,
    reason: delivery.reason,
    response_code: delivery.responseCode,
    answer: delivery.answer,
    attempts: delivery.attempts,
    next_attempt_at: delivery.status === 'waiting' ? toInstant(delivery.notBefore) : null,
    resent_from: delivery.resentFrom,
    created_at: toInstant(delivery.createdAt),
    finished_at: toInstantOrNull(delivery.finishedAt),
  };
}

/** Whether an alert channel or an event subscription gets deliveries, and when its secrets and settings changed. */
export function toTargetState<Reason extends string>(target: {
  disabledAt: Date | null;
  disabledReason: Reason | null;
  pausedUntil: Date | null;
  lastDeliveredAt: Date | null;
  previousSecretExpiresAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
}) {
  return {
    is_enabled: target.disabledAt === null,
    disabled_at: toInstantOrNull(target.disabledAt),
    disabled_reason: target.disabledReason,
    paused_until: toInstantOrNull(target.pausedUntil),
    last_delivered_at: toInstantOrNull(target.lastDeliveredAt),
    previous_secret_expires_at: toInstantOrNull(target.previousSecretExpiresAt),
    created_at: toInstant(target.createdAt),
    updated_at: toInstant(target.updatedAt),
  };
}
