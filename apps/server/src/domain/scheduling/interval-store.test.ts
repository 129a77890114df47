import { describe, expect, it } from 'vitest';
import { readVectors } from '../../../../../testing/fixtures/vectors.ts';
import {
  findNextInterval,
  listEligibleIntervals,
  listIntervals,
  sortAndCoalesce,
  subtractIntervals,
} from './interval-store.ts';
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

describe('time without other time', () => {
  const at = (hour: number) => new Date(Date.UTC(2026, 0, 1, hour));
  const toIntervals = (pairs: readonly [number, number][]) =>
    pairs.map(([start, end]) => ({ start: at(start), end: at(end) }));

  it.each<[string, [number, number][], [number, number][], [number, number][]]>([
    ['is the same without any', [[1, 5]], [], [[1, 5]]],
    [
      'has a gap',
      [[1, 5]],
      [[2, 3]],
      [
        [1, 2],
        [3, 5],
      ],
    ],
    [
      'ends and begins elsewhere',
      [[1, 5]],
      [
        [0, 2],
        [4, 9],
      ],
      [[2, 4]],
    ],
    [
      'is empty',
      [
        [1, 5],
        [6, 8],
      ],
      [[0, 9]],
      [],
    ],
    [
      'is that of several intervals',
      [
        [1, 5],
        [6, 8],
      ],
      [[4, 7]],
      [
        [1, 4],
        [7, 8],
      ],
    ],
    [
      'is not changed by what adjoins',
      [[2, 4]],
      [
        [0, 2],
        [4, 6],
      ],
      [[2, 4]],
    ],
    [
      'loses several times',
      [
        [0, 9],
        [10, 12],
      ],
      [
        [1, 2],
        [3, 4],
        [8, 11],
      ],
      [
        [0, 1],
        [2, 3],
        [4, 8],
        [11, 12],
      ],
    ],
  ])('%s', (_, intervals, taken, rest) => {
    expect(subtractIntervals(toIntervals(intervals), toIntervals(taken))).toEqual(toIntervals(rest));
  });
});

function readInterval([start, end]: Pair): RunInterval {
  return { start: new Date(start), end: new Date(end) };
}
