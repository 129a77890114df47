import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isRoot, lacks } from '@pumphouse/testing/fixtures/requirements.ts';
import type { AttemptHandle } from '../contract/attempt-handle.ts';
import type { AttemptSpec } from '../contract/attempt-runner.ts';
import type { EnvironmentLocation } from '../contract/environment-builder.ts';
import type { Executor } from '../executor.ts';
import { locateAttemptFolder } from './attempt-folder.ts';
import { createAttemptRoutes, type AttemptRoutes } from './testing/attempt-routes.ts';
import { serveAttempt } from './testing/served-attempt.ts';
import {
  buildEmptyEnvironment,
  createDataDir,
  createTestExecutor,
  INSTALLATION_ID,
  TEST_UID,
} from './testing/machine.ts';

const LOOK_AROUND = `
import json, multiprocessing, os, sys, urllib.request

def attempt(action):
    try:
        return action()
    except OSError as error:
        return type(error).__name__

def write(path):
    return attempt(lambda: bool(open(path, "a").write("x")))

data_dir, local_data = os.environ["DATA_DIR"], ".dlt/data/prod"
report = {
    "uid": os.getuid(),
    "groups": os.getgroups(),
    "capabilities": [line.split()[1] for line in open("/proc/self/status") if line.startswith(("CapPrm", "CapEff", "CapAmb"))],
    "working_folder": os.getcwd(),
    "data_folder": attempt(lambda: os.listdir(data_dir)),
    "etc_shadow": attempt(lambda: open("/etc/shadow").read(1)),
    "pids": sum(name.isdigit() for name in os.listdir("/proc")),
    "host_name": os.uname().nodename,
    "user": __import__("pwd").getpwuid(os.getuid()).pw_name,
    "writes": {
        "environment": write(sys.prefix + "/new"),
        "work": write("new"),
        "dlt": write(".dlt/new"),
        "local_data": write(local_data + "/new"),
        "tmp": write("/tmp/new"),
        "usr": write("/usr/new"),
        "sysctl": write("/proc/sys/kernel/core_pattern"),
    },
    "local_data": sorted(os.listdir(local_data)),
    "semaphore": attempt(lambda: multiprocessing.Lock() is not None),
    "bootstrap_token": "token-of-" in str(dict(os.environ)),
}
urllib.request.urlopen(os.environ["REPORT_URL"], json.dumps(report).encode())
`;

let dataDir: { path: string; remove: () => Promise<void> };
let routes: AttemptRoutes;
let executor: Executor;
let environment: EnvironmentLocation;
let handles: AttemptHandle[] = [];

beforeAll(async () => {
  dataDir = await createDataDir();
  routes = await createAttemptRoutes();
  executor = createTestExecutor(dataDir.path);
  environment = await buildEmptyEnvironment(executor);
});

afterEach(async () => {
  for (const handle of handles) {
    await executor.stop(handle, { graceSeconds: 0 });
    await executor.remove(handle);
  }
  handles = [];
});

afterAll(async () => {
  await routes.close();
  await dataDir.remove();
});

function createSpec(overrides: Partial<AttemptSpec> = {}): AttemptSpec {
  const origin = { routes, url: routes.url, environment, installationId: INSTALLATION_ID, uid: TEST_UID };
  const spec = serveAttempt(origin, { program: LOOK_AROUND, variables: { DATA_DIR: dataDir.path } });
  const workspaceId = `workspace-${spec.attemptId}`;
  return { ...spec, localData: { workspaceId, profile: 'prod', access: 'read-write' }, ...overrides };
}

async function startAttempt(spec: AttemptSpec): Promise<AttemptHandle> {
  const handle = await executor.start(spec);
  handles.push(handle);
  return handle;
}

async function inspectSurroundings(spec: AttemptSpec): Promise<unknown> {
  const handle = await startAttempt(spec);
  const report = await routes.awaitReport(spec.attemptId);
  await expect.poll(async () => (await executor.inspect(handle)).state).toBe('exited');
  return report;
}

