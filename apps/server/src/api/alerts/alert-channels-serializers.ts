import type { AlertChannelRecord, AlertDeliveryRecord } from '../../store/records.ts';
import type {
  AlertChannelResponse,
  AlertChannelSecretResponse,
  AlertDeliveryResponse,
} from '@pumphouse/contract';
import type { ChannelWithSecret } from '../../services/alerts/alert-channels.ts';
import { parseChannelSettings } from '../../domain/alerts/channel-settings.ts';
import { toDeliveryProgress, toTargetState } from '../serializers/deliveries.ts';

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
    ...toTargetState(channel),
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
    ...toDeliveryProgress(delivery),
  };
}
