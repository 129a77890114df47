import { createZonedFormat, shownZone, viewersZone } from './time-zone.ts';

/**
 * A wall time as a number: the milliseconds since 1970 of the instant at which clocks of UTC show it. `Date` in
 * UTC therefore adds days and reads parts of it, in any zone.
 */
export type WallMs = number;

const offsets = createZonedFormat({ timeZoneName: 'longOffset' });
const minuteMs = 60_000;

/** What a clock in a zone shows at an instant. */
export function toWall(atMs: number, zone = shownZone()): WallMs {
  return atMs + offsetMs(atMs, zone);
}

/**
 * The instant (ms since 1970) at which a clock in a zone shows a wall time. A wall time that a change of the clock
 * skips becomes the one as long after the change; of one that occurs twice, the first.
 */
export function fromWall(wall: WallMs, zone = shownZone()): number {
  const [before, after] = [offsetMs(wall - 86_400_000, zone), offsetMs(wall + 86_400_000, zone)];
  const candidates = [wall - before, wall - after];
  return candidates.find((atMs) => toWall(atMs, zone) === wall) ?? wall - before;
}

/** The start of a wall time's day. */
export const startOfWallDay = (wall: WallMs): WallMs => new Date(wall).setUTCHours(0, 0, 0, 0);

/** The value of an `<input type="datetime-local">` for an instant. */
export const toTimeInput = (atMs: number): string => new Date(toWall(atMs)).toISOString().slice(0, 16);

/** Reads the value of an `<input type="datetime-local">` as an instant (ms since 1970); NaN if it is none. */
export function readTimeInput(value: string): number {
  const wall = Date.parse(`${value}Z`);
  return Number.isNaN(wall) ? NaN : fromWall(wall);
}

/** The day of an instant, such as 2026-01-31. */
export const toWallDate = (atMs: number): string => new Date(toWall(atMs)).toISOString().slice(0, 10);

function offsetMs(atMs: number, zone: string): number {
  if (zone === 'UTC') return 0;
  if (zone === viewersZone) return -new Date(atMs).getTimezoneOffset() * minuteMs;
  // "11/30/2026, GMT+05:45", or "GMT" without an offset.
  const [, sign, hours, minutes] = /GMT([+-])(\d\d):(\d\d)/.exec(offsets.format(atMs, zone)) ?? [];
  const size = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * minuteMs;
  return sign === '-' ? -size : size;
}
