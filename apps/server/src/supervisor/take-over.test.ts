import type { OwnerStatus } from '../domain/attempts/server-owner.ts';
import type { ServiceFixture } from '../services/testing/service-fixture.ts';
import type { WorkspaceFixture } from '../services/testing/workspace-fixture.ts';
import { identifyServer } from '../domain/workers/supervisor-identity.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createFakeExecutor } from '../executors/fake/fake-executor.ts';
import { createWorkspaceFixture, defineJob } from '../services/testing/workspace-fixture.ts';
import { createServiceFixture } from '../services/testing/service-fixture.ts';
import { createTakeOver } from './take-over.ts';
import { ago, fromNow } from '../../../../testing/fixtures/relative-times.ts';
import { endOpenRuns } from '../store/postgres/testing/runs.ts';
import { setColumns } from '../store/postgres/testing/set-columns.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  await endOpenRuns(fixture.database);
  await fixture.store.supervisors.remove('other');
  context = await createWorkspaceFixture(fixture);
  await context.deployAll([defineJob('jobs.a')]);
});

/** A run that another server drives under a valid lease. */
async function startOfOther(): Promise<string> {
  const { run } = await context.createAttempt(await context.startRun('jobs.a'));
  await context.setRun(run.id, { claimedBy: 'other', leaseExpiresAt: fromNow({ hours: 1 }) });
  return run.id;
}

/** What a server takes over when it sees the other server in this status. */
function takeOver(status: OwnerStatus) {
  return createTakeOver({
    store: fixture.store,
    executor: createFakeExecutor(),
    serverProcesses: { readStatus: () => status },
    identity: identifyServer('self'),
    leaseSeconds: 12,
  }).ofLost();
}

async function beatOfOther(secondsAgo: number): Promise<void> {
  await fixture.store.supervisors.keepAlive(
    identifyServer('other'),
    { batch: 1, apps: 1 },
    { seconds: 3600, isClaiming: true },
  );
  await setColumns(fixture.database, 'supervisors', { seenAt: ago({ seconds: secondsAgo }) });
}

describe('the run of another server', () => {
  it('is taken over at once when the server is gone', async () => {
    const id = await startOfOther();
    expect(await takeOver('gone')).toEqual([{ jobRunId: id, claimNumber: 2 }]);
  });

  it("is left to its lease when the server's state is unknown", async () => {
    const id = await startOfOther();
    expect(await takeOver('unknown')).toEqual([]);
    await context.setRun(id, { leaseExpiresAt: ago({ seconds: 1 }) });
    expect(await takeOver('unknown')).toEqual([{ jobRunId: id, claimNumber: 2 }]);
  });

  it('of an earlier boot of this machine is taken over when the server is silent', async () => {
    const id = await startOfOther();
    await beatOfOther(5);
    expect(await takeOver('gone-if-silent')).toEqual([{ jobRunId: id, claimNumber: 2 }]);
  });

  it('of a clone with a recent heartbeat is left alone', async () => {
    await startOfOther();
    // In the future, so that a slow machine does not make it look silent.
    await beatOfOther(-3600);
    expect(await takeOver('gone-if-silent')).toEqual([]);
  });

  it('of a stopped server is taken over after a restart of the machine', async () => {
    const id = await startOfOther();
    expect(await takeOver('gone-if-silent')).toEqual([{ jobRunId: id, claimNumber: 2 }]);
  });
});

it('records a heartbeat', async () => {
  const { supervisors } = fixture.store;
  await beatOfOther(3600);
  expect(await supervisors.listSilent(['other'], 1800)).toEqual(['other']);
  await supervisors.beat('other');
  expect(await supervisors.listSilent(['other'], 1800)).toEqual([]);
});
