import { describe, expect, it } from 'vitest';
import { boundsOfMonth, formatMonth, listMonths, listWeeks, nameDay, parseMonth } from './months.ts';

describe('a calendar', () => {
  it('has weeks that begin on Monday', () => {
    const weeks = listWeeks({ year: 2026, month: 1 });
    expect(weeks).toHaveLength(5);
    expect(weeks[0]).toEqual([null, null, null, null, null, null, '2026-02-01']);
    expect(weeks[4]?.slice(0, 6)).toEqual([
      '2026-02-23',
      '2026-02-24',
      '2026-02-25',
      '2026-02-26',
      '2026-02-27',
      '2026-02-28',
    ]);
  });

  it('has months across years', () => {
    expect(listMonths({ year: 2026, month: 0 }, 3)).toEqual([
      { year: 2025, month: 10 },
      { year: 2025, month: 11 },
      { year: 2026, month: 0 },
    ]);
    expect(boundsOfMonth({ year: 2025, month: 11 })).toEqual({
      start: '2025-12-01T00:00:00',
      end: '2026-01-01T00:00:00',
    });
  });

  it('writes and reads months of URLs', () => {
    expect(formatMonth({ year: 2026, month: 0 })).toBe('2026-01');
    expect(parseMonth('2026-01')).toEqual({ year: 2026, month: 0 });
    for (const text of ['2026-13', '2026-1', 'now', '', undefined]) expect(parseMonth(text)).toBeNull();
    expect(nameDay('2026-01-02')).toBe('January 2, 2026');
  });
});
