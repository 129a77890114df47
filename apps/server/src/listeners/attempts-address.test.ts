import type { AttemptHandle } from '../executors/contract/attempt-handle.ts';
import type { Executor } from '../executors/executor.ts';
import type { AttemptsAddress } from './attempts-address.ts';
import type { ServiceFixture } from '../services/testing/service-fixture.ts';
import type { WorkspaceFixture } from '../services/testing/workspace-fixture.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBootstrappedExecutor, createServer } from '../supervisor/testing/supervisor-fixture.ts';
import { createWorkspaceFixture, defineJob } from '../services/testing/workspace-fixture.ts';
import { createServiceFixture } from '../services/testing/service-fixture.ts';
import { eventually } from '../../../../testing/fixtures/eventually.ts';

const problem = 'Runs cannot reach this server: set PUMPHOUSE_ATTEMPTS_URL.';
const url = 'http://10.89.0.1:8081';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
let servers: Supervisor[];

beforeEach(async () => {
  servers = [];
  fixture = await createServiceFixture();
  context = await createWorkspaceFixture(fixture);
  await context.deployAll([defineJob('jobs.a')]);
});
afterEach(async () => {
  for (const server of servers) await server.stop();
  await fixture.close();
});

/** An address that is unknown until the test sets it. */
function createAddress() {
  const started: AttemptHandle[] = [];
  let answer: Awaited<ReturnType<AttemptsAddress['find']>> = { problem };
  const address: AttemptsAddress = {
    find: async () => answer,
    noteStarted: (handle) => started.push(handle),
  };
  return { address, started, give: () => (answer = { url }) };
}

async function serve(executor: Executor, attemptsAddress: AttemptsAddress): Promise<void> {
  const server = createServer(fixture, { executor, leaseSeconds: 1, attemptsAddress });
  servers.push(server);
  await server.start();
}

describe('a server that attempts cannot reach', () => {
  it('keeps runs waiting, logs what to do, and starts them once it can be reached', async () => {
    const { address, started, give } = createAddress();
    const executor = createBootstrappedExecutor(fixture);
    await serve(executor, address);
    const { id } = await context.startRun('jobs.a');
    const [line] = await eventually('the log says why the run waits', async () => {
      const lines = await context.readLog(id);
      return lines.length > 0 && lines;
    });
    expect(line?.content).toContain(problem);
    expect((await context.getRun(id)).status).toBe('starting');
    expect(executor.fake.started).toEqual([]);
    expect(started).toEqual([]);
    give();
    expect((await executor.awaitStart(id)).attemptsUrl).toBe(url);
    await eventually('the address hears of the attempt', () => started.length === 1);
  });

  it('continues to watch runs that another server started, without redirecting them', async () => {
    const { address: known, give } = createAddress();
    give();
    const redirects: string[] = [];
    const executor = createBootstrappedExecutor(fixture);
    const watched: Executor = { ...executor, redirect: async (_handle, to) => void redirects.push(to) };
    await serve(watched, known);
    const { id } = await context.startRun('jobs.a');
    const spec = await executor.awaitBegin(id);
    await eventually('its handle is stored', async () => (await fixture.store.attempts.latest(id))?.handle);
    await servers.pop()?.stop();

    const { address: unknown, started } = createAddress();
    await serve(watched, unknown);
    await eventually('the attempt is found', () => started.length > 0);
    executor.finish(spec);
    await eventually('the run is over', async () => (await context.getRun(id)).status === 'completed');
    expect(redirects).toEqual([]);
  });
});
