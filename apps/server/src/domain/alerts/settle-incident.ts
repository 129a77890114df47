import type { AlertMessage } from './alert-message.ts';

/** A message that waits for a channel and is not being sent now. */
interface WaitingMessage {
  id: string;
  kind: AlertMessage['kind'];
  /** How often it was tried. The receiver may have read an attempt that failed. */
  attempts: number;
}

/** Ids of messages that are not sent. */
export interface Settlement {
  /** Later messages of the incident contain what they report. */
  superseded: string[];
  /** The incident was opened and resolved before anything was sent. */
  resolvedBeforeSent: string[];
}

/**
 * Decides which waiting messages about one incident a channel does not get. They are given in their order.
 * - `resolved` after an `opened` that was never tried: neither is sent.
 * - `resolved` after an `opened` that was tried: only `resolved` is sent, because the receiver may have got the
 *   other one.
 * - Of several reminders, only the last one is sent, and none before `acknowledged` or `resolved`.
 * - `acknowledged` is not sent before `resolved`.
 */
export function settleIncident(waiting: readonly WaitingMessage[]): Settlement {
  const settlement: Settlement = { superseded: [], resolvedBeforeSent: [] };
  let opened: WaitingMessage | null = null;
  let reminder: WaitingMessage | null = null;
  let acknowledged: WaitingMessage | null = null;
  for (const message of waiting) {
    if (message.kind === 'opened') opened = message;
    if (message.kind === 'reminder') {
      if (reminder) settlement.superseded.push(reminder.id);
      reminder = message;
    }
    if (message.kind !== 'acknowledged' && message.kind !== 'resolved') continue;
    if (reminder) settlement.superseded.push(reminder.id);
    reminder = null;
    if (acknowledged) settlement.superseded.push(acknowledged.id);
    acknowledged = message.kind === 'acknowledged' ? message : null;
    if (message.kind === 'acknowledged') continue;
    if (opened?.attempts === 0) settlement.resolvedBeforeSent.push(opened.id, message.id);
    else if (opened) settlement.superseded.push(opened.id);
    opened = null;
  }
  return settlement;
}
