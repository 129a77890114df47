import type { EventSubscriptionResponse } from '@pumphouse/contract';
import type { Session } from '../session/session.ts';
import { formatRelative } from '../terminal/format.ts';
import { formatTable } from '../terminal/table.ts';

/** Lists the event subscriptions of the workspace. */
export async function listSubscriptions(session: Session): Promise<void> {
  const { terminal } = session;
  const params = { workspace_id: await session.workspaceId() };
  const { subscriptions } = await session.client.call('list_event_subscriptions', { params });
  session.show(subscriptions, () => {
    if (subscriptions.length === 0)
      return 'There are no event subscriptions. Create one: pumphouse events create NAME';
    return formatTable(
      subscriptions,
      [
        { title: 'NAME', text: ({ name }) => name },
        { title: 'EVENTS', text: ({ event_types }) => event_types.join(', '), dropOrder: 4 },
        {
          title: 'STATE',
          text: (each) =>
            each.is_enabled ? 'enabled' : terminal.tone('warning', `disabled: ${describeReason(each)}`),
        },
        { title: 'SENDS TO', text: ({ host }) => host, dropOrder: 2 },
        {
          title: 'LAST DELIVERED',
          text: ({ last_delivered_at }) => formatRelative(last_delivered_at) || 'never',
          dropOrder: 3,
        },
        { title: 'ID', text: ({ id }) => id, dropOrder: 1 },
      ],
      { width: terminal.width, title: (text) => terminal.tone('strong', text) },
    );
  });
}

function describeReason({ disabled_reason: reason }: EventSubscriptionResponse): string {
  if (reason === 'gone') return 'its receiver is gone (410)';
  return reason === 'failing' ? 'its receiver failed for days' : 'by a user';
}
