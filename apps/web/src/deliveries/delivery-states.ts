import type { StateAppearance } from '../ui/run-states.ts';

const appearances: Readonly<Record<string, StateAppearance>> = {
  waiting: { word: 'Waiting', glyph: '◌', colour: 'pending' },
  delivered: { word: 'Delivered', glyph: '✓', colour: 'completed' },
  failed: { word: 'Failed', glyph: '✕', colour: 'failed' },
  dropped: { word: 'Not sent', glyph: '⊘', colour: 'cancelled' },
};

/** A status of a newer server may be unknown to this console. */
export function deliveryAppearance({
  status,
  is_sending,
}: {
  status: string;
  is_sending: boolean;
}): StateAppearance {
  if (is_sending) return { word: 'Sending', glyph: '◐', colour: 'running' };
  return appearances[status] ?? { word: 'Unknown', glyph: '?', colour: 'cancelled' };
}

const reasons: Readonly<Record<string, string>> = {
  timeout: 'The receiver did not answer in time.',
  dns_failed: 'The host name of the address has no address.',
  connection_refused: 'Nothing listens at the address.',
  connection_failed: 'The connection ended without an answer.',
  tls_failed: 'The certificate of the receiver is not valid.',
  invalid_answer: 'The receiver does not answer with HTTP.',
  address_not_allowed:
    'The server may not reach this address, because it is internal. An operator can allow it.',
  https_required: 'The address must begin with https://.',
  mail_not_configured: 'The server has no mail server.',
  mail_server_failed: 'The mail server did not accept the message yet.',
  mail_rejected: 'The mail server rejected all recipients.',
  no_recipients: 'No recipient is left.',
  channel_disabled: 'The channel was disabled.',
  subscription_disabled: 'The subscription was disabled.',
  event_removed: 'The event is no longer kept.',
  superseded: 'A later message about the incident replaced it.',
  resolved_before_sent: 'The incident was resolved before it was reported.',
  server_stopped: 'The server stopped while it was sending.',
};

/** Explains a reason; null if there is none. */
export function explainReason(reason: string | null): string | null {
  if (reason === null) return null;
  const status = /^http_(\d+)$/.exec(reason)?.[1];
  if (status !== undefined) return `The receiver answered with status ${status}.`;
  return reasons[reason] ?? reason;
}
