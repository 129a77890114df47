import type { TestDatabase } from '../fixtures/postgres.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTestDatabase } from '../fixtures/postgres.ts';
import { simulateNight } from './night.ts';

let testDatabase: TestDatabase;
beforeEach(async () => {
  testDatabase = await createTestDatabase();
});
afterEach(() => testDatabase.drop());

/** A short one; `npm run simulate:night` simulates a whole night. */
it('schedules start on time while visitors want more apps than there are slots', async () => {
  const slots = { batch: 6, apps: 4 };
  const night = await simulateNight(testDatabase.database, { seed: 1, hours: 2, slots });
  expect(night.starved).toEqual([]);
  expect(night.skipped).toEqual([]);
  // Check that the test is meaningful: all app slots were in use, and runs waited for each other.
  expect(night.maxApps).toBe(slots.apps);
  expect(night.ticks).toBeGreaterThan(50);
  expect(night.waited).toBeGreaterThan(0);
});
