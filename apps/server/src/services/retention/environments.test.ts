import type { ConnectedWorker } from '../../executors/remote/testing/remote-harness.ts';
import type {
  EnvironmentBuilder,
  EnvironmentLocation,
} from '../../executors/contract/environment-builder.ts';
import type { Executor } from '../../executors/executor.ts';
import type { JobRunRecord } from '../../store/records.ts';
import type { RetentionFixture } from '../testing/retention-fixture.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectWorker } from '../../executors/remote/testing/remote-harness.ts';
import { createRemoteExecutor } from '../../executors/remote/remote-executor.ts';
import { createFakeExecutor, type FakeExecutor } from '../../executors/fake/fake-executor.ts';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';
import { listArchiveKeys } from '../../domain/environments/environment-archive.ts';
import { createRetentionFixture } from '../testing/retention-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { ago, fromNow } from '../../../../../testing/fixtures/relative-times.ts';
import { setAttempt } from '../../store/postgres/testing/attempts.ts';
import { setColumns } from '../../store/postgres/testing/set-columns.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
let kept: RetentionFixture;

beforeEach(async () => {
  fixture = await createServiceFixture();
  context = await createWorkspaceFixture(fixture);
  kept = createRetentionFixture(fixture, context, createFakeExecutor());
  await context.deployAll([defineJob('jobs.a', { execute: { concurrency: null } })]);
});
afterEach(() => fixture.close());

/** Adds a finished environment that was last used this many days ago. */
async function addEnvironment(
  key: string,
  days: number,
  executor: EnvironmentBuilder = kept.executor,
): Promise<EnvironmentLocation> {
  const { environments } = fixture.store;
  const spec = { key, organizationId: context.organizationId, pythonVersion: '3.12', requirements: [] };
  await environments.takeBuild(spec, 'builder', 60, { replaceReady: false });
  const location = await executor.buildEnvironment(
    { ...spec, workspaceId: context.workspaceId, variables: {}, maskedValues: [], uid: 1 },
    () => undefined,
  );
  await environments.finishBuild(key, 'builder', { location });
  await setLastUses(ago({ days }), { key });
  return location;
}

const setLastUses = (lastUsedAt: Date, where: { key?: string; location?: EnvironmentLocation } = {}) =>
  setColumns(fixture.database, 'environments', { lastUsedAt }, where);

/** Makes the run's attempt use the environment, last used this many days ago. */
async function use(location: EnvironmentLocation, run: JobRunRecord, days: number): Promise<JobRunRecord> {
  const { id } = await context.createAttempt(run);
  expect(await fixture.store.environments.noteUse(id, location.path)).toBe(true);
  await setLastUses(ago({ days }), { location });
  return context.getRun(run.id);
}

const isThere = (location: EnvironmentLocation) => kept.executor.hasEnvironment(location);

