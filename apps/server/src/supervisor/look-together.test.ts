import type { WatchedRun } from '../store/records.ts';
import { expect, it } from 'vitest';
import { createLookTogether } from './look-together.ts';

const claimOf = (jobRunId: string) => ({ jobRunId, claimNumber: 1 });
const watched: WatchedRun = {
  jobVersionId: 'version',
  endIntent: null,
  isArchived: false,
  unknownSeconds: null,
  begunSecondsAgo: 1,
};

type ClaimStore = Parameters<typeof createLookTogether>[0]['claims'];

function createLook(read: ClaimStore['look']) {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it uses nothing else
  return createLookTogether({ claims: { look: read } as ClaimStore });
}

it('reads runs that are watched at the same time together, each once', async () => {
  const asked: string[][] = [];
  const look = createLook(async (all) => {
    asked.push(all.map(({ attemptId }) => attemptId));
    return new Map([['a', watched]]);
  });
  expect(await Promise.all([look(claimOf('1'), 'a'), look(claimOf('2'), 'b')])).toEqual([watched, undefined]);
  expect(await look(claimOf('1'), 'a')).toBe(watched);
  expect(asked).toEqual([['a', 'b'], ['a']]);
});

it('fails for those that asked together, and reads again for the next', async () => {
  let failures = 1;
  const look = createLook(async () => {
    failures -= 1;
    if (failures >= 0) throw new Error('no connection');
    return new Map([['a', watched]]);
  });
  const together = await Promise.allSettled([look(claimOf('1'), 'a'), look(claimOf('2'), 'b')]);
  expect(together.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await look(claimOf('1'), 'a')).toBe(watched);
});
