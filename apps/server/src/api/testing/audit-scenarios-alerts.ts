import type { Scenario, Scenarios } from './audit-scene.ts';
import { planted } from './audit-scene.ts';

const url = `https://127.0.0.1:9/${planted.channelAddress}`;

/** Creates a channel, to which nothing can be sent, and puts its id into the path. */
const ofChannel = (payload?: object): Pick<Scenario, 'prepare'> => ({
  prepare: async ({ api, workspace, owner }) => {
    const access = await api.persistence.store.workspaces.findAccess(workspace.id, owner.userId);
    const authorization = { principal: owner.principal, workspace: access ?? null, organization: null };
    const { channel } = await api.services.alertChannels.create(authorization, 'webhook', {
      name: 'Receiver',
      url,
    });
    return { params: { channel_id: channel.id }, ...(payload && { payload }) };
  },
});

/** Scenarios for alert channels. */
export const alertChannelScenarios: Scenarios = {
  create_alert_channel: {
    action: 'alert-channel.create',
    prepare: () => ({ payload: { name: 'Chat', kind: 'slack', url } }),
  },
  update_alert_channel: { action: 'alert-channel.update', ...ofChannel({ name: 'Renamed', url }) },
  delete_alert_channel: { action: 'alert-channel.delete', ...ofChannel() },
  replace_alert_channel_secret: {
    action: 'alert-channel.replace-secret',
    ...ofChannel({ overlap_hours: 1 }),
  },
  test_alert_channel: { action: 'alert-channel.test', ...ofChannel() },
  send_alert_delivery_again: {
    action: 'alert-channel.send-again',
    prepare: async (scene) => {
      const { params } = await ofChannel().prepare(scene);
      const { api, workspace } = scene;
      const sent = await api.services.alertDeliveries.test(workspace.id, params?.['channel_id'] ?? '');
      return { params: { delivery_id: sent.id } };
    },
  },
};