describe('environments', () => {
  it('are removed when unused for long, except the one last used in the organization', async () => {
    const [old, last] = [await addEnvironment('old', 50), await addEnvironment('last', 40)];
    expect(await kept.purge('environments=30d')).toMatchObject({ environments: { count: 1, bytes: 1000 } });
    expect([await isThere(old), await isThere(last)]).toEqual([false, true]);
    expect(await fixture.store.environments.find('old')).toBeUndefined();
  });

  it('are removed with their archives', async () => {
    const [old] = [await addEnvironment('old', 50), await addEnvironment('last', 40)];
    const archive = { id: randomUUID(), parts: 2, sizeBytes: 1, unpackedBytes: 1, sha256: '0'.repeat(64) };
    const listArchives = async () => Array.fromAsync(fixture.blobs.list('environments/'), ({ key }) => key);
    for (const key of listArchiveKeys(archive)) await fixture.blobs.put(key, Buffer.from('part'));
    await setColumns(fixture.database, 'environments', { location: { ...old, archive } }, { key: 'old' });
    expect(await listArchives()).toHaveLength(2);
    expect(await kept.purge('environments=30d')).toMatchObject({ environments: { count: 1 } });
    expect([await listArchives(), await isThere(old)]).toEqual([[], false]);
  });

  it('are removed past their size limit, longest unused first', async () => {
    const [old, young] = [await addEnvironment('old', 2), await addEnvironment('young', 1)];
    expect(await kept.purge('environments=0MB')).toMatchObject({ environments: { count: 1 } });
    expect([await isThere(old), await isThere(young)]).toEqual([false, true]);
  });

  it('are kept while an active run uses them, and removed when it has ended', async () => {
    const [used] = [await addEnvironment('used', 50), await addEnvironment('last', 40)];
    const run = await use(used, await context.startRun('jobs.a'), 50);
    expect(await kept.purge('environments=0d')).toMatchObject({ environments: { count: 0 } });
    await context.complete(run);
    expect(await kept.purge('environments=0d')).toMatchObject({ environments: { count: 1 } });
    expect(await isThere(used)).toBe(false);
  });

  it('of the previous run are kept for a queued run', async () => {
    const [used] = [await addEnvironment('used', 50), await addEnvironment('last', 40)];
    await context.complete(await use(used, await context.startRun('jobs.a'), 50));
    const waiting = await context.startRun('jobs.a');
    expect(await kept.purge('environments=0d')).toMatchObject({ environments: { count: 0 } });
    await context.setRun(waiting.id, { status: 'cancelled', finishedAt: new Date() });
    expect(await kept.purge('environments=0d')).toMatchObject({ environments: { count: 1 } });
  });

  it('are all kept while an attempt runs that started before uses were recorded', async () => {
    await addEnvironment('old', 50);
    await addEnvironment('last', 40);
    await context.createAttempt(await context.startRun('jobs.a'));
    expect(await kept.purge('environments=0d')).toMatchObject({ environments: { count: 0 } });
  });

  it('that were removed cannot be used any more', async () => {
    const [old] = [await addEnvironment('old', 50), await addEnvironment('last', 40)];
    const { id } = await context.createAttempt(await context.startRun('jobs.a'));
    await setAttempt(fixture.database, id, { begunAt: null });
    await kept.purge('environments=30d');
    expect(await fixture.store.environments.noteUse(id, old.path)).toBe(false);
  });

  it('are used by several starts at once, one of which records it', async () => {
    const used = await addEnvironment('used', 50);
    const one = await context.createAttempt(await context.startRun('jobs.a'));
    const other = await context.createAttempt(await context.startRun('jobs.a'));
    await fixture.persistence.transaction(async (first) => {
      expect(await first.environments.noteUse(one.id, used.path)).toBe(true);
      // In another transaction: it would wait for this one if both had to change the row.
      expect(await fixture.store.environments.noteUse(other.id, used.path)).toBe(true);
    });
    const [stored] = await fixture.store.storage.environments.list(null);
    expect(stored?.lastUsedAt.getTime()).toBeGreaterThan(ago({ days: 1 }).getTime());
  });

  it('are kept if their use is just being recorded', async () => {
    const [used] = [await addEnvironment('used', 50), await addEnvironment('last', 40)];
    const run = await context.startRun('jobs.a');
    const { id } = await context.createAttempt(run);
    await setAttempt(fixture.database, id, { begunAt: null });
    const purging = Promise.withResolvers<unknown>();
    await fixture.persistence.transaction(async (store) => {
      await store.environments.noteUse(id, used.path);
      purging.resolve(kept.purge('environments=30d'));
      // Wait until the purge blocks on the environment: only then does the commit decide.
      await kept.awaitLockWait();
    });
    expect(await purging.promise).toMatchObject({ environments: { count: 0 } });
    expect(await isThere(used)).toBe(true);
  });
});

describe('caches', () => {
  it('are removed past their size limit, but not while their organization builds', async () => {
    await addEnvironment('built', 0);
    const spec = {
      key: 'b',
      organizationId: context.organizationId,
      pythonVersion: '3.12',
      requirements: [],
    };
    await fixture.store.environments.takeBuild(spec, 'builder', 60, { replaceReady: false });
    expect(await kept.purge('caches=0MB')).toMatchObject({ caches: { count: 0 } });
    await fixture.store.environments.giveUpBuild('b', 'builder');
    expect(await kept.purge('caches=1MB')).toMatchObject({ caches: { count: 0 } });
    expect(await kept.purge('caches=0MB')).toMatchObject({ caches: { count: 1, bytes: 1000 } });
    expect(await kept.executor.listCaches()).toEqual([]);
  });

  it('are removed when unused for long: a cache is used when an environment of its organization is', async () => {
    const before = new Date();
    await addEnvironment('built', 40);
    expect(await kept.purge('caches=30d')).toMatchObject({ caches: { count: 0 } });
    // As if the cache itself had not been written for as long.
    kept.clock.now = new Date(before.getTime() + 31 * 86_400_000);
    await setLastUses(fromNow({ days: 20 }));
    expect(await kept.purge('caches=30d')).toMatchObject({ caches: { count: 0 } });
    await setLastUses(ago({ days: 10 }));
    expect(await kept.purge('caches=30d')).toMatchObject({ caches: { count: 1, bytes: 1000 } });
    expect(await kept.executor.listCaches()).toEqual([]);
  });

  it('include stored packages with their own last use, and keep those in environments', async () => {
    const executor = createFakeExecutor();
    const days = (count: number) => new Date(Date.now() - count * 86_400_000);
    executor.storedPackages.push(
      { id: 'old', usedAt: days(40), sizeBytes: 100, isUsed: false },
      { id: 'young', usedAt: days(10), sizeBytes: 100, isUsed: false },
      { id: 'used', usedAt: days(40), sizeBytes: 0, isUsed: true },
    );
    kept = createRetentionFixture(fixture, context, executor);
    expect(await kept.purge('caches=30d')).toMatchObject({ caches: { count: 1, bytes: 100 } });
    expect(executor.storedPackages.map(({ id }) => id)).toEqual(['young', 'used']);
    expect(await kept.purge('caches=0MB')).toMatchObject({ caches: { count: 1 } });
    expect(executor.storedPackages.map(({ id }) => id)).toEqual(['used']);
  });
});

