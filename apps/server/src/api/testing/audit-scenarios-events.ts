import type { Scenario, Scenarios } from './audit-scene.ts';
import { planted } from './audit-scene.ts';
import { wholeWorkspace } from '../../domain/alerts/rule-scope.ts';

const url = `https://127.0.0.1:9/${planted.channelAddress}`;
const eventTypes = ['pumphouse.job_run.*'];

/** Creates a subscription, to which nothing can be sent, and puts its id into the path. */
const ofSubscription = (payload?: object): Pick<Scenario, 'prepare'> => ({
  prepare: async ({ api, workspace, owner }) => {
    const access = await api.persistence.store.workspaces.findAccess(workspace.id, owner.userId);
    const authorization = { principal: owner.principal, workspace: access ?? null, organization: null };
    const { subscription } = await api.services.eventSubscriptions.create(authorization, {
      name: 'Receiver',
      description: null,
      url,
      eventTypes,
      scope: wholeWorkspace,
    });
    return { params: { subscription_id: subscription.id }, ...(payload && { payload }) };
  },
});

/** Scenarios for event subscriptions. */
export const eventSubscriptionScenarios: Scenarios = {
  create_event_subscription: {
    action: 'event-subscription.create',
    prepare: () => ({ payload: { name: 'Events', url, event_types: eventTypes } }),
  },
  update_event_subscription: {
    action: 'event-subscription.update',
    ...ofSubscription({ name: 'Renamed', url }),
  },
  delete_event_subscription: { action: 'event-subscription.delete', ...ofSubscription() },
  replace_event_subscription_secret: {
    action: 'event-subscription.replace-secret',
    ...ofSubscription({ overlap_hours: 1 }),
  },
  test_event_subscription: { action: 'event-subscription.test', ...ofSubscription() },
  redeliver_event: {
    action: 'event-subscription.redeliver',
    prepare: async (scene) => {
      const { params } = await ofSubscription().prepare(scene);
      const { api, workspace } = scene;
      const id = params?.['subscription_id'] ?? '';
      const sent = await api.services.eventDeliveries.test(workspace.id, id);
      return { params: { event_delivery_id: sent.id } };
    },
  },
};
