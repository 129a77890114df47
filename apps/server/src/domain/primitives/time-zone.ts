import { Temporal } from 'temporal-polyfill';

const HOUR_MS = 3_600_000;
/** Longer than any shift a zone ever made at once (Samoa dropped one whole day in 2011). */
const LONGEST_SHIFT_MS = 25 * HOUR_MS;

/** The latest change of a zone's UTC offset: the first instant under the new offset, and by how much clocks moved. */
export interface OffsetChange {
  atMs: number;
  /** Positive when the wall clock jumped forward (a gap), negative when it went back (an overlap). */
  shiftMs: number;
}

/** Whether `name` is an IANA zone that dlt accepts. Fixed offsets such as `+02:00` are not: the dlt launcher fails on them. */
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
 * The wall clock of a zone as milliseconds of a clock without a zone: 06:00 in Berlin gives the same number as
 * 06:00 in UTC.
 */
export function wallClockMs(instantMs: number, zone: string): number {
  return instantMs + offsetMs(instantMs, zone);
}

/**
 * The instant of a wall clock reading. A reading that a zone skips moves later by the length of the gap; one that
 * happens twice means its first occurrence (`fold=0` of Python, which is what dlt schedules by).
 */
export function instantOfWallClockMs(wallMs: number, zone: string): number {
  if (zone === 'UTC') return wallMs;
  const wall = Temporal.Instant.fromEpochMilliseconds(wallMs).toZonedDateTimeISO('UTC').toPlainDateTime();
  return wall.toZonedDateTime(zone, { disambiguation: 'compatible' }).epochMilliseconds;
}

/**
 * The latest offset change at or before an instant, or null when the zone kept its offset for the last 25 hours:
 * older changes no longer move a tick across `instantMs`.
 */
export function recentOffsetChange(instantMs: number, zone: string): OffsetChange | null {
  if (zone === 'UTC') return null;
  if (offsetMs(instantMs, zone) === offsetMs(instantMs - LONGEST_SHIFT_MS, zone)) return null;
  const after = Temporal.Instant.fromEpochMilliseconds(instantMs + 1).toZonedDateTimeISO(zone);
  const atMs = after.getTimeZoneTransition('previous')?.epochMilliseconds;
  if (atMs === undefined) return null;
  return { atMs, shiftMs: offsetMs(atMs, zone) - offsetMs(atMs - 1, zone) };
}

/**
 * The instant an ISO 8601 date or datetime names. Text without an offset is wall clock of `zone`; a date alone is
 * its midnight. Null when the text is not such a date.
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
