import type { AlertChannels } from '../../services/alerts/alert-channels.ts';
import type { AlertDeliveries } from '../../services/alerts/alert-deliveries.ts';
import type { ChannelInput } from '../../services/alerts/channel-input.ts';
import type { Handlers } from '../handler.ts';
import type { UpdateAlertChannelRequest } from '@pumphouse/contract';
import { readPaging, toPage } from '../serializers/pages.ts';
import { toAlertChannel, toAlertChannelWithSecret, toAlertDelivery } from './alert-channels-serializers.ts';

type Operations =
  | 'list_alert_channels'
  | 'create_alert_channel'
  | 'update_alert_channel'
  | 'delete_alert_channel'
  | 'replace_alert_channel_secret'
  | 'test_alert_channel'
  | 'list_alert_deliveries'
  | 'send_alert_delivery_again';

export function createAlertChannelHandlers({
  alertChannels,
  alertDeliveries,
}: {
  alertChannels: AlertChannels;
  alertDeliveries: AlertDeliveries;
}): Pick<Handlers, Operations> {
  return {
    async list_alert_channels({ params }) {
      return { channels: (await alertChannels.list(params.workspace_id)).map(toAlertChannel) };
    },

    async create_alert_channel({ authorization, body }) {
      const input = { ...toInput(body), name: body.name };
      return toAlertChannelWithSecret(await alertChannels.create(authorization, body.kind, input));
    },

    async update_alert_channel({ params: { workspace_id: workspaceId, channel_id: channelId }, body }) {
      const input = { ...toInput(body), isEnabled: body.is_enabled };
      return toAlertChannel(await alertChannels.update(workspaceId, channelId, input));
    },

    async delete_alert_channel({ params: { workspace_id: workspaceId, channel_id: channelId } }) {
      await alertChannels.remove(workspaceId, channelId);
    },

    async replace_alert_channel_secret({ params, body }) {
      const { workspace_id: workspaceId, channel_id: channelId } = params;
      const hours = body.overlap_hours;
      return toAlertChannelWithSecret(
        await alertChannels.replaceSigningSecret(workspaceId, channelId, hours),
      );
    },

    async test_alert_channel({ params: { workspace_id: workspaceId, channel_id: channelId } }) {
      return toAlertDelivery(await alertDeliveries.test(workspaceId, channelId));
    },

    async list_alert_deliveries({ params: { workspace_id: workspaceId }, query }) {
      const filter = {
        channelId: query.channel_id ?? null,
        incidentId: query.incident_id ?? null,
        statuses: query.status ?? null,
      };
      const paging = readPaging(query, `alert_deliveries ${workspaceId}`);
      return toPage(await alertDeliveries.list(workspaceId, filter, paging), query, toAlertDelivery);
    },

    async send_alert_delivery_again({ params: { workspace_id: workspaceId, delivery_id: deliveryId } }) {
      return toAlertDelivery(await alertDeliveries.sendAgain(workspaceId, deliveryId));
    },
  };
}

function toInput(body: UpdateAlertChannelRequest): ChannelInput {
  const { name, url, routing_key: routingKey, region, recipients } = body;
  return {
    name,
    url,
    routingKey,
    region,
    recipients: recipients && {
      group: recipients.group,
      userIds: recipients.user_ids,
      addresses: recipients.addresses,
    },
  };
}
