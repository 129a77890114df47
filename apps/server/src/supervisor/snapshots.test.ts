import type { LocalDataScope, SnapshotExtent } from '../executors/contract/local-data-store.ts';
import type { ServiceFixture } from '../services/testing/service-fixture.ts';
import type { WorkspaceFixture } from '../services/testing/workspace-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createFakeExecutor } from '../executors/fake/fake-executor.ts';
import {
  createWorkspaceFixture,
  defineJob,
  embeddedRequirements,
} from '../services/testing/workspace-fixture.ts';
import { createServiceFixture } from '../services/testing/service-fixture.ts';
import { createSnapshots } from './snapshots.ts';
import { eventually } from '../../../../testing/fixtures/eventually.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  context = await createWorkspaceFixture(fixture);
});

/** The snapshots taken, in order; each one waits for `release`. */
function createHeldSnapshots(plainChangedSecondsAgo: number | null = null) {
  const taken: (Pick<LocalDataScope, 'profile'> & SnapshotExtent)[] = [];
  const kept: boolean[] = [];
  const gate = Promise.withResolvers<void>();
  const snapshots = createSnapshots({
    persistence: fixture.persistence,
    log: fixture.log,
    localDataObjects: fixture.localDataObjects,
    executorName: 'fake',
    installationId: 'installation',
    sandboxUid: (offset) => offset,
    executor: {
      ...createFakeExecutor(),
      async takeSnapshot({ profile }, isWhole, { only } = {}) {
        taken.push({ profile, only });
        await gate.promise;
        const copied = { sizeBytes: 1, plainChangedSecondsAgo };
        kept.push(await isWhole(copied));
        return kept.at(-1) === true ? copied : null;
      },
    },
  });
  return { snapshots, taken, kept, release: gate.resolve };
}

describe('a snapshot for an app', () => {
  it('contains only artifacts if no run has used a database, and everything otherwise', async () => {
    const { snapshots, taken, release } = createHeldSnapshots();
    release();
    await snapshots.takeForApp(context.workspaceId, 'access');
    await context.deployAll([defineJob('jobs.a')], embeddedRequirements);
    await fixture.store.workspaces.noteLocalData(context.workspaceId, 'prod');
    await snapshots.takeForApp(context.workspaceId, 'access');
    await snapshots.takeForApp(context.workspaceId, 'eu');
    expect(taken).toEqual([
      { profile: 'prod', only: '.artifacts' },
      { profile: 'prod', only: undefined },
      { profile: 'eu', only: '.artifacts' },
    ]);
  });

  it.each([
    ['kept', 'no run is active', false, 0, true],
    ['kept', 'files that are no databases were last changed before the run began', true, 3600, true],
    ['discarded', 'a file was changed since the run began', true, 0, false],
    ['kept', 'there are only databases, which the executor copies between two writers', true, null, true],
  ] as const)('is %s when %s', async (_kept, _when, isActive, changedSecondsAgo, isKept) => {
    await context.deployAll([defineJob('jobs.a')], embeddedRequirements);
    const run = await context.startRun('jobs.a');
    if (isActive) await context.createAttempt(run);
    const { snapshots, kept, release } = createHeldSnapshots(changedSecondsAgo);
    release();
    await snapshots.takeForApp(context.workspaceId, 'access');
    expect(kept).toEqual([isKept]);
  });

  it('is discarded when a run that wrote a file began and ended meanwhile', async () => {
    await context.deployAll([defineJob('jobs.a')], embeddedRequirements);
    const { snapshots, taken, kept, release } = createHeldSnapshots(0);
    const taking = snapshots.takeForApp(context.workspaceId, 'access');
    await eventually('it is under way', async () => taken.length === 1);
    const run = await context.startRun('jobs.a');
    await context.createAttempt(run);
    await fixture.finishRun(run.id, { status: 'completed' });
    release();
    await taking;
    expect(kept).toEqual([false]);
  });

  it('is taken once for all requests that arrive while another one is in progress', async () => {
    const { snapshots, taken, release } = createHeldSnapshots();
    const first = snapshots.takeForApp(context.workspaceId, 'access');
    await eventually('the first one is under way', async () => taken.length === 1);
    const others = Array.from({ length: 5 }, () => snapshots.takeForApp(context.workspaceId, 'access'));
    // The shared snapshot shows the state when it begins, not when it was requested.
    await fixture.store.workspaces.noteLocalData(context.workspaceId, 'prod');
    release();
    await Promise.all([first, ...others]);
    expect(taken).toEqual([
      { profile: 'prod', only: '.artifacts' },
      { profile: 'prod', only: undefined },
    ]);
  });
});
