import type { Resource, ResourceOwner } from '../../domain/retention/resource.ts';
import type { Executor } from '../../executors/executor.ts';
import type { FakeExecutor } from '../../executors/fake/fake-executor.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeExecutor } from '../../executors/fake/fake-executor.ts';
import { createOrphanCollector } from './orphans.ts';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';

const minutes = (count: number) => count * 60_000;

let fixture: ServiceFixture;
let context: WorkspaceFixture;
let executor: FakeExecutor;
let later: number;

beforeEach(async () => {
  fixture = await createServiceFixture();
  context = await createWorkspaceFixture(fixture);
  await context.deployAll([defineJob('jobs.a', { execute: { concurrency: null } })]);
  executor = createFakeExecutor();
  later = 0;
});
afterEach(() => fixture.close());

/** Creates the orphan collector of a server whose clock is ahead by `later` milliseconds. */
const createService = (over: Executor = executor) =>
  createOrphanCollector({
    persistence: fixture.persistence,
    executor: over,
    readNow: async () => new Date(Date.now() + later),
    log: fixture.log,
  });

function plant(owner: ResourceOwner, id: string = randomUUID()): Resource {
  const resource: Resource = { kind: 'volume', id, owner, madeAt: new Date(), sizeBytes: 10 };
  executor.plant(resource);
  return resource;
}

const listIds = async () => (await executor.listResources({ withSizes: false })).map(({ id }) => id);

async function startBuild(key: string) {
  const spec = { key, organizationId: context.organizationId, pythonVersion: '3.12', requirements: [] };
  expect(await fixture.store.environments.takeBuild(spec, 'builder', 60, { replaceReady: false })).toBe(true);
  return executor.buildEnvironment(
    { ...spec, workspaceId: context.workspaceId, variables: {}, maskedValues: [], uid: 1 },
    () => undefined,
  );
}

