import { describe, expect, it } from 'vitest';
import { chooseBucketMs, fillBuckets, originOfBuckets, sumBuckets } from './run-buckets.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const at = (text: string) => Date.parse(text);

describe('the length of buckets', () => {
  it.each([
    [hourMs, 1 / 60],
    [6 * hourMs, 1 / 12],
    [dayMs, 0.5],
    [7 * dayMs, 3],
    [30 * dayMs, 12],
    [120 * dayMs, 48],
    [10 * 365 * dayMs, 7 * 7 * 24],
  ])('of a range of %i ms is %d hours', (lengthMs, hours) => {
    expect(chooseBucketMs({ startMs: 0, endMs: lengthMs }, 80)).toBe(hours * hourMs);
  });
});

describe('the buckets of a range', () => {
  const berlin = originOfBuckets(at('2026-03-10T12:00:00Z'), 'Europe/Berlin');
  const range = { startMs: at('2026-03-08T20:30:00Z'), endMs: at('2026-03-10T12:00:00Z') };

  it('start at midnight of the zone, and are cut to the range', () => {
    const buckets = fillBuckets(range, { bucketMs: dayMs, originMs: berlin }, []);
    expect(buckets.map(({ startMs }) => new Date(startMs).toISOString())).toEqual([
      '2026-03-08T20:30:00.000Z',
      '2026-03-08T23:00:00.000Z',
      '2026-03-09T23:00:00.000Z',
    ]);
    expect(buckets.at(-1)?.endMs).toBe(range.endMs);
  });

  it('contain the runs by state', () => {
    const cell = (startsAt: string, status: 'failed' | 'starting' | 'running', count: number) => ({
      startsAt: new Date(startsAt),
      status,
      count,
    });
    const buckets = fillBuckets(range, { bucketMs: dayMs, originMs: berlin }, [
      cell('2026-03-07T23:00:00Z', 'failed', 2),
      cell('2026-03-09T23:00:00Z', 'starting', 1),
      cell('2026-03-09T23:00:00Z', 'running', 3),
      // The clock of the database may be ahead.
      cell('2026-03-10T23:00:00Z', 'failed', 1),
    ]);
    expect(buckets.map(({ counts }) => [counts.failed, counts.running])).toEqual([
      [2, 0],
      [0, 0],
      [1, 4],
    ]);
    expect(sumBuckets(buckets)).toMatchObject({ failed: 3, running: 4, completed: 0 });
  });

  it('of weeks start on Mondays', () => {
    const [, second] = fillBuckets(range, { bucketMs: 7 * dayMs, originMs: berlin }, []);
    expect(new Date(second?.startMs ?? 0).toISOString()).toBe('2026-03-08T23:00:00.000Z');
  });
});
