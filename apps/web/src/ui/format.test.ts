import { afterEach, describe, expect, it } from 'vitest';
import {
  describeInstant,
  formatCompactCount,
  formatJobClock,
  formatLast,
  formatNoun,
  formatShortInstant,
  pluralOf,
} from './format.ts';
import { setShownZone, viewersZone } from './time-zone.ts';

describe('formatNoun', () => {
  it.each([
    [0, '0 runs'],
    [1, '1 run'],
    [2, '2 runs'],
    [1204, '1,204 runs'],
  ])('formats %i', (count, text) => {
    expect(formatNoun(count, 'run')).toBe(text);
  });

  it('accepts an irregular plural and another number format', () => {
    expect(formatNoun(2, 'query', 'queries')).toBe('2 queries');
    expect(formatNoun(12_400_000, 'row', undefined, formatCompactCount)).toBe('12.4M rows');
  });

  it('omits the number for a single item', () => {
    expect([formatLast(1, 'run'), formatLast(20, 'run')]).toEqual(['Last run', 'Last 20 runs']);
    expect([pluralOf(1, 'needs', 'need'), pluralOf(3, 'needs', 'need')]).toEqual(['needs', 'need']);
  });
});

describe('times', () => {
  const at = new Date('2026-11-30T23:05:00Z');
  afterEach(() => setShownZone(viewersZone));

  it('are in the shown zone, with the date if it is another day there', () => {
    setShownZone('UTC');
    expect(formatShortInstant(at, new Date('2026-11-30T00:00:00Z'))).toBe('23:05');
    setShownZone('Asia/Tokyo');
    expect(formatShortInstant(at, new Date('2026-11-30T23:59:00Z'))).toBe('08:05');
    expect(formatShortInstant(at, new Date('2026-11-30T14:59:00Z'))).toBe('01 Dec 08:05');
    expect(formatShortInstant(at, new Date('2027-01-01T00:00:00Z'))).toBe('01 Dec 2026');
  });

  it('have the time of the job if its clock shows another one', () => {
    setShownZone('Europe/Paris');
    expect(formatJobClock(at, 'America/New_York')).toBe('18:05 New York');
    for (const zone of ['Europe/Berlin', null, undefined]) expect(formatJobClock(at, zone)).toBeNull();
  });

  it('are described in all zones that concern the viewer', () => {
    setShownZone('Europe/Paris');
    const lines = describeInstant(at, 'Asia/Tokyo').split('\n');
    expect(lines).toContain('Tue, 01 Dec 2026, 00:05:00 CET (Europe/Paris)');
    expect(lines).toContain('Tue, 01 Dec 2026, 08:05:00 GMT+9 (Asia/Tokyo)');
    expect(lines).toContain('Mon, 30 Nov 2026, 23:05:00 UTC');
  });
});
