import { describe, expect, it } from 'vitest';
import type { CalendarDay } from './calendar-days.ts';
import { completedShare, describeDay, rangeOfSelection, stateOfDay } from './calendar-days.ts';
import { shiftDate } from '../../calendar/months.ts';

const counts = { completed: 0, running: 0, failed: 0, invalidated: 0, missing: 0 };
const day = (date: string, own: Partial<CalendarDay['counts']>): CalendarDay => ({
  date,
  counts: { ...counts, ...own },
  start: `${date}T06:00:00.000Z`,
  end: `${shiftDate(date, 1)}T06:00:00.000Z`,
});

describe('a day', () => {
  it('shows its most urgent windows, and how many of each kind it has', () => {
    const mixed = day('2026-01-02', { completed: 18, missing: 6 });
    expect(stateOfDay(mixed)).toBe('missing');
    expect(completedShare(mixed)).toBe(0.75);
    expect(describeDay(mixed)).toBe('6 missing, 18 completed');
    expect(stateOfDay(undefined)).toBe('outside');
    expect(describeDay(undefined)).toBe('outside of the interval');
  });

  it('is part of a selection in either direction', () => {
    const days = new Map(
      ['2026-01-02', '2026-01-03', '2026-01-09'].map((date) => [date, day(date, { missing: 1 })]),
    );
    const range = { start: '2026-01-02T06:00:00.000Z', end: '2026-01-04T06:00:00.000Z' };
    expect(rangeOfSelection({ anchor: '2026-01-01', focus: '2026-01-05' }, days)).toEqual(range);
    expect(rangeOfSelection({ anchor: '2026-01-05', focus: '2026-01-02' }, days)).toEqual(range);
    expect(rangeOfSelection({ anchor: '2026-01-05', focus: '2026-01-06' }, days)).toBeNull();
    expect(rangeOfSelection(null, days)).toBeNull();
  });
});
