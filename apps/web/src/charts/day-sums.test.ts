import { describe, expect, it } from 'vitest';
import { groupDays } from './day-sums.ts';

describe('days in groups', () => {
  it('stay days while there is room', () => {
    expect(groupDays([1, 2, 3], 3)).toEqual([1, 2, 3]);
  });

  it('are added up from the newest on, so that only the oldest group is of fewer days', () => {
    expect(groupDays([1, 2, 3, 4, 5], 3)).toEqual([1, 5, 9]);
    expect(
      groupDays(
        Array.from({ length: 365 }, () => 1),
        31,
      ),
    ).toHaveLength(31);
  });

  it('are none of none', () => {
    expect(groupDays([], 3)).toEqual([]);
  });
});