async function readMode(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

function moveToEarlierBoot(handle: AttemptHandle): AttemptHandle {
  return { ...handle, data: { ...handle.data, bootId: randomUUID() } };
}

describe('what user code in a sandbox sees', () => {
  it('is its work folder and its local data, as an unprivileged user', async () => {
    const report = await inspectSurroundings(createSpec());
    expect(report).toMatchObject({
      uid: isRoot ? TEST_UID : process.getuid?.(),
      capabilities: Array.from({ length: 3 }, () => '0000000000000000'),
      working_folder: '/work/my-workspace',
      data_folder: ['environments'],
      etc_shadow: 'FileNotFoundError',
      host_name: 'pumphouse',
      user: 'pumphouse',
      semaphore: true,
      bootstrap_token: false,
      writes: { work: true, dlt: true, local_data: true, tmp: true },
      local_data: ['new'],
    });
    expect(report).not.toHaveProperty('writes.environment', true);
    expect(report).not.toHaveProperty('writes.usr', true);
    expect(report).not.toHaveProperty('writes.sysctl', true);
    expect(report).toHaveProperty(
      'pids',
      expect.toSatisfy((count: number) => count <= 4),
    );
  });

  it('includes the local data of the previous attempt', async () => {
    const localData = { workspaceId: randomUUID(), profile: 'prod' };
    await inspectSurroundings(createSpec({ localData: { ...localData, access: 'read-write' } }));
    const report = await inspectSurroundings(
      createSpec({ localData: { ...localData, access: 'read-write' } }),
    );
    expect(report).toMatchObject({ local_data: ['new'], writes: { dlt: true } });
  });
});

describe('the folder of an attempt', () => {
  it('is closed to other users, and contains no token', async () => {
    const spec = createSpec();
    await inspectSurroundings(spec);
    const folder = locateAttemptFolder(dataDir.path, spec.attemptId);
    expect(await readMode(folder.path)).toBe('700');
    expect(await readMode(folder.attemptFile)).toBe('600');
    expect(await readFile(folder.attemptFile, 'utf8')).not.toContain('token-of-');
    await expect(stat(folder.startFile)).rejects.toThrow('ENOENT');
  });

  it('marks an attempt that never got a process, which is missing until it gets one', async () => {
    const spec = createSpec();
    await executor.start(spec).then((handle) => handles.push(handle));
    await routes.awaitReport(spec.attemptId);
    const folder = locateAttemptFolder(dataDir.path, spec.attemptId);
    await executor.stop(handles[0] as AttemptHandle, { graceSeconds: 5 });
    for (const path of [folder.processFile, folder.spool]) await rm(path, { force: true });
    const listed = (await executor.list()).find(({ attemptId }) => attemptId === spec.attemptId);
    expect(listed?.handle.data).toMatchObject({ pid: null, startTime: null });
    expect(await executor.inspect(listed?.handle as AttemptHandle)).toEqual({ state: 'missing' });
    routes.serve(spec.attemptId, { program: 'import time; time.sleep(60)', variables: {} });
    await executor.start(spec).then((handle) => handles.splice(0, 1, handle));
    expect(await executor.inspect(listed?.handle as AttemptHandle)).toEqual({ state: 'running' });
  });

  it('is not listed for another installation', async () => {
    await inspectSurroundings(createSpec());
    const other = createTestExecutor(dataDir.path, { installationId: 'installation-2' });
    expect(await other.list()).toEqual([]);
    expect(await executor.list()).toHaveLength(1);
  });
});

describe('an attempt of an earlier boot of this machine', () => {
  it('is missing, or exited if its spool says so', async () => {
    const spec = createSpec();
    await inspectSurroundings(spec);
    const handle = moveToEarlierBoot(handles[0] as AttemptHandle);
    expect(await executor.inspect(handle)).toMatchObject({ state: 'exited', exit: { code: 0 } });
    await rm(locateAttemptFolder(dataDir.path, spec.attemptId).spool);
    expect(await executor.inspect(handle)).toEqual({ state: 'missing' });
    await executor.stop(handle, { graceSeconds: 5 });
  });
});

describe('a spool that a run has replaced', () => {
  it('is not read', async () => {
    const spec = createSpec();
    const handle = await startAttempt(spec);
    await routes.awaitReport(spec.attemptId);
    await executor.stop(handle, { graceSeconds: 5 });
    const { spool } = locateAttemptFolder(dataDir.path, spec.attemptId);
    await rm(spool, { force: true });
    await symlink('/etc/passwd', spool);
    expect(await executor.readSpool(handle, 0, 100)).toBeNull();
    await rm(spool);
    await promisify(execFile)('mkfifo', [spool]);
    expect(await executor.readSpool(handle, 0, 100)).toBeNull();
    expect(await executor.inspect(handle)).toEqual({ state: 'missing' });
  });
});

describe('a failure to start', () => {
  it('is config without a sandbox when one is required', async () => {
    const other = createTestExecutor(dataDir.path, { bwrapPath: null });
    await expect(other.start(createSpec())).rejects.toMatchObject({ name: 'ExecutorError', kind: 'config' });
    expect(await other.probe()).toMatchObject({
      ok: false,
      detail: expect.stringContaining('apt-get install bubblewrap'),
    });
  });

  it.each([
    { attemptId: '../escape' },
    { workFolderName: '..' },
    { localData: { workspaceId: 'a/b', profile: 'prod', access: 'read-write' as const } },
    { localData: { workspaceId: 'a', profile: '.', access: 'read-write' as const } },
  ])('is config for a name that would leave its folder: %j', async (overrides) => {
    await expect(executor.start(createSpec(overrides))).rejects.toMatchObject({ kind: 'config' });
  });

  it('is backend, with the last output of a bootstrap that ends at once', async () => {
    const bootstrapDir = join(dataDir.path, 'broken-bootstrap');
    await mkdir(bootstrapDir);
    await writeFile(join(bootstrapDir, '__main__.py'), 'raise SystemExit("no such luck")');
    const broken = createTestExecutor(dataDir.path, { bootstrapDir });
    const failure = broken.start(createSpec());
    await expect(failure).rejects.toMatchObject({ kind: 'backend' });
    await expect(failure).rejects.toThrow('ended at once (exit code 1). no such luck');
  });

  it('is backend if the interpreter cannot be run', async () => {
    const broken = createTestExecutor(dataDir.path, { pythonPath: '/nowhere/python3' });
    await expect(broken.start(createSpec())).rejects.toMatchObject({ kind: 'backend' });
    expect(await broken.probe()).toMatchObject({
      ok: false,
      detail: expect.stringContaining('/nowhere/python3'),
    });
  });
});

// A mounted folder cannot be removed, like one in which a dying process still creates files.
it.skipIf(lacks('root', isRoot))(
  'an interrupted removal leaves an attempt that is listed, and removed again',
  async ({ skip }) => {
    const spec = createSpec();
    const handle = await startAttempt(spec);
    await routes.awaitReport(spec.attemptId);
    await executor.stop(handle, { graceSeconds: 0 });
    const { path, workRoot } = locateAttemptFolder(dataDir.path, spec.attemptId);
    const busy = join(workRoot, 'busy');
    await mkdir(busy, { recursive: true });
    try {
      await promisify(execFile)('mount', ['-t', 'tmpfs', 'tmpfs', busy]);
    } catch (error) {
      skip(lacks('permission to mount', false), String(error));
    }
    try {
      await expect(executor.remove(handle)).rejects.toThrow('EBUSY');
      expect((await executor.list()).map(({ attemptId }) => attemptId)).toContain(spec.attemptId);
    } finally {
      await promisify(execFile)('umount', ['--lazy', busy]);
    }
    await executor.remove(handle);
    await expect(stat(path)).rejects.toThrow('ENOENT');
  },
);
