import { describe, expect, it } from 'vitest';
import { dayWindow } from './day-window.ts';

describe('the window of the last days', () => {
  it('begins with a midnight, and has today as its last day', () => {
    const evening = new Date(2026, 10, 25, 23, 59, 59);
    expect(dayWindow('7', evening).start).toBe('2026-11-19T00:00:00');
    expect(dayWindow('30', evening).start).toBe('2026-10-27T00:00:00');
    expect(dayWindow('365', evening).start).toBe('2025-11-26T00:00:00');
  });

  it('is the same all day long', () => {
    expect(dayWindow('30', new Date(2026, 10, 25, 0, 0, 0))).toEqual(
      dayWindow('30', new Date(2026, 10, 25, 23, 0, 0)),
    );
  });
});
