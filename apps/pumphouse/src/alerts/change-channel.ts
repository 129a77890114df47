import type { AlertChannelKind } from '@pumphouse/contract';
import { report } from '../session/report.ts';
import type { Session } from '../session/session.ts';
import { askText } from '../terminal/ask.ts';
import { confirm } from '../terminal/confirm.ts';
import { readStandardInput } from '../terminal/standard-input.ts';
import { findChannel } from './find-channel.ts';

export interface AddChannelOptions {
  kind: AlertChannelKind;
  region?: 'us' | 'eu';
  to?: string[];
  toMembers?: 'owners' | 'members';
}

export interface ChangeChannelOptions {
  name?: string;
  replaceTarget?: boolean;
  enable?: boolean;
  disable?: boolean;
}

/** Creates a channel. Only the signing secret of a webhook goes to standard output. */
export async function createChannel(
  session: Session,
  name: string,
  { kind, region, to, toMembers }: AddChannelOptions,
): Promise<void> {
  const params = { workspace_id: await session.workspaceId() };
  const recipients = { group: toMembers ?? null, user_ids: [], addresses: to ?? [] };
  const body = {
    name,
    kind,
    ...(region && { region }),
    ...(kind === 'email' ? { recipients } : await readTarget(session, kind)),
  };
  const created = await session.client.call('create_alert_channel', { params, body });
  if (created.signing_secret === null) {
    report(
      session,
      created,
      `Created ${name}. Check it: pumphouse alert channels test ${JSON.stringify(name)}`,
    );
    return;
  }
  session.terminal.note(`Created ${name}. Its signing secret is shown only here.`);
  session.show(created, () => created.signing_secret ?? '');
}

export async function updateChannel(
  session: Session,
  current: string,
  { name, replaceTarget = false, enable = false, disable = false }: ChangeChannelOptions,
): Promise<void> {
  const { channel, params } = await findChannel(session, current);
  const body = {
    ...(name !== undefined && { name }),
    ...(enable && { is_enabled: true }),
    ...(disable && { is_enabled: false }),
    ...(replaceTarget && (await readTarget(session, channel.kind))),
  };
  const changed = await session.client.call('update_alert_channel', { params, body });
  report(session, changed, `Changed ${changed.name}: ${changed.is_enabled ? 'enabled' : 'disabled'}.`);
}

/** Replaces the signing secret of a webhook. Only the new one goes to standard output. */
export async function replaceSecret(
  session: Session,
  name: string,
  { overlapHours }: { overlapHours: string },
): Promise<void> {
  const { channel, params } = await findChannel(session, name);
  const body = { overlap_hours: Number(overlapHours) };
  const replaced = await session.client.call('replace_alert_channel_secret', { params, body });
  session.terminal.note(`Replaced the signing secret of ${channel.name}. The new one is shown only here.`);
  session.show(replaced, () => replaced.signing_secret ?? '');
}

/** Deletes a channel after a question. */
export async function deleteChannel(
  session: Session,
  name: string,
  { yes = false }: { yes?: boolean },
): Promise<void> {
  const { channel, params } = await findChannel(session, name);
  const question = `Delete ${channel.name} with its delivery log? Its waiting messages are not sent.`;
  await confirm(session.terminal, question, { isConfirmed: yes });
  await session.client.call('delete_alert_channel', { params });
  report(session, channel, `Deleted ${channel.name}.`);
}

/** Reads the address or key, which is a secret: not from arguments, which other users of the machine can see. */
async function readTarget({ terminal }: Session, kind: string) {
  const what = kind === 'pagerduty' ? 'Integration key' : 'URL';
  const target = terminal.isInteractive ? await askText(what, { isSecret: true }) : await readStandardInput();
  return kind === 'pagerduty' ? { routing_key: target.trim() } : { url: target.trim() };
}