describe('environments and caches of a worker', () => {
  let workerId: string;
  let remote: Executor;
  let onWorker: FakeExecutor;
  let connected: ConnectedWorker;

  beforeEach(async () => {
    const { worker } = await fixture.workers.create(null, 'edge-1');
    workerId = worker.id;
    onWorker = createFakeExecutor();
    connected = await connectWorker(onWorker, { workerId });
    remote = createRemoteExecutor({ id: workerId, name: 'edge-1' }, connected.link);
  });
  afterEach(() => connected.close());

  const purge = (limits: string) => createRetentionFixture(fixture, context, remote, workerId).purge(limits);
  const find = (key: string) => fixture.store.environments.find(key);

  it('are removed there, and those of servers are not', async () => {
    const old = await addEnvironment('old', 50, remote);
    const last = await addEnvironment('last', 40, remote);
    await addEnvironment('of-server', 60);
    await addEnvironment('last-of-server', 55);
    expect(await purge('environments=30d')).toMatchObject({ environments: { count: 1, bytes: 1000 } });
    expect(await find('old')).toBeUndefined();
    expect(await remote.hasEnvironment(old, () => undefined)).toBe(false);
    expect(await remote.hasEnvironment(last, () => undefined)).toBe(true);
    expect(await find('of-server')).toBeDefined();
  });

  it('count for a limit of their own', async () => {
    await addEnvironment('old', 2, remote);
    await addEnvironment('last', 1, remote);
    const [first] = [await addEnvironment('of-server', 3), await addEnvironment('last-of-server', 1)];
    expect(await kept.purge('environments=0MB')).toMatchObject({ environments: { count: 1 } });
    expect(await isThere(first)).toBe(false);
    expect([await find('old'), await find('last')]).not.toContain(undefined);
    expect(await purge('environments=0MB')).toMatchObject({ environments: { count: 1 } });
  });

  it('are removed later if the worker is away, and by no server', async () => {
    const old = await addEnvironment('old', 50, remote);
    await addEnvironment('last', 40, remote);
    fixture.setFault('before-files-removed', () => connected.close());
    await purge('environments=30d');
    expect(await find('old')).toBeUndefined();
    await kept.purge('environments=30d');
    connected = await connectWorker(onWorker, { workerId });
    remote = createRemoteExecutor({ id: workerId, name: 'edge-1' }, connected.link);
    expect(await remote.hasEnvironment(old, () => undefined)).toBe(true);
    await purge('environments=30d');
    expect(await remote.hasEnvironment(old, () => undefined)).toBe(false);
    expect(await kept.countRows('storage_removals')).toBe(0);
  });

  it('are forgotten with the worker', async () => {
    await addEnvironment('old', 50, remote);
    await addEnvironment('of-server', 60);
    await fixture.workers.remove(null, workerId);
    expect(await find('old')).toBeUndefined();
    expect(await find('of-server')).toBeDefined();
  });

  it('are caches that were unused for long', async () => {
    await addEnvironment('only', 50, remote);
    expect(await remote.listCaches()).toHaveLength(1);
    await setLastUses(ago({ days: 50 }), {});
    const later = createRetentionFixture(fixture, context, remote, workerId);
    later.clock.now = fromNow({ days: 40 });
    expect(await later.purge('caches=30d')).toMatchObject({ caches: { count: 1 } });
    expect(await remote.listCaches()).toEqual([]);
  });
});
