import { describe, expect, it } from 'vitest';
import { fitAxis } from './value-axis.ts';

describe('the axis of values', () => {
  it.each([
    ['count', 0, 1, 1],
    ['count', 1, 1, 1],
    ['count', 5428, 6000, 2000],
    ['count', 3, 3, 1],
    ['bytes', 1_400_000, 1_500_000, 500_000],
    ['seconds', 0.3, 0.3, 0.1],
    ['seconds', 2, 2, 1],
    ['seconds', 40, 45, 15],
    ['seconds', 200, 240, 120],
    ['seconds', 10_000, 10_800, 3600],
    ['seconds', 1_000_000, 1_036_800, 345_600],
    ['ratio', 0.4, 1, 0.5],
  ] as const)('of %s up to %f ends at %f, in steps of %f', (unit, most, max, interval) => {
    expect(fitAxis(unit, most)).toEqual({ max, interval });
  });

  it.each(['count', 'bytes', 'seconds'] as const)('of %s has at most three intervals', (unit) => {
    for (let power = -6; power <= 15; power += 1) {
      for (let digits = 1; digits < 10; digits += 0.13) {
        const most = digits * 10 ** power;
        const { max, interval } = fitAxis(unit, most);
        expect(max).toBeGreaterThanOrEqual(most * (1 - 1e-9));
        expect(Math.round(max / interval)).toBeLessThanOrEqual(3);
      }
    }
  });
});
