import type { AlertDeliveryStatus } from '@pumphouse/contract';
import { readListQuery, showDeliveries, type ListOptions } from '../deliveries/show-deliveries.ts';
import type { Session } from '../session/session.ts';
import { findChannel } from './find-channel.ts';

/** Lists what channels of the workspace sent, newest first. */
export async function listDeliveries(
  session: Session,
  name: string | undefined,
  options: ListOptions<AlertDeliveryStatus>,
): Promise<void> {
  const found = name === undefined ? null : await findChannel(session, name);
  const params = { workspace_id: await session.workspaceId() };
  const query = { ...readListQuery(options), ...(found && { channel_id: found.channel.id }) };
  const { items } = await session.client.call('list_alert_deliveries', { params, query });
  showDeliveries(session, items, [{ title: 'MESSAGE', text: ({ kind, title }) => `${kind}: ${title}` }]);
}
