import type { AlertChannelResponse } from '@pumphouse/contract';
import type { StateAppearance } from '../../ui/run-states.ts';

/** How the state of a channel is displayed. */
export function channelAppearance({ is_enabled, disabled_reason }: AlertChannelResponse): StateAppearance {
  if (is_enabled) return { word: 'Enabled', glyph: '●', colour: 'completed' };
  return disabled_reason === 'rejected'
    ? { word: 'Disabled', glyph: '✕', colour: 'failed' }
    : { word: 'Disabled', glyph: '◌', colour: 'skipped' };
}

/** Why a channel does not send; null if it does. */
export function explainChannelState(channel: AlertChannelResponse): string | null {
  if (channel.disabled_reason === 'rejected')
    return 'The receiver rejected several messages. Correct the address, send a test, and enable the channel.';
  if (!channel.is_enabled) return 'Alerts are dropped.';
  if (channel.paused_until !== null && Date.parse(channel.paused_until) > Date.now())
    return 'The receiver asked for a pause.';
  return null;
}

/** Whom a channel reaches, without secrets. */
export function describeTarget({ kind, host, region, recipients }: AlertChannelResponse): string {
  if (kind === 'pagerduty') return region === 'eu' ? 'PagerDuty, Europe' : 'PagerDuty, United States';
  if (!recipients) return host ?? '';
  const { group, user_ids, addresses } = recipients;
  return [
    ...(group === null ? [] : [group === 'owners' ? 'owners' : 'all members']),
    ...(user_ids.length === 0 ? [] : [`${user_ids.length} ${user_ids.length === 1 ? 'member' : 'members'}`]),
    ...addresses,
  ].join(', ');
}
