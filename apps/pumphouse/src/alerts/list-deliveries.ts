import type { AlertDeliveryStatus } from '@pumphouse/contract';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import type { Session } from '../session/session.ts';
import { formatRelative } from '../terminal/format.ts';
import { formatTable } from '../terminal/table.ts';
import { findChannel } from './find-channel.ts';

export interface DeliveryOptions {
  status?: AlertDeliveryStatus;
  limit: string;
}

/** Lists what channels of the workspace sent, newest first. */
export async function listDeliveries(
  session: Session,
  name: string | undefined,
  { status, limit }: DeliveryOptions,
): Promise<void> {
  const { terminal } = session;
  const found = name === undefined ? null : await findChannel(session, name);
  const params = { workspace_id: await session.workspaceId() };
  const query = {
    limit: readLimit(limit),
    ...(found && { channel_id: found.channel.id }),
    ...(status && { status: [status] }),
  };
  const { items } = await session.client.call('list_alert_deliveries', { params, query });
  session.show(items, () => {
    if (items.length === 0) return 'No deliveries match.';
    return formatTable(
      items,
      [
        { title: 'TIME', text: ({ created_at }) => formatRelative(created_at) },
        { title: 'STATUS', text: ({ is_sending, ...each }) => (is_sending ? 'sending' : each.status) },
        { title: 'MESSAGE', text: ({ kind, title }) => `${kind}: ${title}` },
        { title: 'REASON', text: ({ reason }) => reason ?? '', dropOrder: 3 },
        { title: 'ATTEMPTS', text: ({ attempts }) => `${attempts}`, isNumber: true, dropOrder: 2 },
        { title: 'ID', text: ({ id }) => id, dropOrder: 1 },
      ],
      { width: terminal.width, title: (text) => terminal.tone('strong', text) },
    );
  });
}

function readLimit(text: string): number {
  if (/^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= 1000) return Number(text);
  throw new CommandError('--limit is a number from 1 to 1000.', {
    code: 'invalid_option',
    exitCode: exitCodes.usage,
    nextStep: 'Leave it out for 20.',
  });
}