describe('an orphaned resource', () => {
  it('is removed when it is old enough, and logged with its reason', async () => {
    const copy = plant({ kind: 'nobody' });
    const nobodys = plant({ kind: 'nobody' });
    later = minutes(9);
    expect((await createService().remove()).removed).toEqual([]);
    expect(await createService().list()).toMatchObject([
      { id: copy.id, isOrphan: false, sizeBytes: 10 },
      { id: nobodys.id, isOrphan: false },
    ]);
    later = minutes(11);
    expect((await createService().list()).map(({ isOrphan }) => isOrphan)).toEqual([true, true]);
    expect(await listIds()).toHaveLength(2);
    const { removed, failed } = await createService().remove();
    expect(removed.map(({ id, reason }) => [id, reason])).toEqual([
      [copy.id, 'its removal was interrupted'],
      [nobodys.id, 'its removal was interrupted'],
    ]);
    expect(failed).toEqual([]);
    expect(await listIds()).toEqual([]);
  });

  it('is nothing that the database has never had, unless an operator says so', async () => {
    const foreign = plant({ kind: 'attempt', attemptId: randomUUID() });
    const odd = plant({ kind: 'attempt', attemptId: 'not-an-id' });
    const others = [
      plant({ kind: 'environment', path: 'place', key: 'foreign' }),
      plant({ kind: 'build', key: 'foreign' }),
      plant({ kind: 'cache', organizationId: randomUUID() }),
    ];
    const ids = [foreign, odd, ...others].map(({ id }) => id);
    later = minutes(9);
    expect((await createService().remove({ removesUnknown: true })).removed).toEqual([]);
    later = minutes(60 * 24 * 1000);
    expect((await createService().remove()).removed).toEqual([]);
    expect(await createService().list()).toMatchObject(
      ids.map((id) => ({ id, isOrphan: false, isUnknown: true })),
    );
    const { removed } = await createService().remove({ removesUnknown: true });
    expect(removed.map(({ id }) => id)).toEqual(ids);
  });

  it('of an attempt is kept until its run ends, and a while longer', async () => {
    const { id, run } = await context.createAttempt(await context.startRun('jobs.a'));
    const volume = plant({ kind: 'attempt', attemptId: id });
    later = minutes(1000);
    expect((await createService().remove()).removed).toEqual([]);
    await context.complete(run);
    later = minutes(9);
    expect((await createService().remove()).removed).toEqual([]);
    later = minutes(11);
    expect((await createService().remove()).removed).toMatchObject([
      { id: volume.id, reason: 'its run has ended' },
    ]);
  });

  it('of a build is removed a while after the lease has expired; the build is then free for others', async () => {
    const location = await startBuild('k');
    plant({ kind: 'build', key: 'k' }, 'container');
    expect(await fixture.store.storage.environments.holdBuilds(context.organizationId)).toBe(true);
    // The lease lasts one minute.
    later = minutes(10);
    expect((await createService().remove()).removed).toEqual([]);
    later = minutes(12);
    const { removed } = await createService().remove();
    expect(removed.map(({ id }) => id)).toEqual([location.path, 'container']);
    expect(await fixture.store.storage.environments.holdBuilds(context.organizationId)).toBe(false);
    // The builder returns: its build is rejected.
    expect(await fixture.store.environments.finishBuild('k', 'builder', { location })).toBe(false);
    // Something of it was found only now: the database still knows the build, for a day.
    const late = plant({ kind: 'build', key: 'k' }, 'late');
    later = minutes(60);
    expect((await createService().remove()).removed).toMatchObject([{ id: late.id }]);
    later = minutes(60 * 25);
    await createService().remove();
    expect(await fixture.store.environments.find('k')).toBeUndefined();
  });

  it('is never a finished environment, or a replaced one that a run still uses', async () => {
    const built = await startBuild('k');
    await fixture.store.environments.finishBuild('k', 'builder', { location: built });
    const { id, run } = await context.createAttempt(await context.startRun('jobs.a'));
    expect(await fixture.store.environments.noteUse(id, built.path)).toBe(true);
    const again = {
      key: 'k',
      organizationId: context.organizationId,
      pythonVersion: '3.12',
      requirements: [],
    };
    await fixture.store.environments.takeBuild(again, 'builder', 60, { replaceReady: true });
    const location = { executor: 'fake', path: 'another' };
    await fixture.store.environments.finishBuild('k', 'builder', { location });
    later = minutes(100);
    expect((await createService().remove()).removed).toEqual([]);
    await context.complete(run);
    expect((await createService().remove()).removed).toMatchObject([{ id: built.path }]);
  });

  it('is neither the cache of an organization nor local data', async () => {
    plant({ kind: 'cache', organizationId: context.organizationId });
    plant({ kind: 'local-data', workspaceId: randomUUID(), profile: 'prod' });
    plant({ kind: 'local-data', workspaceId: context.workspaceId, profile: 'prod' });
    later = minutes(60 * 24 * 1000);
    expect((await createService().remove()).removed).toEqual([]);
    const reasons = (await createService().list()).map(({ reason }) => reason);
    expect(reasons[1]).toMatch(/of a deleted workspace/);
    expect(reasons[2]).toBe("a workspace's data");
  });

  it('that cannot be removed does not block the rest, and is retried', async () => {
    const [stuck, other] = [plant({ kind: 'nobody' }), plant({ kind: 'nobody' })];
    executor.refuseToRemove(stuck.id, 'The engine is busy.');
    later = minutes(11);
    expect(await createService().remove()).toMatchObject({
      removed: [{ id: other.id }],
      failed: [{ resource: { id: stuck.id }, problem: 'The engine is busy.' }],
    });
    executor.refuseToRemove(stuck.id, null);
    expect((await createService().remove()).removed).toMatchObject([{ id: stuck.id }]);
  });

  it('is removed once by several servers at once', async () => {
    for (let count = 0; count < 20; count += 1) plant({ kind: 'nobody' });
    later = minutes(11);
    const results = await Promise.all([createService().remove(), createService().remove()]);
    expect(results.flatMap(({ failed }) => failed)).toEqual([]);
    expect(await listIds()).toEqual([]);
  });

  it('is checked again before its removal: one that got an owner meanwhile is kept', async () => {
    const first = plant({ kind: 'nobody' });
    const environment = plant({ kind: 'environment', path: 'place', key: 'k' });
    const spec = {
      key: 'k',
      organizationId: context.organizationId,
      pythonVersion: '3.12',
      requirements: [],
    };
    await fixture.store.environments.takeBuild(spec, 'builder', 0, { replaceReady: false });
    const meddling: Executor = {
      ...executor,
      async removeResource(resource) {
        await fixture.store.environments.takeBuild(spec, 'other', 3600, { replaceReady: false });
        await executor.removeResource(resource);
      },
    };
    later = minutes(12);
    expect((await createService(meddling).remove()).removed).toMatchObject([{ id: first.id }]);
    expect(await listIds()).toEqual([environment.id]);
  });
});
