import type { Persistence } from '../store/store.ts';
import type { ServiceFixture } from '../services/testing/service-fixture.ts';
import type { WorkspaceFixture } from '../services/testing/workspace-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createFreeAppSlot } from './free-app-slot.ts';
import { createWorkspaceFixture, defineJob } from '../services/testing/workspace-fixture.ts';
import { createServiceFixture } from '../services/testing/service-fixture.ts';
import type { RunColumns } from '../store/postgres/testing/runs.ts';
import { ago } from '../../../../testing/fixtures/relative-times.ts';
import { endOpenRuns } from '../store/postgres/testing/runs.ts';
import { setAppInstance } from '../store/postgres/testing/apps.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  // Apps of the previous test would count too.
  await endOpenRuns(fixture.database);
  context = await createWorkspaceFixture(fixture);
  await context.deployAll(['a', 'b', 'waiting'].map(defineApp));
});

function defineApp(name: string) {
  const launcher = 'dlt._workspace.deployment.launchers.module';
  const entry_point = { module: 'app', function: null, job_type: 'interactive' as const, launcher };
  return defineJob(`jobs.${name}`, { entry_point, triggers: ['http:'] });
}

async function openApp(name: string, columns: RunColumns): Promise<string> {
  const { id: jobId } = await context.getJob(`jobs.${name}`);
  const jobRunId = await fixture.startRuns.startApp({ jobId, membershipId: null });
  await context.setRun(jobRunId, columns);
  await fixture.store.apps.addInstance(jobRunId, jobId);
  return jobRunId;
}

/** An app that runs on this server and has been idle for ten minutes. */
async function openIdleApp(name: string, owner: string): Promise<string> {
  const jobRunId = await openApp(name, { status: 'running', claimedBy: owner });
  await setAppInstance(fixture.database, jobRunId, {
    listeningAt: new Date(),
    lastUsedAt: ago({ minutes: 10 }),
  });
  return jobRunId;
}

function createServer(owner: string, persistence: Pick<Persistence, 'transaction'> = fixture.persistence) {
  return createFreeAppSlot({
    persistence,
    attemptLog: fixture.attemptLog,
    claimRuns: { holds: () => true },
    owner,
  });
}

/** A server whose transactions pause before they commit. */
function createHeldServer(owner: string) {
  const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const server = createServer(owner, {
    transaction: (work) =>
      fixture.persistence.transaction(async (store) => {
        const result = await work(store);
        reached.resolve();
        await released.promise;
        return result;
      }),
  });
  return { server, reached: reached.promise, release: () => released.resolve() };
}

describe('two servers with an idle app each', () => {
  it('stop one of them for one waiting app, even when both check at once', async () => {
    const idle = [await openIdleApp('a', 'server-a'), await openIdleApp('b', 'server-b')];
    await openApp('waiting', { waitKind: 'slot' });
    const [held, other] = [createHeldServer('server-a'), createServer('server-b')];
    const making = held.server.freeAppSlot(0);
    await held.reached;
    await other.freeAppSlot(0);
    held.release();
    await making;
    await other.freeAppSlot(0);
    const runs = await Promise.all(idle.map((id) => context.getRun(id)));
    expect(runs.map(({ endIntent }) => endIntent)).toEqual(['room', null]);
  });

  it('stop both for two waiting apps', async () => {
    const idle = [await openIdleApp('a', 'server-a'), await openIdleApp('b', 'server-b')];
    await context.deployJobs([defineApp('later')]);
    await openApp('waiting', { waitKind: 'slot' });
    await openApp('later', { waitKind: 'slot' });
    for (const owner of ['server-a', 'server-b']) await createServer(owner).freeAppSlot(0);
    const runs = await Promise.all(idle.map((id) => context.getRun(id)));
    expect(runs.map(({ endIntent }) => endIntent)).toEqual(['room', 'room']);
  });
});
