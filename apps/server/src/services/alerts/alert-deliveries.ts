import type { AlertChannelRecord, AlertDeliveryRecord, AlertDeliverySortKey } from '../../store/records.ts';
import type { AlertMessage } from '../../domain/alerts/alert-message.ts';
import type { AttemptDelivery } from './attempt-delivery.ts';
import type { Page, PageRequest } from '../paging/read-page.ts';
import type { Persistence } from '../../store/store.ts';
import { about, getChannel } from './alert-channels.ts';
import { deliveryLeaseSeconds } from '../deliveries/attempt.ts';
import { createPageReader } from '../paging/read-page.ts';
import { recordChange } from '../audit/audit.ts';
import { ServiceError } from '../../platform/service-error.ts';
import { requireOpenWorkspace } from '../workspaces/open-workspace.ts';

export interface DeliveryFilter {
  channelId?: string | null;
  statuses?: readonly string[] | null;
  incidentId?: string | null;
}

export type AlertDeliveries = ReturnType<typeof createAlertDeliveries>;

/** Reads the delivery log, and sends single messages while a user waits for the result. */
export function createAlertDeliveries(ports: {
  persistence: Persistence<'alertChannels' | 'alertDeliveries' | 'auditLog' | 'workspaces'>;
  attemptDelivery: AttemptDelivery;
  /** Where users reach the console. */
  serverUrl: () => string;
  now: () => Date;
}) {
  const { persistence, attemptDelivery, serverUrl, now } = ports;
  const { store } = persistence;
  const readPage = createPageReader();

  /** Makes one attempt. Another server makes it if this one dies before its result is recorded. */
  async function sendNow(
    channel: AlertChannelRecord,
    message: AlertMessage,
    { action, resentFrom }: { action: string; resentFrom: string | null },
  ): Promise<AlertDeliveryRecord> {
    const delivery = await persistence.transaction(async (tx) => {
      const added = await tx.alertDeliveries.addTaken({
        workspaceId: channel.workspaceId,
        channelId: channel.id,
        message,
        resentFrom,
        leaseSeconds: deliveryLeaseSeconds,
      });
      await recordChange(tx, { ...about(channel), action, before: null, after: { delivery_id: added.id } });
      return added;
    });
    await attemptDelivery.attempt(channel, delivery, new AbortController().signal);
    return (await store.alertDeliveries.get(channel.workspaceId, delivery.id)) ?? delivery;
  }

  return {
    /** Newest first unless sorted. */
    list: (
      workspaceId: string,
      filter: DeliveryFilter,
      page: PageRequest<AlertDeliverySortKey>,
    ): Promise<Page<AlertDeliveryRecord>> => readPage(page, store.alertDeliveries.list(workspaceId, filter)),

    /**
     * Sends a test message, also through a disabled channel, and waits for the result.
     * @throws ServiceError not_found, workspace_archived
     */
    async test(workspaceId: string, channelId: string): Promise<AlertDeliveryRecord> {
      const { id, name } = await requireOpenWorkspace(store, workspaceId);
      const channel = await getChannel(store, workspaceId, channelId);
      const message: AlertMessage = {
        kind: 'test',
        incidentId: null,
        severity: 'info',
        workspace: { id, name },
        title: `Alert channel ${channel.name}`,
        details: ['This channel can send alerts of the workspace. Nothing has failed.'],
        facts: [{ label: 'Channel', value: channel.name }],
        links: [{ label: 'Open channels', url: `${serverUrl()}/w/${id}/alerts/channels` }],
        occurredAt: now().toISOString(),
      };
      return sendNow(channel, message, { action: 'alert-channel.test', resentFrom: null });
    },

    /**
     * Sends a message of the log again, once, as a new message with an id of its own, and waits for the result.
     * @throws ServiceError not_found, alert_delivery_waiting, workspace_archived
     */
    async sendAgain(workspaceId: string, deliveryId: string): Promise<AlertDeliveryRecord> {
      await requireOpenWorkspace(store, workspaceId);
      const delivery = await store.alertDeliveries.get(workspaceId, deliveryId);
      if (!delivery) throw new ServiceError('not_found', `There is no alert delivery ${deliveryId}.`);
      if (delivery.status === 'waiting')
        throw new ServiceError(
          'alert_delivery_waiting',
          'The message is still waiting to be sent. Wait for its result.',
        );
      const channel = await getChannel(store, workspaceId, delivery.channelId);
      const { message } = delivery;
      return sendNow(channel, message, { action: 'alert-channel.send-again', resentFrom: deliveryId });
    },
  };
}
