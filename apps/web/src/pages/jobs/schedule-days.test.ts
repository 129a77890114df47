import { expect, it } from 'vitest';
import { describeCounts, listCounts, type ScheduleDay } from './schedule-days.ts';

const day: ScheduleDay = {
  date: '2026-01-02',
  start: '2026-01-02T00:00:00.000Z',
  end: '2026-01-03T00:00:00.000Z',
  completed: 1440,
  failed: 1,
  cancelled: 0,
  active: 0,
  skipped: 0,
  missed: 0,
  planned: 3,
};

it('a day lists what happened with the most urgent first', () => {
  expect(listCounts(day).map(({ kind }) => kind)).toEqual(['failed', 'completed', 'planned']);
  expect(describeCounts(day)).toBe('1 failed, 1,440 completed, 3 planned');
  expect(describeCounts({ ...day, completed: 0, failed: 0, planned: 0 })).toBe('nothing');
  expect(describeCounts(undefined)).toBe('nothing');
});
