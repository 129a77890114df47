import { describe, expect, it } from 'vitest';
import { readVectors } from '../../../../../testing/fixtures/vectors.ts';
import { findNextInterval, listEligibleIntervals, listIntervals, sortAndCoalesce } from './interval-store.ts';
import type { RunInterval } from './run-interval.ts';

type Pair = [string, string];

interface StoreCase {
  cron: string;
  overall: Pair;
  tz: string;
  completed: Pair[];
  iter_intervals: Pair[];
  eligible: Pair[];
  next: Pair | null;
}

describe('interval_store vectors of dlt', () => {
  it.each(readVectors<StoreCase>('interval_store'))(
    '$cron in $tz over $overall without $completed',
    (vector) => {
      const { cron, tz } = vector;
      const overall = readInterval(vector.overall);
      const completed = vector.completed.map(readInterval);
      expect(listIntervals(cron, overall, tz)).toEqual(vector.iter_intervals.map(readInterval));
      expect(listEligibleIntervals(cron, overall, completed, tz)).toEqual(vector.eligible.map(readInterval));
      const next = vector.next === null ? null : readInterval(vector.next);
      expect(findNextInterval(cron, overall, completed, tz)).toEqual(next);
    },
  );
});

describe('sort_and_coalesce vectors of dlt', () => {
  it.each(readVectors<{ in: Pair[]; out: Pair[] }>('sort_and_coalesce'))('$in', (vector) => {
    expect(sortAndCoalesce(vector.in.map(readInterval))).toEqual(vector.out.map(readInterval));
  });

  it('does not modify its input', () => {
    const first = readInterval(['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z']);
    const second = readInterval(['2026-01-02T00:00:00Z', '2026-01-03T00:00:00Z']);
    expect(sortAndCoalesce([first, second])).toHaveLength(1);
    expect(first.end).toEqual(new Date('2026-01-02T00:00:00Z'));
  });
});

function readInterval([start, end]: Pair): RunInterval {
  return { start: new Date(start), end: new Date(end) };
}
