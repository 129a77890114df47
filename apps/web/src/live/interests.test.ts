import { describe, expect, it } from 'vitest';
import { createOwnInterests, joinInterests, sameInterests, type Interests } from './interests.ts';

const log = (jobRunId: string) => ({ workspaceId: 'w', jobRunId });

describe('the merged interests of tabs', () => {
  it('contain each interest once, in a fixed order', () => {
    const one: Interests = { workspaceIds: ['b', 'a'], logs: [log('2')] };
    const other: Interests = { workspaceIds: ['a'], logs: [log('1'), log('2')] };
    const joined = { workspaceIds: ['a', 'b'], logs: [log('1'), log('2')] };
    expect(joinInterests([one, other])).toEqual(joined);
    expect(sameInterests(joinInterests([one, other]), joinInterests([other, one]))).toBe(true);
  });

  it('never exceed the limits of the server', () => {
    const many = Array.from({ length: 30 }, (_, index) => String(index));
    const { workspaceIds, logs } = joinInterests([{ workspaceIds: many, logs: many.map(log) }]);
    expect([workspaceIds.length, logs.length]).toEqual([20, 20]);
  });
});

describe('the interests of a tab', () => {
  it('stay until the last component that needs them is unmounted', () => {
    const reported: Interests[] = [];
    const own = createOwnInterests((interests) => reported.push(interests));
    const withdrawOne = own.add({ workspaceIds: ['w'] });
    const withdrawOther = own.add({ workspaceIds: ['w'], logs: [log('1')] });
    withdrawOne();
    expect(reported.at(-1)).toEqual({ workspaceIds: ['w'], logs: [log('1')] });
    withdrawOther();
    expect(reported.at(-1)).toEqual({ workspaceIds: [], logs: [] });
  });
});
