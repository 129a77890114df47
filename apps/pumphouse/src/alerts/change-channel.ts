import type { AlertChannelKind } from '@pumphouse/contract';
import {
  readAddress,
  readTargetOptions,
  reportTarget,
  showFirstSecret,
  showReplacedSecret,
  type TargetOptions,
} from '../deliveries/change-target.ts';
import { report } from '../session/report.ts';
import type { Session } from '../session/session.ts';
import { confirm } from '../terminal/confirm.ts';
import { findChannel } from './find-channel.ts';

export interface AddChannelOptions {
  kind: AlertChannelKind;
  region?: 'us' | 'eu';
  to?: string[];
  toMembers?: 'owners' | 'members';
}

export interface ChangeChannelOptions extends TargetOptions {
  replaceTarget?: boolean;
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
  const { signing_secret: secret } = created;
  if (secret === null) {
    report(
      session,
      created,
      `Created ${name}. Check it: pumphouse alert channels test ${JSON.stringify(name)}`,
    );
    return;
  }
  showFirstSecret(session, { ...created, signing_secret: secret });
}

export async function updateChannel(
  session: Session,
  current: string,
  { replaceTarget = false, ...options }: ChangeChannelOptions,
): Promise<void> {
  const { channel, params } = await findChannel(session, current);
  const body = {
    ...readTargetOptions(options),
    ...(replaceTarget && (await readTarget(session, channel.kind))),
  };
  const changed = await session.client.call('update_alert_channel', { params, body });
  reportTarget(session, changed);
}

/** Replaces the signing secret of a webhook. Only the new one goes to standard output. */
export async function replaceSecret(
  session: Session,
  name: string,
  { overlapHours }: { overlapHours: string },
): Promise<void> {
  const { params } = await findChannel(session, name);
  const body = { overlap_hours: Number(overlapHours) };
  const replaced = await session.client.call('replace_alert_channel_secret', { params, body });
  showReplacedSecret(session, replaced);
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

async function readTarget(session: Session, kind: string) {
  if (kind === 'pagerduty') return { routing_key: await readAddress(session, 'Integration key') };
  return { url: await readAddress(session, 'URL') };
}
