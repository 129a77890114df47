import type { ApiFixture } from '../../api/testing/api-fixture.ts';
import type { Persistence } from '../../store/store.ts';
import type { SeededRun } from '../../api/testing/seed-run.ts';
import type { WorkspaceChange } from '../../domain/workspaces/workspace-change.ts';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createApiFixture } from '../../api/testing/api-fixture.ts';
import { createChangeFeed } from './change-feed.ts';
import { createLoops } from '../../platform/loops.ts';
import { defineChangesLoop } from '../../scheduler/changes-loop.ts';
import { seedRun } from '../../api/testing/seed-run.ts';

let api: ApiFixture;
let seeded: SeededRun;

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  seeded = await seedRun(api);
});

/** Collects every change of the seeded workspace that a feed over `persistence` reports. */
async function listen(persistence: Persistence = api.persistence) {
  const received: WorkspaceChange[] = [];
  const feed = createChangeFeed({ ...api, persistence });
  const following = feed.follow({
    workspaceIds: [seeded.workspaceId],
    jobRunIds: [],
    onChange: (change) => received.push(change),
    onLog: () => undefined,
  });
  await following.joined;
  return { received, feed, following };
}

it('does not query the store without followers, and resumes for the next one', async () => {
  let asked = 0;
  const { store } = api.persistence;
  const changes = {
    ...store.changes,
    listSince: (...args: Parameters<typeof store.changes.listSince>) => {
      asked += 1;
      return store.changes.listSince(...args);
    },
  };
  const { feed, following, received } = await listen({ ...api.persistence, store: { ...store, changes } });
  expect(asked).toBeGreaterThan(0);
  following.end();
  const other = await listen();
  const askedBefore = asked;
  // Another feed completes two iterations meanwhile.
  for (const status of ['starting', 'running'] as const) {
    await api.setRun(seeded.run.id, { status });
    await expect.poll(() => other.received.splice(0)).not.toEqual([]);
  }
  expect([asked, received]).toEqual([askedBefore, []]);
  other.following.end();

  const again: WorkspaceChange[] = [];
  const next = feed.follow({
    workspaceIds: [seeded.workspaceId],
    jobRunIds: [],
    onChange: (change) => again.push(change),
    onLog: () => undefined,
  });
  await next.joined;
  await api.setRun(seeded.run.id, { status: 'cancelling' });
  await expect.poll(() => again).toMatchObject([{ jobRunIds: new Set([seeded.run.id]) }]);
  next.end();
});

it('misses no changes made while the store did not answer', async () => {
  let isGone = false;
  let refused = 0;
  const { store } = api.persistence;
  const changes = {
    ...store.changes,
    listSince: (...args: Parameters<typeof store.changes.listSince>) => {
      if (!isGone) return store.changes.listSince(...args);
      refused += 1;
      throw new Error('The store does not answer');
    },
  };
  const { received, following } = await listen({ ...api.persistence, store: { ...store, changes } });
  isGone = true;
  await api.setRun(seeded.run.id, { status: 'starting' });
  await expect.poll(() => refused).toBeGreaterThan(0);
  isGone = false;
  await expect.poll(() => received).toMatchObject([{ jobRunIds: new Set([seeded.run.id]) }]);
  following.end();
});

it('reads each change once while it is kept, and the loop removes changes that everyone has seen', async () => {
  const { changes } = api.persistence.store;
  const ids = [seeded.workspaceId];
  const before = await changes.seen();
  await api.setRun(seeded.run.id, { status: 'starting' });
  const first = await changes.listSince(before, ids, 10);
  expect(first.changes).toMatchObject([{ kind: 'job-run', jobRunId: seeded.run.id }]);
  expect((await changes.listSince(first.seen, ids, 10)).changes).toEqual([]);
  expect((await changes.listSince(before, ['11111111-1111-4111-8111-111111111111'], 10)).changes).toEqual([]);

  const loop = createLoops({ onWake: api.persistence.onWake, log: api.dependencies.log });
  await loop.start(defineChangesLoop(api, 5));
  await expect.poll(async () => (await changes.listSince(before, ids, 10)).changes).toEqual([]);
  await loop.stop();
});

it('skips rows of another cluster, which a restored backup may contain', async () => {
  const { changes } = api.persistence.store;
  const before = await changes.seen();
  await api.testDatabase.database.execute(
    `insert into changes (transaction_id, workspace_id, kind) values ('900000000000', $1, 'job')`,
    [seeded.workspaceId],
  );
  expect((await changes.listSince(before, [seeded.workspaceId], 10)).changes).toEqual([]);
});
