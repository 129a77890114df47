import { describe, expect, it } from 'vitest';
import { createOwnInterests, joinInterests, sameInterests, type Interests } from './interests.ts';

const log = (jobRunId: string) => ({ workspaceId: 'w', jobRunId });

describe('what tabs want together', () => {
  it('has each once, in an order of its own', () => {
    const one: Interests = { workspaceIds: ['b', 'a'], logs: [log('2')] };
    const other: Interests = { workspaceIds: ['a'], logs: [log('1'), log('2')] };
    const joined = { workspaceIds: ['a', 'b'], logs: [log('1'), log('2')] };
    expect(joinInterests([one, other])).toEqual(joined);
    expect(sameInterests(joinInterests([one, other]), joinInterests([other, one]))).toBe(true);
  });

  it('is never more than the server takes', () => {
    const many = Array.from({ length: 30 }, (_, index) => String(index));
    const { workspaceIds, logs } = joinInterests([{ workspaceIds: many, logs: many.map(log) }]);
    expect([workspaceIds.length, logs.length]).toEqual([20, 20]);
  });
});

describe('what a tab wants', () => {
  it('stays until the last part of the page that wants it is gone', () => {
    const told: Interests[] = [];
    const own = createOwnInterests((interests) => told.push(interests));
    const withdrawOne = own.add({ workspaceIds: ['w'] });
    const withdrawOther = own.add({ workspaceIds: ['w'], logs: [log('1')] });
    withdrawOne();
    expect(told.at(-1)).toEqual({ workspaceIds: ['w'], logs: [log('1')] });
    withdrawOther();
    expect(told.at(-1)).toEqual({ workspaceIds: [], logs: [] });
  });
});
