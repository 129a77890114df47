import { describe, expect, it } from 'vitest';
import { dayWindow } from './day-window.ts';

describe('dayWindow', () => {
  it('starts at midnight and includes today', () => {
    const evening = new Date(2026, 10, 25, 23, 59, 59);
    expect(dayWindow('7', evening).start).toBe('2026-11-19T00:00:00');
    expect(dayWindow('30', evening).start).toBe('2026-10-27T00:00:00');
    expect(dayWindow('365', evening).start).toBe('2025-11-26T00:00:00');
  });

  it('stays the same within a day', () => {
    expect(dayWindow('30', new Date(2026, 10, 25, 0, 0, 0))).toEqual(
      dayWindow('30', new Date(2026, 10, 25, 23, 0, 0)),
    );
  });
});
