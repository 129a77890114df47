import type { AlertChannelRecord, AlertDeliveryRecord } from '../../store/records.ts';
import type {
  AlertChannelResponse,
  AlertChannelSecretResponse,
  AlertDeliveryResponse,
} from '@pumphouse/contract';
import type { ChannelWithSecret } from '../../services/alerts/alert-channels.ts';
import { parseChannelSettings } from '../../domain/alerts/channel-settings.ts';
import { toInstant, toInstantOrNull } from '../serializers/instants.ts';

/** Contains no secret: of an address only the host, of a key nothing. */
export function toAlertChannel(channel: AlertChannelRecord): AlertChannelResponse {
  const { host, region, recipients } = parseChannelSettings(channel.settings);
  return {
    id: channel.id,
    name: channel.name,
    kind: channel.kind,
    host,
    region,
    recipients: recipients && {
      group: recipients.group,
      user_ids: recipients.userIds,
      addresses: recipients.addresses,
    },
    is_enabled: channel.disabledAt === null,
    disabled_at: toInstantOrNull(channel.disabledAt),
    disabled_reason: channel.disabledReason,
    paused_until: toInstantOrNull(channel.pausedUntil),
    last_delivered_at: toInstantOrNull(channel.lastDeliveredAt),
    previous_secret_expires_at: toInstantOrNull(channel.previousSecretExpiresAt),
    created_at: toInstant(channel.createdAt),
    updated_at: toInstant(channel.updatedAt),
  };
}

export function toAlertChannelWithSecret({
  channel,
  signingSecret,
}: ChannelWithSecret): AlertChannelSecretResponse {
  return { ...toAlertChannel(channel), signing_secret: signingSecret };
}

export function toAlertDelivery(delivery: AlertDeliveryRecord): AlertDeliveryResponse {
  const { message } = delivery;
  return {
    id: delivery.id,
    channel_id: delivery.channelId,
    incident_id: delivery.incidentId,
    kind: message.kind,
    severity: message.severity,
    title: message.title,
    status: delivery.status,
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
