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
function createHeldSnapshots() {
  const taken: (Pick<LocalDataScope, 'profile'> & SnapshotExtent)[] = [];
  const gate = Promise.withResolvers<void>();
  const snapshots = createSnapshots({
    persistence: fixture.persistence,
    log: fixture.log,
    executorName: 'fake',
    installationId: 'installation',
    sandboxUid: (offset) => offset,
    executor: {
      ...createFakeExecutor(),
      async takeSnapshot({ profile }, isUntouched, { only } = {}) {
        taken.push({ profile, only });
        await gate.promise;
        return (await isUntouched()) ? { sizeBytes: 1 } : null;
      },
    },
  });
  return { snapshots, taken, release: gate.resolve };
}

describe('a snapshot for an app', () => {
  it('contains only artifacts if no run uses the local data lock, and everything otherwise', async () => {
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
