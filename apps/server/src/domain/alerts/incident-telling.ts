/** What decides whether a message about an incident is due. */
export interface IncidentTelling {
  /** It was resolved when it was recorded, and only its opening is told. */
  isMomentary: boolean;
  openedAt: Date;
  resolvedAt: Date | null;
  acknowledgedAt: Date | null;
  snoozedUntil: Date | null;
  toldAt: Date | null;
  lastReminderAt: Date | null;
  resolutionToldAt: Date | null;
}

/** What rules and mutes say about messages at this moment. */
export interface TellingLimits {
  now: Date;
  /** How long incidents of one rule are gathered into one message. */
  gatherMs: number;
  reminderMs: number | null;
  /** End of the quiet hours; null outside of them. */
  quietUntil: Date | null;
  /** The end of the longest mute; null if nothing is muted. */
  mutedUntil: Date | null;
}

export type Told = 'opened' | 'reminder' | 'resolved';

/** What to do now, and when to decide again; `nextAt` is null if only another change can make a message due. */
export type TellingDecision =
  | { kind: 'tell'; told: Told }
  | { kind: 'wait'; nextAt: Date }
  /** No message will follow unless something changes. */
  | { kind: 'rest' };

const rest: TellingDecision = { kind: 'rest' };

/**
 * Decides which message about an incident is due. An incident is told at most once as opened and once as
 * resolved, and never as resolved or by a reminder before it was told as opened.
 */
export function decideTelling(incident: IncidentTelling, limits: TellingLimits): TellingDecision {
  if (incident.toldAt === null) return decideOpening(incident, limits);
  if (incident.isMomentary) return rest;
  if (incident.resolvedAt !== null) return decideResolution(incident, limits);
  return decideReminder(incident, incident.toldAt, limits);
}

/**
 * An incident that ended or was acknowledged before its message could be sent is not told: a receiver would
 * read in the morning what is over. Momentary incidents wait for the end of quiet hours, and are not told
 * while they are muted.
 */
function decideOpening(incident: IncidentTelling, limits: TellingLimits): TellingDecision {
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
  return tellAfter('opened', [gatheredAt, quietUntil, mutedUntil, snoozedUntil], now);
}

/** A mute does not hold it: a receiver that knows of the incident must learn that it is over. */
function decideResolution(incident: IncidentTelling, { now, quietUntil }: TellingLimits): TellingDecision {
  if (incident.resolutionToldAt !== null) return rest;
  return tellAfter('resolved', [quietUntil], now);
}

/** The end of a snooze is a reminder, even for a rule without reminders. */
function decideReminder(incident: IncidentTelling, toldAt: Date, limits: TellingLimits): TellingDecision {
  const { now, quietUntil, mutedUntil, reminderMs } = limits;
  const { acknowledgedAt, lastReminderAt, snoozedUntil } = incident;
  if (acknowledgedAt !== null) return rest;
  const last = lastReminderAt ?? toldAt;
  const isSnoozeOpen = snoozedUntil !== null && snoozedUntil > last;
  if (reminderMs === null && !isSnoozeOpen) return rest;
  const regular = isSnoozeOpen || reminderMs === null ? null : new Date(last.getTime() + reminderMs);
  return tellAfter('reminder', [regular, snoozedUntil, quietUntil, mutedUntil], now);
}

function tellAfter(told: Told, bounds: readonly (Date | null)[], now: Date): TellingDecision {
  const nextMs = Math.max(...bounds.map((bound) => bound?.getTime() ?? 0));
  return nextMs > now.getTime() ? { kind: 'wait', nextAt: new Date(nextMs) } : { kind: 'tell', told };
}
