import { describe, expect, it } from 'vitest';
import { createFakeExecutor } from './executors/fake/fake-executor.ts';
import { checkReadiness, type ReadinessSources } from './readiness.ts';

const never = () => new Promise<never>(() => undefined);
const persistence = (ping: () => Promise<unknown>) =>
  ({ store: { installation: { ping } } }) as unknown as ReadinessSources['persistence'];

function describeServer(changed: Partial<ReadinessSources> = {}): ReadinessSources {
  return {
    persistence: persistence(async () => undefined),
    executor: createFakeExecutor(),
    lastRoundAt: () => new Date(),
    findRunsProblem: async () => null,
    ...changed,
  };
}

const check = async (changed?: Partial<ReadinessSources>): Promise<string[]> =>
  (await checkReadiness(describeServer(changed))).reasons;

describe('a server', () => {
  it('is ready when all that it needs answers', async () => {
    expect(await check()).toEqual([]);
  });

  it.each([
    ['a store', { persistence: persistence(never) }, /^store: it has not answered for 1.5 s$/],
    [
      'an engine',
      { executor: { ...createFakeExecutor(), probe: never } },
      /^executor: it has not answered for 5 s/,
    ],
    ['a way for runs', { findRunsProblem: never }, /^runs: .* not answered for 5 s/],
  ])('says so of %s that stands still', async (_, changed, words) => {
    expect(await check(changed)).toEqual([expect.stringMatching(words)]);
  });
});
