import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { lacks } from '@pumphouse/testing/fixtures/requirements.ts';
import type { AttemptHandle } from '../contract/attempt-handle.ts';
import type { AttemptLimits, AttemptSpec } from '../contract/attempt-runner.ts';
import type { EnvironmentLocation } from '../contract/environment-builder.ts';
import type { Executor } from '../executor.ts';
import { locateAttemptFolder, readAttemptRecord } from './attempt-folder.ts';
import { buildJoinCommand } from './control-group-plan.ts';
import { createGroup, openControlGroups } from './control-groups.ts';
import { isProcessAlive, readBootId, readProcessStartTime } from '../../platform/process-identity.ts';
import { createAttemptRoutes, type AttemptRoutes } from './testing/attempt-routes.ts';
import { createPackageIndex } from './testing/package-index.ts';
import { serveAttempt } from './testing/served-attempt.ts';
import {
  buildEmptyEnvironment,
  createDataDir,
  createTestExecutor,
  describeEmptyEnvironment,
  INSTALLATION_ID,
  TEST_UID,
} from './testing/machine.ts';

const MEBIBYTE = 1024 * 1024;
const WAIT = { timeout: 120_000, interval: 20 };
const groups = openControlGroups(INSTALLATION_ID);

let dataDir: { path: string; remove: () => Promise<void> };
let routes: AttemptRoutes;
let environment: EnvironmentLocation;
let started: { executor: Executor; handle: AttemptHandle }[] = [];

beforeAll(async () => {
  dataDir = await createDataDir();
  routes = await createAttemptRoutes();
  environment = await buildEmptyEnvironment(createTestExecutor(dataDir.path));
});

afterEach(async () => {
  for (const { executor, handle } of started) {
    await executor.stop(handle, { graceSeconds: 0 });
    await executor.remove(handle);
  }
  started = [];
});

afterAll(async () => {
  await routes.close();
  await dataDir.remove();
});

interface StartedAttempt {
  spec: AttemptSpec;
  handle: AttemptHandle;
  /** Folders of its control group. */
  folders: string[];
}

async function start(
  program: string,
  limits: Partial<AttemptLimits> = {},
  executor = createTestExecutor(dataDir.path),
): Promise<StartedAttempt> {
  const origin = { routes, url: routes.url, environment, installationId: INSTALLATION_ID, uid: TEST_UID };
  const served = { program: `import json, os, subprocess, sys, urllib.request\n${program}`, variables: {} };
  const described = serveAttempt(origin, served);
  const spec = { ...described, limits: { ...described.limits, ...limits } };
  const handle = await executor.start(spec);
  started.push({ executor, handle });
  const record = await readAttemptRecord(locateAttemptFolder(dataDir.path, spec.attemptId));
  return { spec, handle, folders: record?.controlGroup ?? [] };
}

async function readExit({ handle }: StartedAttempt): Promise<unknown> {
  const executor = createTestExecutor(dataDir.path);
  await expect.poll(async () => (await executor.inspect(handle)).state, WAIT).toBe('exited');
  const spool = Buffer.from((await executor.readSpool(handle, 0, MEBIBYTE)) ?? []).toString('utf8');
  return JSON.parse(spool.trimEnd().split('\n').at(-1) ?? '');
}

