import { Temporal } from 'temporal-polyfill';

const HOUR_MS = 3_600_000;
/** Longer than any single shift in the history of a zone (Samoa skipped a whole day in 2011). */
const MAX_SHIFT_MS = 25 * HOUR_MS;

/**
 * The latest change of a zone's UTC offset: the first instant under the new offset, and how far clocks moved.
 */
export interface OffsetChange {
  atMs: number;
  /** Positive if the wall clock jumped forward (a gap), negative if it went back (an overlap). */
  shiftMs: number;
}

/**
 * Reports whether `name` is an IANA zone that dlt accepts. Fixed offsets such as `+02:00` are not accepted:
 * the dlt launcher fails on them.
 */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}

/**
 * Converts an instant to a zone's wall clock, as milliseconds without a zone: 06:00 in Berlin gives the same
 * number as 06:00 in UTC.
 */
export function wallClockMs(instantMs: number, zone: string): number {
  return instantMs + offsetMs(instantMs, zone);
}

/**
 * Converts a wall clock reading to an instant. A reading that the zone skips moves later by the length of the
 * gap; a repeated reading means its first occurrence (`fold=0` in Python, which dlt uses for schedules).
 */
export function instantOfWallClockMs(wallMs: number, zone: string): number {
  if (zone === 'UTC') return wallMs;
  const wall = Temporal.Instant.fromEpochMilliseconds(wallMs).toZonedDateTimeISO('UTC').toPlainDateTime();
  return wall.toZonedDateTime(zone, { disambiguation: 'compatible' }).epochMilliseconds;
}

/**
 * Returns the latest offset change at or before an instant; null if the zone kept its offset for the last 25
 * hours, because older changes no longer move a tick across `instantMs`.
 */
export function recentOffsetChange(instantMs: number, zone: string): OffsetChange | null {
  if (zone === 'UTC') return null;
  if (offsetMs(instantMs, zone) === offsetMs(instantMs - MAX_SHIFT_MS, zone)) return null;
  const after = Temporal.Instant.fromEpochMilliseconds(instantMs + 1).toZonedDateTimeISO(zone);
  const atMs = after.getTimeZoneTransition('previous')?.epochMilliseconds;
  if (atMs === undefined) return null;
  return { atMs, shiftMs: offsetMs(atMs, zone) - offsetMs(atMs - 1, zone) };
}

/**
 * Parses an ISO 8601 date or datetime to an instant. A text without an offset is wall clock time in `zone`; a
 * date without a time is midnight. Null if the text is not valid.
 */
export function parseIsoInstant(text: string, zone: string): Date | null {
  const trimmed = text.trim();
  if (!/^\d{4}-?\d{2}-?\d{2}([T ]|$)/.test(trimmed) || trimmed.includes('[')) return null;
  try {
    if (/[T ].*(Z|[+-]\d{2}(:?\d{2})?)$/i.test(trimmed)) {
      return new Date(Temporal.Instant.from(trimmed).epochMilliseconds);
    }
    const wall = Temporal.PlainDateTime.from(trimmed);
    return new Date(wall.toZonedDateTime(zone, { disambiguation: 'compatible' }).epochMilliseconds);
  } catch {
    return null;
  }
}

function offsetMs(instantMs: number, zone: string): number {
  if (zone === 'UTC') return 0;
  return Temporal.Instant.fromEpochMilliseconds(instantMs).toZonedDateTimeISO(zone).offsetNanoseconds / 1e6;
}
