import { describe, expect, it } from 'vitest';
import { findQuietEnd } from './quiet-hours.ts';

const everyDay = [1, 2, 3, 4, 5, 6, 7];
const night = {
  weekdays: everyDay,
  from: '22:00',
  to: '07:00',
  timeZone: 'Europe/Berlin',
  holdsCritical: false,
};
const end = (quiet: typeof night, at: string) => findQuietEnd(quiet, new Date(at))?.toISOString() ?? null;

describe('findQuietEnd', () => {
  it.each([
    ['in the evening', night, '2026-01-10T21:30:00Z', '2026-01-11T06:00:00.000Z'],
    ['after midnight', night, '2026-01-11T02:00:00Z', '2026-01-11T06:00:00.000Z'],
    ['at the end', night, '2026-01-11T06:00:00Z', null],
    ['at the beginning', night, '2026-01-10T21:00:00Z', '2026-01-11T06:00:00.000Z'],
    ['by day', night, '2026-01-10T12:00:00Z', null],
    ['in summer time', night, '2026-07-10T20:30:00Z', '2026-07-11T05:00:00.000Z'],
    ['over the change to summer time', night, '2026-03-28T22:00:00Z', '2026-03-29T05:00:00.000Z'],
    ['on a day without', { ...night, weekdays: [1, 2, 3, 4, 5] }, '2026-01-10T21:30:00Z', null],
    // The window of Friday reaches into Saturday.
    [
      'after midnight of a day with',
      { ...night, weekdays: [5] },
      '2026-01-10T02:00:00Z',
      '2026-01-10T06:00:00.000Z',
    ],
    [
      'through a weekend whose windows join',
      { ...night, weekdays: [6, 7], from: '00:00', to: '00:00' },
      '2026-01-10T12:00:00Z',
      '2026-01-11T23:00:00.000Z',
    ],
    [
      'within one day',
      { ...night, from: '12:00', to: '13:00' },
      '2026-01-10T11:30:00Z',
      '2026-01-10T12:00:00.000Z',
    ],
  ])('%s', (_, quiet, at, expected) => {
    expect(end(quiet, at)).toBe(expected);
  });

  it('ends even if every hour is quiet', () => {
    const always = { ...night, from: '00:00', to: '00:00' };
    expect(findQuietEnd(always, new Date('2026-01-10T12:00:00Z'))).not.toBeNull();
  });
});
