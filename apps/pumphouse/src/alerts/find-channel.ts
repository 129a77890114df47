import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { findByName } from '../session/find-by-name.ts';
import type { Session } from '../session/session.ts';

/**
 * Finds a channel of the workspace by its name or id.
 * @throws CommandError alert_channel_not_found
 */
export async function findChannel(session: Session, name: string) {
  const params = { workspace_id: await session.workspaceId() };
  const { channels } = await session.client.call('list_alert_channels', { params });
  const channel = findByName(channels, name);
  if (channel) return { channel, params: { ...params, channel_id: channel.id } };
  throw new CommandError(`There is no alert channel ${name}.`, {
    code: 'alert_channel_not_found',
    exitCode: exitCodes.notFound,
    nextStep: 'pumphouse alert channels list shows the channels.',
  });
}
