import type { AlertChannelResponse } from '@pumphouse/contract';
import type { Session } from '../session/session.ts';
import { formatRelative } from '../terminal/format.ts';
import { formatTable } from '../terminal/table.ts';

/** Lists the alert channels of the workspace. */
export async function listChannels(session: Session): Promise<void> {
  const { terminal } = session;
  const params = { workspace_id: await session.workspaceId() };
  const { channels } = await session.client.call('list_alert_channels', { params });
  session.show(channels, () => {
    if (channels.length === 0)
      return 'There are no alert channels. Create one: pumphouse alert channels create NAME --kind slack';
    return formatTable(
      channels,
      [
        { title: 'NAME', text: ({ name }) => name },
        { title: 'KIND', text: ({ kind }) => kind },
        {
          title: 'STATE',
          text: ({ is_enabled, disabled_reason }) =>
            is_enabled
              ? 'enabled'
              : terminal.tone('warning', `disabled by ${describeReason(disabled_reason)}`),
        },
        { title: 'SENDS TO', text: describeReceiver, dropOrder: 2 },
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

const describeReason = (reason: string | null): string =>
  reason === 'rejected' ? 'rejections of its receiver' : 'a user';

function describeReceiver({ host, region, recipients }: AlertChannelResponse): string {
  if (region !== null) return `PagerDuty (${region})`;
  if (!recipients) return host ?? '';
  const { group, user_ids, addresses } = recipients;
  return [group ?? [], user_ids.length > 0 ? `${user_ids.length} members` : [], addresses].flat().join(', ');
}
