/** An incident, as far as it decides whether a message about it is due. */
export interface NotifiedIncident {
  /** It was resolved when it was recorded, and only its opening is reported. */
  isMomentary: boolean;
  openedAt: Date;
  resolvedAt: Date | null;
  acknowledgedAt: Date | null;
  snoozedUntil: Date | null;
  notifiedAt: Date | null;
  lastReminderAt: Date | null;
  acknowledgementNotifiedAt: Date | null;
  resolutionNotifiedAt: Date | null;
}

/** Restrictions of rules and mutes at this moment. */
export interface NotificationLimits {
  now: Date;
  /** How long incidents of one rule are gathered into one message. */
  gatherMs: number;
  reminderMs: number | null;
  /** End of the quiet hours; null outside of them. */
  quietUntil: Date | null;
  /** The end of the longest mute; null if nothing is muted. */
  mutedUntil: Date | null;
}

export type NotificationKind = 'opened' | 'reminder' | 'acknowledged' | 'resolved';

/** What to do now, and when to decide again; `nextAt` is null if only another change can make a message due. */
export type NotificationDecision =
  | { kind: 'notify'; message: NotificationKind }
  | { kind: 'wait'; nextAt: Date }
  /** No message will follow unless something changes. */
  | { kind: 'rest' };

const rest: NotificationDecision = { kind: 'rest' };

/**
 * Decides which message about an incident is due. The opening and the resolution are sent at most once, and
 * every other message only after the opening.
 */
export function decideNotification(
  incident: NotifiedIncident,
  limits: NotificationLimits,
): NotificationDecision {
  if (incident.notifiedAt === null) return decideOpening(incident, limits);
  if (incident.isMomentary) return rest;
  if (incident.resolvedAt !== null) return decideResolution(incident, limits);
  if (incident.acknowledgedAt !== null) return decideAcknowledgement(incident);
  return decideReminder(incident, incident.notifiedAt, limits);
}

/**
 * An incident that ended or was acknowledged before its message could be sent is not reported: a receiver would
 * read in the morning what is over. Momentary incidents wait for the end of quiet hours, and are not reported
 * while they are muted.
 */
function decideOpening(incident: NotifiedIncident, limits: NotificationLimits): NotificationDecision {
  const { now, quietUntil, mutedUntil, gatherMs } = limits;
  const { isMomentary, openedAt, resolvedAt, acknowledgedAt, snoozedUntil } = incident;
  if (acknowledgedAt !== null) return rest;
  const isOver = resolvedAt !== null && !isMomentary;
  const isMuted = mutedUntil !== null && mutedUntil > now;
  const isQuiet = quietUntil !== null && quietUntil > now;
  const isSnoozed = snoozedUntil !== null && snoozedUntil > now;
  if (isMuted && (isMomentary || isOver)) return rest;
  if ((isQuiet || isSnoozed) && isOver) return rest;
  const gatheredAt = new Date(openedAt.getTime() + gatherMs);
  return notifyAfter('opened', [gatheredAt, quietUntil, mutedUntil, snoozedUntil], now);
}

/** A mute does not hold it: a receiver that knows of the incident must learn that it is over. */
function decideResolution(
  incident: NotifiedIncident,
  { now, quietUntil }: NotificationLimits,
): NotificationDecision {
  if (incident.resolutionNotifiedAt !== null) return rest;
  return notifyAfter('resolved', [quietUntil], now);
}

/** Neither mutes nor quiet hours hold it: it makes a receiver stop to call people. */
function decideAcknowledgement(incident: NotifiedIncident): NotificationDecision {
  return incident.acknowledgementNotifiedAt === null ? { kind: 'notify', message: 'acknowledged' } : rest;
}

/** The end of a snooze is a reminder, even for a rule without reminders. */
function decideReminder(
  incident: NotifiedIncident,
  notifiedAt: Date,
  limits: NotificationLimits,
): NotificationDecision {
  const { now, quietUntil, mutedUntil, reminderMs } = limits;
  const { lastReminderAt, snoozedUntil } = incident;
  const last = lastReminderAt ?? notifiedAt;
  const isSnoozeOpen = snoozedUntil !== null && snoozedUntil > last;
  if (reminderMs === null && !isSnoozeOpen) return rest;
  const regular = isSnoozeOpen || reminderMs === null ? null : new Date(last.getTime() + reminderMs);
  return notifyAfter('reminder', [regular, snoozedUntil, quietUntil, mutedUntil], now);
}

function notifyAfter(
  message: NotificationKind,
  bounds: readonly (Date | null)[],
  now: Date,
): NotificationDecision {
  const nextMs = Math.max(...bounds.map((bound) => bound?.getTime() ?? 0));
  return nextMs > now.getTime() ? { kind: 'wait', nextAt: new Date(nextMs) } : { kind: 'notify', message };
}
