import { describe, expect, it } from 'vitest';
import {
  instantOfWallClockMs,
  isTimeZone,
  parseIsoInstant,
  recentOffsetChange,
  wallClockMs,
} from './time-zone.ts';

const HOUR_MS = 3_600_000;

describe('isTimeZone', () => {
  it.each(['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires'])('accepts %s', (zone) => {
    expect(isTimeZone(zone)).toBe(true);
  });
  it.each(['+02:00', 'Mars/Olympus', '', '../UTC'])('rejects %j', (zone) => {
    expect(isTimeZone(zone)).toBe(false);
  });
});

describe('wall clock', () => {
  it('moves a reading in a gap later and uses the first of two repeated readings', () => {
    const gap = instantOfWallClockMs(Date.parse('2026-03-29T02:30:00Z'), 'Europe/Berlin');
    expect(new Date(gap)).toEqual(new Date('2026-03-29T01:30:00Z'));
    const doubled = instantOfWallClockMs(Date.parse('2026-10-25T02:30:00Z'), 'Europe/Berlin');
    expect(new Date(doubled)).toEqual(new Date('2026-10-25T00:30:00Z'));
  });

  it("converts an instant to a zone's wall clock", () => {
    const instant = Date.parse('2026-11-24T05:00:00Z');
    expect(wallClockMs(instant, 'Europe/Berlin')).toBe(instant + HOUR_MS);
    expect(wallClockMs(instant, 'UTC')).toBe(instant);
  });

  it('finds the last offset change, from its own instant on', () => {
    const atMs = Date.parse('2026-10-25T01:00:00Z');
    const change = { atMs, shiftMs: -HOUR_MS };
    expect(recentOffsetChange(atMs, 'Europe/Berlin')).toEqual(change);
    expect(recentOffsetChange(atMs + 20 * HOUR_MS, 'Europe/Berlin')).toEqual(change);
    expect(recentOffsetChange(atMs - 1, 'Europe/Berlin')).toBeNull();
    expect(recentOffsetChange(atMs, 'UTC')).toBeNull();
  });
});

describe('parseIsoInstant', () => {
  it.each([
    ['2026-05-01', 'Europe/Berlin', '2026-04-30T22:00:00Z'],
    ['2026-05-01T10:00', 'UTC', '2026-05-01T10:00:00Z'],
    ['2026-05-01 10:00:00.5', 'UTC', '2026-05-01T10:00:00.5Z'],
    ['2026-05-01T10:00:00+02:00', 'America/New_York', '2026-05-01T08:00:00Z'],
    ['2026-05-01T10:00:00Z', 'America/New_York', '2026-05-01T10:00:00Z'],
    ['20260501', 'UTC', '2026-05-01T00:00:00Z'],
  ])('%s in %s', (text, zone, expected) => {
    expect(parseIsoInstant(text, zone)).toEqual(new Date(expected));
  });

  it.each([
    '',
    'soon',
    '2026',
    '2026-13-01',
    '2026-02-30',
    '2026-05-01T25:00',
    '2026-05-01T10:00[Europe/Berlin]',
  ])('rejects %j', (text) => {
    expect(parseIsoInstant(text, 'UTC')).toBeNull();
  });
});
