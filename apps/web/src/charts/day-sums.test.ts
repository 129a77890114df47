import { describe, expect, it } from 'vitest';
import { groupDays } from './day-sums.ts';

describe('groupDays', () => {
  it('keeps single days if they fit', () => {
    expect(groupDays([1, 2, 3], 3)).toEqual([1, 2, 3]);
  });

  it('sums from the newest day, so that only the oldest group may be smaller', () => {
    expect(groupDays([1, 2, 3, 4, 5], 3)).toEqual([1, 5, 9]);
    expect(
      groupDays(
        Array.from({ length: 365 }, () => 1),
        31,
      ),
    ).toHaveLength(31);
  });

  it('returns nothing for no days', () => {
    expect(groupDays([], 3)).toEqual([]);
  });
});