/** Reads a number from a file of the attempt's group, which exists in one of its folders. */
function readGroupCount(folders: string[], file: string, name: string): number {
  const path = folders.map((folder) => join(folder, file)).find((one) => existsSync(one)) ?? '';
  const line = readFileSync(path, 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${name} `));
  return Number(line?.split(' ')[1]);
}

/** Finds a process of the attempt's group by its name. */
function findProcess(folders: string[], name: string): number | undefined {
  const pids = readFileSync(join(folders[0] ?? '', 'cgroup.procs'), 'utf8')
    .trim()
    .split('\n')
    .map(Number);
  return pids.find(
    (pid) => existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(name),
  );
}

function identify(pid: number): { bootId: string; pid: number; startTime: number } {
  const startTime = readProcessStartTime(pid);
  if (startTime === null) throw new Error(`process ${pid} is gone`);
  return { bootId: readBootId(), pid, startTime };
}

it('reports which limits are enforced on this machine', async () => {
  const executor = createTestExecutor(dataDir.path);
  expect(executor.capabilities().memoryLimit).toBe(groups.holds.includes('memory'));
  const { detail } = await executor.probe();
  expect(detail).toContain(groups.detail);
  expect(detail).toContain(groups.holds.length === 3 ? 'enforced by control groups' : 'NOT limited');
});

const needs = (...controllers: (typeof groups.holds)[number][]) =>
  describe.skipIf(
    lacks(
      `control groups of ${controllers.join(' and ')}`,
      controllers.every((controller) => groups.holds.includes(controller)),
    ),
  );

needs('memory')('memory', () => {
  it("beyond the run's limit ends that run, and is recorded", async () => {
    const run = await start('bytearray(400_000_000)', { memoryBytes: 96 * MEBIBYTE });
    expect(await readExit(run)).toMatchObject({
      code: null,
      signal: 'SIGKILL',
      out_of_memory: 'limit',
      process_limit_reached: false,
    });
    expect(await createTestExecutor(dataDir.path).inspect(run.handle)).toMatchObject({
      exit: { outOfMemory: 'limit' },
    });
  });

  it('used by a child is recorded, and the run itself decides how to end', async () => {
    const eat = 'subprocess.run([sys.executable, "-c", "bytearray(400_000_000)"], check=True)';
    const run = await start(eat, { memoryBytes: 96 * MEBIBYTE });
    expect(await readExit(run)).toMatchObject({ code: 1, signal: null, out_of_memory: 'limit' });
  });

  it('within the limit changes nothing', async () => {
    const run = await start('bytearray(40_000_000)', { memoryBytes: 256 * MEBIBYTE });
    expect(await readExit(run)).toMatchObject({ code: 0, out_of_memory: null });
  });
});

needs('pids')('processes', () => {
  const BOMB = `
import time
children = []
while len(children) < 400:
    if (child := os.fork()) == 0:
        time.sleep(600)
        os._exit(0)
    children.append(child)
`;

  it('beyond the limit fail in that run, and in no other', async () => {
    const other = await start(
      `
urllib.request.urlopen(os.environ["STARTED_URL"]).read()
for _ in range(20):
    subprocess.run(["true"], check=True)
`,
      { processes: 64 },
    );
    await routes.awaitUserCode(other.spec.attemptId);
    const bomb = await start(BOMB, { processes: 32 });
    expect(await readExit(bomb)).toMatchObject({ code: 1, process_limit_reached: true, out_of_memory: null });
    routes.finish(other.spec.attemptId, 0);
    expect(await readExit(other)).toMatchObject({ code: 0, process_limit_reached: false });
  });
});

needs('cpu')('processor time', () => {
  it('beyond its share is not granted', async () => {
    const run = await start('while True: pass', { cpus: 0.1 });
    await expect.poll(() => readGroupCount(run.folders, 'cpu.stat', 'nr_throttled'), WAIT).toBeGreaterThan(2);
  });

  it('of a run without a limit is never throttled', async () => {
    const run = await start('for number in range(3_000_000): pass');
    await readExit(run);
    expect(readGroupCount(run.folders, 'cpu.stat', 'nr_throttled')).toBe(0);
  });
});

describe.skipIf(lacks('control groups', groups.holds.length > 0))('the control group of an attempt', () => {
  const REPORT = `
report = {"groups": open("/proc/self/cgroup").read(), "sys": os.path.exists("/sys/fs/cgroup")}
urllib.request.urlopen(os.environ["REPORT_URL"], json.dumps(report).encode())
urllib.request.urlopen(os.environ["STARTED_URL"]).read()
`;

  it('contains user code, which cannot see it, but not the bootstrap', async () => {
    const run = await start(REPORT, { processes: 64 });
    const report = await routes.awaitReport(run.spec.attemptId);
    expect(report).toMatchObject({ sys: false });
    expect(JSON.stringify(report)).not.toContain(run.spec.attemptId);
    const pids = readFileSync(join(run.folders[0] ?? '', 'cgroup.procs'), 'utf8')
      .trim()
      .split('\n');
    expect(pids.length).toBeGreaterThan(1);
    expect(pids).not.toContain(String(run.handle.data['pid']));
    expect(readFileSync(`/proc/${pids.at(-1)}/cgroup`, 'utf8')).toContain(run.spec.attemptId);
  });

  it('is listed with its owner and its time, and is removed with the attempt', async () => {
    const before = Date.now();
    const run = await start(REPORT);
    const { attemptId } = run.spec;
    await routes.awaitUserCode(attemptId);
    const find = async () =>
      (await groups.list()).find(({ owner }) => owner.kind === 'attempt' && owner.attemptId === attemptId);
    const listed = await find();
    expect(listed?.name).toBe(basename(run.folders[0] ?? ''));
    expect(listed?.madeAt.getTime()).toBeGreaterThan(before - 2000);
    expect(listed?.madeAt.getTime()).toBeLessThanOrEqual(Date.now());
    routes.finish(attemptId, 0);
    await readExit(run);
    await createTestExecutor(dataDir.path).remove(run.handle);
    expect(await find()).toBeUndefined();
    expect(run.folders.map((folder) => existsSync(folder))).toEqual(run.folders.map(() => false));
  });

  it('finds a process that has hidden itself after its bootstrap was killed', async () => {
    const executor = createTestExecutor(dataDir.path, { bwrapPath: null, allowUnisolated: true });
    const run = await start(
      `
hide = "import os, sys; os.setsid(); os.fork() and os._exit(0); os.execve('/bin/sleep', ['sleep', '600'], {})"
subprocess.run([sys.executable, "-c", hide], check=True)
${REPORT}`,
      {},
      executor,
    );
    await routes.awaitUserCode(run.spec.attemptId);
    // The process is renamed to "sleep" only after its waiting parent has continued.
    await expect.poll(() => findProcess(run.folders, 'sleep'), WAIT).toBeDefined();
    const hidden = findProcess(run.folders, 'sleep');
    const identity = identify(hidden ?? 0);
    process.kill(Number(run.handle.data['pid']), 'SIGKILL');
    await expect.poll(() => executor.inspect(run.handle), WAIT).toMatchObject({ state: 'missing' });
    expect(isProcessAlive(identity)).toBe(false);
  });

  it('without an owner is removed with its processes', async () => {
    const attemptId = randomUUID();
    const plan = groups.plan(
      { kind: 'attempt', attemptId },
      { memoryBytes: null, cpus: null, processes: 10 },
    );
    await createGroup(plan);
    const [program = '', ...joinArguments] = buildJoinCommand(plan.joinFiles);
    const child = spawn(program, [...joinArguments, 'sleep', '600'], { stdio: 'ignore' });
    const ended = once(child, 'exit');
    // The program that joins the group has "sleep" among its arguments.
    await expect.poll(() => readFileSync(`/proc/${child.pid}/cmdline`, 'utf8'), WAIT).toMatch(/^sleep/);
    const [listed] = (await groups.list()).filter(({ name }) => name.includes(attemptId));
    const other = openControlGroups('installation-2');
    expect((await other.list()).map(({ name }) => name)).not.toContain(listed?.name);
    await other.remove(listed?.name ?? '');
    expect(existsSync(plan.folders[0] ?? '')).toBe(true);
    await groups.remove(listed?.name ?? '');
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect((await groups.list()).map(({ name }) => name)).not.toContain(listed?.name);
    await groups.remove(listed?.name ?? '');
  });
});

needs('memory')('a build', () => {
  it('that needs more memory than its limit fails and says so', async () => {
    const index = await createPackageIndex();
    try {
      await index.addSource('hungry', 'bytearray(800_000_000)');
      const executor = createTestExecutor(dataDir.path, {
        runsNetwork: {
          isShared: false,
          loopbackPorts: [Number(new URL(index.url).port)],
          closedNetworks: [],
        },
        buildLimits: { memoryBytes: 256 * MEBIBYTE, cpus: null, processes: null },
      });
      const spec = {
        ...(await describeEmptyEnvironment()),
        key: randomUUID(),
        requirements: ['hungry'],
        variables: { UV_DEFAULT_INDEX: index.url },
      };
      const failure = executor.buildEnvironment(spec, () => undefined);
      await expect(failure).rejects.toMatchObject({ code: 'requirements_failed' });
      await expect(failure).rejects.toThrow(
        'Memory ran out and a process was killed: a build may use 256 MiB.',
      );
      expect((await groups.list()).map(({ name }) => name).join(' ')).not.toContain(spec.key);
    } finally {
      await index.close();
    }
  });
});
