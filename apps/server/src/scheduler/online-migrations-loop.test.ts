import type { OnlineOutcome } from '../store/records.ts';
import { expect, it } from 'vitest';
import { defineOnlineMigrationsLoop } from './online-migrations-loop.ts';

const { signal } = new AbortController();

it('follows the setting that pauses online migrations', async () => {
  let isAllowed = false;
  let count = 0;
  const advance = async (): Promise<OnlineOutcome> => {
    count += 1;
    return 'working';
  };
  const loop = defineOnlineMigrationsLoop({ advance }, { isAllowed: () => isAllowed });
  expect(await loop.iterate(signal)).toBe(30_000);
  expect(count).toBe(0);
  isAllowed = true;
  expect(await loop.iterate(signal)).toBe(500);
  expect(count).toBe(1);
});

it.each([
  ['idle', 3_600_000],
  ['elsewhere', 30_000],
  ['failed', 30_000],
] as const)('comes back after it was %s', async (outcome, pauseMs) => {
  const loop = defineOnlineMigrationsLoop({ advance: async () => outcome }, { isAllowed: () => true });
  expect(await loop.iterate(signal)).toBe(pauseMs);
});
