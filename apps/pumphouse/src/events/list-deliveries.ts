import type { EventDeliveryStatus } from '@pumphouse/contract';
import { readListQuery, showDeliveries, type ListOptions } from '../deliveries/show-deliveries.ts';
import type { Session } from '../session/session.ts';
import { formatJson } from '../terminal/plain-text.ts';
import { findSubscription } from './find-subscription.ts';

/** Lists what subscriptions of the workspace received, newest first. */
export async function listDeliveries(
  session: Session,
  name: string | undefined,
  options: ListOptions<EventDeliveryStatus>,
): Promise<void> {
  const found = name === undefined ? null : await findSubscription(session, name);
  const params = { workspace_id: await session.workspaceId() };
  const query = { ...readListQuery(options), ...(found && { subscription_id: found.subscription.id }) };
  const { items } = await session.client.call('list_event_deliveries', { params, query });
  showDeliveries(session, items, [
    { title: 'EVENT', text: ({ event_type }) => event_type },
    { title: 'SUBJECT', text: ({ subject }) => subject, dropOrder: 4 },
  ]);
}

/** Prints the CloudEvent of a delivery; with `--json`, the delivery with it. */
export async function showDelivery(session: Session, deliveryId: string): Promise<void> {
  const params = { workspace_id: await session.workspaceId(), event_delivery_id: deliveryId };
  const delivery = await session.client.call('get_event_delivery', { params });
  session.show(delivery, () => formatJson(delivery.event, 2));
}
