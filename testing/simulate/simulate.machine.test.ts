import { afterEach, beforeEach, expect, it } from 'vitest';
import type { TestDatabase } from '../fixtures/postgres.ts';
import { createTestDatabase } from '../fixtures/postgres.ts';
import { simulateYear } from './year.ts';

let testDatabase: TestDatabase;
beforeEach(async () => {
  testDatabase = await createTestDatabase();
});
afterEach(() => testDatabase.drop());

/** Short ones; `npm run simulate` simulates 200 jobs for a year. */
it.each([11, 12])('nothing is missed, doubled or overlapping, with seed %i', async (seed) => {
  const counts = await simulateYear(testDatabase.database, { seed, days: 5, jobs: 50 });

  // Check that the test is meaningful: the difficult cases must have occurred.
  for (const what of [
    'starts',
    'skips',
    'crashes',
    'clock steps',
    'looks of several servers',
    'deploys',
    'events from outside',
    'refreshes that no tick asked for',
    'refreshes that cover everything',
  ])
    expect.soft(counts.get(what) ?? 0, what).toBeGreaterThan(0);
});
