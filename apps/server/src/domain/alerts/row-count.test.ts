import { describe, expect, it } from 'vitest';
import { computeUsualRows, measureDeviations, medianOf } from './row-count.ts';

const deviationsOf = (rows: number, history: readonly number[]) => {
  const usual = computeUsualRows(history);
  return usual === null ? null : measureDeviations(rows, usual);
};

describe('row counts', () => {
  it('has no usual count without a history', () => {
    expect(computeUsualRows([])).toBeNull();
    expect(medianOf([])).toBeNull();
  });

  it('takes the median of an even number of values between the two in the middle', () => {
    expect(medianOf([4, 1, 3, 2])).toBe(2.5);
  });

  it('measures how far a count is off', () => {
    const history = [1000, 1010, 990, 1020, 980, 1005, 995];
    expect(Math.abs(deviationsOf(1015, history) ?? 0)).toBeLessThan(1);
    expect(deviationsOf(100, history)).toBeLessThan(-10);
    expect(deviationsOf(5000, history)).toBeGreaterThan(10);
  });

  it('is not widened by an outlier, as a standard deviation would be', () => {
    const history = [100, 102, 98, 101, 99, 100, 100_000];
    expect(deviationsOf(50_000, history)).toBeGreaterThan(1000);
  });

  it('allows for a few percent where all runs loaded the same', () => {
    const history = [1000, 1000, 1000, 1000];
    expect(deviationsOf(1050, history)).toBe(1);
    expect(deviationsOf(2, [1, 1, 1])).toBe(1);
  });
});
