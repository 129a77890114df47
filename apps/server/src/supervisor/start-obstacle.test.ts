import type { FakeScripts } from '../executors/fake/fake-executor.ts';
import type { ServiceFixture } from '../services/testing/service-fixture.ts';
import type { WorkspaceFixture } from '../services/testing/workspace-fixture.ts';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createBootstrappedExecutor } from './testing/supervisor-fixture.ts';
import {
  createWorkspaceFixture,
  defineJob,
  unlockedRequirements,
} from '../services/testing/workspace-fixture.ts';
import { createServiceFixture } from '../services/testing/service-fixture.ts';
import { useServers } from './testing/use-servers.ts';
import { eventually } from '../../../../testing/fixtures/eventually.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  context = await createWorkspaceFixture(fixture);
  await context.deployAll([defineJob('jobs.load')]);
});

const startServer = useServers(() => fixture);

/** No lease ends during a test, so a run that does not return to the queue never starts. */
const leaseSeconds = 3600;
const closedDevice = 'The device is closed.';
const reason = `No run can start now: ${closedDevice}`;

/** An executor whose machine can be broken and repaired. */
function createBreakable(scripts: FakeScripts = {}) {
  const machine = { isBroken: false };
  const executor = {
    ...createBootstrappedExecutor(fixture, scripts),
    probe: async () =>
      machine.isBroken ? { ok: false as const, detail: closedDevice } : { ok: true as const, detail: '' },
  };
  return { machine, executor };
}

const awaitReason = (jobRunId: string) =>
  eventually(`run ${jobRunId} has a reason to wait`, async () => {
    const run = await context.getRun(jobRunId);
    return run.status === 'pending' && run.waitReason !== null && run;
  });

const awaitStatus = (jobRunId: string, status: string) =>
  eventually(`run ${jobRunId} is ${status}`, async () => (await context.getRun(jobRunId)).status === status);

const contents = async (jobRunId: string) => (await context.readLog(jobRunId)).map(({ content }) => content);
const listAttempts = (jobRunId: string) => fixture.store.attempts.listOfRun(jobRunId);

it('a run waits with the reason if the server knows that none can start, and starts by itself', async () => {
  const { machine, executor } = createBreakable();
  machine.isBroken = true;
  await startServer({ executor, leaseSeconds });
  const { id } = await context.startRun('jobs.load');
  expect(await awaitReason(id)).toMatchObject({ waitKind: 'engine', waitReason: reason });
  await eventually('the log has the reason', async () => (await contents(id)).includes(reason));
  machine.isBroken = false;
  executor.finish(await executor.awaitBegin(id));
  await awaitStatus(id, 'completed');
  expect(await listAttempts(id)).toMatchObject([{ number: 1, failure: null }]);
});

it.each<[string, (isBroken: () => boolean) => FakeScripts]>([
  ['its attempt', (isBroken) => ({ attempt: () => (isBroken() ? { startFailure: 'backend' } : {}) })],
  [
    'its environment',
    (isBroken) => ({
      build: () =>
        isBroken() ? { failure: { code: 'builder_failed', message: 'No network could be created.' } } : {},
    }),
  ],
])('a run whose start failed with %s waits too, and no attempt is spent', async (_, scripts) => {
  const isBroken = () => machine.isBroken;
  const { machine, executor } = createBreakable(scripts(isBroken));
  await startServer({ executor, leaseSeconds });
  // The server has found that runs can start.
  executor.finish(await executor.awaitBegin((await context.startRun('jobs.load')).id));
  await context.deployAll([defineJob('jobs.load')], unlockedRequirements);
  machine.isBroken = true;
  const { id } = await context.startRun('jobs.load');
  expect(await awaitReason(id)).toMatchObject({ waitKind: 'engine', waitReason: reason });
  machine.isBroken = false;
  executor.finish(await executor.awaitBegin(id));
  await awaitStatus(id, 'completed');
  const attempts = await listAttempts(id);
  expect(attempts.map(({ failure }) => failure)).toEqual(attempts.map(() => null));
});

it('a run waits for a data folder that cannot be written to', async () => {
  const { executor } = createBreakable();
  const dataDir = join(fixture.folder, 'not-a-folder');
  await writeFile(dataDir, '');
  await startServer({ executor, leaseSeconds, dataDir });
  const { id } = await context.startRun('jobs.load');
  expect((await awaitReason(id)).waitReason).toBe(
    'No run can start now: The server cannot write to its data folder (ENOTDIR): bin/pumphouse doctor says what to do.',
  );
  await rm(dataDir);
  await mkdir(dataDir);
  executor.finish(await executor.awaitBegin(id));
  await awaitStatus(id, 'completed');
});
