import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { conformanceProgram } from '../conformance/conformance-program.ts';
import type { AttemptHandle } from '../contract/attempt-handle.ts';
import type { AttemptSpec } from '../contract/attempt-runner.ts';
import type { EnvironmentLocation } from '../contract/environment-builder.ts';
import type { Executor } from '../executor.ts';
import { listProcesses, readProcessText } from '../../platform/process-identity.ts';
import { locateAttemptFolder } from './attempt-folder.ts';
import { listMarkedAttempts } from './stray-processes.ts';
import { createAttemptRoutes, type AttemptRoutes } from './testing/attempt-routes.ts';
import {
  buildEmptyEnvironment,
  createDataDir,
  createTestExecutor,
  INSTALLATION_ID,
  requireBootstrap,
  TEST_UID,
} from './testing/machine.ts';
import { serveAttempt } from './testing/served-attempt.ts';

const WAIT = { timeout: 300_000, interval: 5 };

let dataDir: Awaited<ReturnType<typeof createDataDir>>;
let routes: AttemptRoutes;
let environment: EnvironmentLocation;

beforeAll(async () => {
  dataDir = await createDataDir();
  routes = await createAttemptRoutes();
  environment = await buildEmptyEnvironment(createTestExecutor(dataDir.path));
});
afterAll(async () => {
  await routes.close();
  await dataDir.remove();
});

function createSpec(): AttemptSpec {
  const origin = { routes, url: routes.url, environment, installationId: INSTALLATION_ID, uid: TEST_UID };
  return serveAttempt(origin, { program: conformanceProgram, variables: { BEHAVIOUR: 'ends-on-term' } });
}

async function end(executor: Executor, handle: AttemptHandle): Promise<void> {
  await executor.stop(handle, { graceSeconds: 20 });
  await executor.remove(handle);
}

async function listForkServers(): Promise<number[]> {
  const children = (await listProcesses()).filter(({ parentPid }) => parentPid === process.pid);
  const commands = await Promise.all(children.map(({ pid }) => readProcessText(pid, 'cmdline')));
  return children.filter((_, n) => commands[n]?.split('\0').includes('--fork-server')).map(({ pid }) => pid);
}

async function findParent(handle: AttemptHandle): Promise<number> {
  const processes = await listProcesses();
  return processes.find(({ pid }) => pid === handle.data['pid'])?.parentPid ?? 0;
}

/** An executor that has a fork server, and its pid. */
async function startForkServer(): Promise<{ executor: Executor; forkServer: number }> {
  const executor = createTestExecutor(dataDir.path);
  for (;;) {
    const handle = await executor.start(createSpec());
    const parent = await findParent(handle);
    await end(executor, handle);
    // Until the fork server is ready, bootstraps are children of this process.
    if (parent !== process.pid) return { executor, forkServer: parent };
  }
}

it('forks bootstraps that are found by their command line, without a folder or variables', async () => {
  const { executor, forkServer } = await startForkServer();
  const spec = createSpec();
  const handle = await executor.start(spec);
  await routes.awaitUserCode(spec.attemptId);
  expect(await findParent(handle)).toBe(forkServer);
  const found = await listMarkedAttempts(dataDir.path, requireBootstrap());
  expect(found).toEqual([{ attemptId: spec.attemptId, startTime: handle.data['startTime'] }]);
  expect(await readProcessText(Number(handle.data['pid']), 'cmdline')).toContain(spec.attemptId);
  await end(executor, handle);
});

it('leaves its bootstraps running when it is killed, and new ones start without it', async () => {
  const { executor, forkServer } = await startForkServer();
  const running = createSpec();
  const handle = await executor.start(running);
  process.kill(forkServer, 'SIGKILL');
  await vi.waitUntil(async () => !(await listForkServers()).includes(forkServer), WAIT);
  await routes.awaitUserCode(running.attemptId);

  const next = createSpec();
  const nextHandle = await executor.start(next);
  await routes.awaitUserCode(next.attemptId);
  expect(await findParent(nextHandle)).toBe(process.pid);
  for (const each of [handle, nextHandle]) await end(executor, each);
});

it('that hangs and is killed has its attempt started once, by an interpreter', async () => {
  const { executor, forkServer } = await startForkServer();
  process.kill(forkServer, 'SIGSTOP');
  const spec = createSpec();
  const starting = executor.start(spec);
  await vi.waitUntil(() => isRequested(spec), WAIT);
  process.kill(forkServer, 'SIGKILL');
  const handle = await starting;
  await routes.awaitUserCode(spec.attemptId);
  expect(await findParent(handle)).toBe(process.pid);
  expect(routes.countUserCodeStarts(spec.attemptId)).toBe(1);
  await end(executor, handle);
});

/** Its folder is complete; a bootstrap may have taken it. */
function isRequested(spec: AttemptSpec): boolean {
  const { startFile, processFile } = locateAttemptFolder(dataDir.path, spec.attemptId);
  return existsSync(startFile) || existsSync(processFile);
}

it.each([0, 1, 2, 4, 8])('killed %i ms after a request has its attempt started once', async (delayMs) => {
  const { executor, forkServer } = await startForkServer();
  const spec = createSpec();
  const starting = executor.start(spec);
  await vi.waitUntil(() => isRequested(spec), { timeout: 60_000, interval: 0 });
  await sleep(delayMs);
  process.kill(forkServer, 'SIGKILL');
  const handle = await starting;
  await routes.awaitUserCode(spec.attemptId);
  await end(executor, handle);
  expect(routes.countUserCodeStarts(spec.attemptId)).toBe(1);
});
