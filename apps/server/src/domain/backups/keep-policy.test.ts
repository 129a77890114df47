import { describe, expect, it } from 'vitest';
import { chooseKept, parseKeepPolicy } from './keep-policy.ts';

describe('a policy', () => {
  it('is written as numbers of days, weeks and months', () => {
    expect(parseKeepPolicy('7d,4w,12m')).toEqual({ days: 7, weeks: 4, months: 12 });
    expect(parseKeepPolicy('3m, 1d')).toEqual({ days: 1, weeks: 0, months: 3 });
  });
  it.each(['', '7', '7y', 'd', '0d', '-1d', '7d4w'])('is not %j', (text) => {
    expect(parseKeepPolicy(text)).toBeNull();
  });
});

describe('the backups that are kept', () => {
  const daily = Array.from({ length: 60 }, (_, day) => backup(new Date(Date.UTC(2026, 9, 1 + day, 2))));

  it('are the newest of each period', () => {
    const kept = [...chooseKept(daily, { days: 3, weeks: 2, months: 2 })].toSorted();
    expect(kept).toEqual(['2026-10-31', '2026-11-22', '2026-11-27', '2026-11-28', '2026-11-29']);
  });

  it('are the newest of a day with several', () => {
    const [morning, evening] = [
      backup(new Date('2026-11-29T02:00:00Z')),
      backup(new Date('2026-11-29T20:00:00Z'), 'b'),
    ];
    expect([...chooseKept([morning, evening], { days: 1, weeks: 0, months: 0 })]).toEqual(['b']);
  });

  it('are as many after a pause without backups', () => {
    const old = [backup(new Date('2020-01-01T02:00:00Z')), backup(new Date('2024-01-01T02:00:00Z'))];
    expect(chooseKept(old, { days: 2, weeks: 0, months: 0 }).size).toBe(2);
  });

  it('always have the newest one', () => {
    expect(chooseKept(daily, { days: 0, weeks: 0, months: 1 })).toEqual(new Set(['2026-11-29']));
    expect(chooseKept([], { days: 1, weeks: 0, months: 0 }).size).toBe(0);
  });
});

function backup(takenAt: Date, id = takenAt.toISOString().slice(0, 10)) {
  return { id, takenAt };
}
