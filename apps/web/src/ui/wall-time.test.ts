import { afterEach, describe, expect, it } from 'vitest';
import { fromWall, readTimeInput, startOfWallDay, toTimeInput, toWall, toWallDate } from './wall-time.ts';
import { setShownZone, viewersZone } from './time-zone.ts';

const at = Date.parse;

afterEach(() => setShownZone(viewersZone));

describe('a wall time', () => {
  it.each([
    ['UTC', '2026-11-30T10:15:00Z', '2026-11-30T10:15:00Z'],
    ['Asia/Tokyo', '2026-11-30T23:15:00Z', '2026-12-01T08:15:00Z'],
    ['Asia/Kathmandu', '2026-11-30T10:00:00Z', '2026-11-30T15:45:00Z'],
    ['America/New_York', '2026-07-01T02:00:00Z', '2026-06-30T22:00:00Z'],
    ['Europe/London', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'],
  ])('of %s at %s', (zone, instant, wall) => {
    expect(toWall(at(instant), zone)).toBe(at(wall));
    expect(fromWall(at(wall), zone)).toBe(at(instant));
  });

  it('that the change to summer time skips is as long after the change', () => {
    expect(fromWall(at('2026-03-29T02:30:00Z'), 'Europe/Berlin')).toBe(at('2026-03-29T01:30:00Z'));
  });

  it('that occurs twice is the first one', () => {
    expect(fromWall(at('2026-10-25T02:30:00Z'), 'Europe/Berlin')).toBe(at('2026-10-25T00:30:00Z'));
  });

  it('and its instant lead to each other throughout a year', () => {
    for (const zone of ['Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Pacific/Apia']) {
      for (let hour = 0; hour < 366 * 24; hour += 7) {
        const wall = toWall(at('2026-01-01T00:00:00Z') + hour * 3_600_000, zone);
        expect(toWall(fromWall(wall, zone), zone)).toBe(wall);
      }
    }
  });
});

it('inputs and days are those of the shown zone', () => {
  setShownZone('Asia/Tokyo');
  expect(toTimeInput(at('2026-11-30T23:15:30Z'))).toBe('2026-12-01T08:15');
  expect(readTimeInput('2026-12-01T08:15')).toBe(at('2026-11-30T23:15:00Z'));
  expect(readTimeInput('')).toBeNaN();
  expect(toWallDate(at('2026-11-30T23:15:30Z'))).toBe('2026-12-01');
  expect(startOfWallDay(toWall(at('2026-11-30T23:15:30Z')))).toBe(at('2026-12-01T00:00:00Z'));
});
