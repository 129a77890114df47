import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { lacks } from '@pumphouse/testing/fixtures/requirements.ts';
import type { AttemptHandle } from '../contract/attempt-handle.ts';
import type { AttemptLimits, AttemptSpec } from '../contract/attempt-runner.ts';
import type { EnvironmentLocation } from '../contract/environment-builder.ts';
import type { Executor } from '../executor.ts';
import type { Resource } from '../../domain/retention/resource.ts';
import { locateAttemptFolder } from './attempt-folder.ts';
import { createGroup, openControlGroups, readGroupPids } from './control-groups.ts';
import { createAttemptRoutes, type AttemptRoutes } from './testing/attempt-routes.ts';
import { buildEmptyEnvironment, createDataDir, createTestExecutor, TEST_UID } from './testing/machine.ts';

/** User code with a child that survives both its parent and its bootstrap. */
const WAITS = `
import os, subprocess, urllib.request
subprocess.Popen(["sleep", "600"], start_new_session=True)
if "HIDES" in os.environ:
    subprocess.Popen(["sleep", "600"], start_new_session=True, env={})
urllib.request.urlopen(os.environ["STARTED_URL"]).read()
`;

const noLimits: AttemptLimits = { memoryBytes: null, cpus: null, processes: null };
const ownGroups = openControlGroups('installation-1');

/** Two installations on one machine. */
interface Installation {
  dataDir: string;
  executor: Executor;
  environment: EnvironmentLocation;
  remove: () => Promise<void>;
}

let routes: AttemptRoutes;
let own: Installation;
let other: Installation;
let started: { executor: Executor; handle: AttemptHandle }[] = [];
/** Ids of attempts that may have a control group. */
const made: string[] = [];

beforeAll(async () => {
  routes = await createAttemptRoutes();
  own = await createInstallation('installation-1');
  other = await createInstallation('installation-2');
});
afterEach(async () => {
  for (const { executor, handle } of started) await executor.stop(handle, { graceSeconds: 0 });
  started = [];
  for (const installationId of ['installation-1', 'installation-2']) await removeGroups(installationId);
});
afterAll(async () => {
  await routes.close();
  await own.remove();
  await other.remove();
});

async function createInstallation(installationId: string): Promise<Installation> {
  const dataDir = await createDataDir();
  // Without a sandbox, which would end all its processes when it ends. This is the harder case.
  const overrides = { installationId, bwrapPath: null, allowUnisolated: true };
  const executor = createTestExecutor(dataDir.path, overrides);
  const environment = await buildEmptyEnvironment(executor);
  return { dataDir: dataDir.path, executor, environment, remove: dataDir.remove };
}

/** An attempt whose user code runs. */
async function startAttempt(
  { executor, environment }: Installation,
  { hides = false } = {},
): Promise<AttemptSpec> {
  const attemptId = randomUUID();
  const variables: Record<string, string> = {
    STARTED_URL: `${routes.url}/user-code/${attemptId}/started`,
    ...(hides && { HIDES: '1' }),
  };
  routes.serve(attemptId, { program: WAITS, variables });
  const spec: AttemptSpec = {
    attemptId,
    jobRunId: `run-of-${attemptId}`,
    installationId: 'unused',
    claimNumber: 1,
    attemptsUrl: routes.url,
    bootstrapSecret: `secret-of-${attemptId}`,
    environment,
    workFolderName: 'my-workspace',
    localData: null,
    uid: TEST_UID,
    limits: noLimits,
    instanceSize: 'small',
    graceSeconds: 30,
    timeoutSeconds: null,
    network: 'outgoing',
  };
  made.push(attemptId);
  started.push({ executor, handle: await executor.start(spec) });
  await routes.awaitUserCode(attemptId);
  return spec;
}

/** Removes groups of attempts that were created without a folder, or whose folder a test removed. */
async function removeGroups(installationId: string): Promise<void> {
  const groups = openControlGroups(installationId);
  const attempts = new Set(made);
  for (const { name, owner } of await groups.list()) {
    if (owner.kind === 'attempt' && attempts.has(owner.attemptId)) await groups.remove(name);
  }
}

const list = ({ executor }: Installation) => executor.listResources({ withSizes: false });

async function listOf(installation: Installation, attemptId: string): Promise<Resource[]> {
  const all = await list(installation);
  return all.filter(({ owner }) => owner.kind === 'attempt' && owner.attemptId === attemptId);
}

/** The attempt's resources except its control group, which not every machine supports. */
async function listFoldersAndProcesses(installation: Installation, attemptId: string): Promise<Resource[]> {
  return (await listOf(installation, attemptId)).filter(({ kind }) => kind !== 'control-group');
}

/** Pid of the bootstrap, from its process record. */
async function readBootstrapPid({ dataDir }: Installation, attemptId: string): Promise<number> {
  const { processFile } = locateAttemptFolder(dataDir, attemptId);
  return (JSON.parse(await readFile(processFile, 'utf8')) as { pid: number }).pid;
}

describe('processes of an attempt whose folder was removed', () => {
  it('are listed with it, and ended', async () => {
    const before = Date.now();
    const { attemptId } = await startAttempt(own);
    const pid = await readBootstrapPid(own, attemptId);
    await rm(locateAttemptFolder(own.dataDir, attemptId).path, { recursive: true });
    const [stray, ...others] = await listFoldersAndProcesses(own, attemptId);
    expect(others).toEqual([]);
    expect(stray).toMatchObject({ kind: 'processes', owner: { kind: 'attempt', attemptId } });
    expect(stray?.madeAt.getTime()).toBeGreaterThan(before - 5000);
    expect(stray?.madeAt.getTime()).toBeLessThan(Date.now() + 5000);
    if (stray) await own.executor.removeResource(stray);
    // It is this process's child, so it remains as a zombie until Node has waited for it.
    await expect.poll(() => existsSync(`/proc/${pid}`)).toBe(false);
    expect(await listFoldersAndProcesses(own, attemptId)).toEqual([]);
  });

  it('are found even after their bootstrap ended', async () => {
    const { attemptId } = await startAttempt(own);
    const pid = await readBootstrapPid(own, attemptId);
    await rm(locateAttemptFolder(own.dataDir, attemptId).path, { recursive: true });
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => existsSync(`/proc/${pid}`)).toBe(false);
    const listed = await listFoldersAndProcesses(own, attemptId);
    expect(listed).toMatchObject([{ kind: 'processes' }]);
    for (const resource of listed) await own.executor.removeResource(resource);
    expect(await listFoldersAndProcesses(own, attemptId)).toEqual([]);
  });

  it('of another installation on the machine belong to that installation', async () => {
    const { attemptId } = await startAttempt(other);
    const pid = await readBootstrapPid(other, attemptId);
    await rm(locateAttemptFolder(other.dataDir, attemptId).path, { recursive: true });
    const [stray] = await listFoldersAndProcesses(other, attemptId);
    if (!stray) throw new Error('Its own installation does not list it.');
    expect((await list(own)).map(({ id }) => id)).not.toContain(stray.id);
    await own.executor.removeResource(stray);
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    await other.executor.removeResource(stray);
    await expect.poll(() => existsSync(`/proc/${pid}`)).toBe(false);
  });
});

describe('the folder of an attempt', () => {
  it('with a damaged record is removed together with its processes', async () => {
    const { attemptId } = await startAttempt(own);
    const pid = await readBootstrapPid(own, attemptId);
    const folder = locateAttemptFolder(own.dataDir, attemptId);
    await writeFile(folder.attemptFile, '{"version":1,');
    const listed = await listFoldersAndProcesses(own, attemptId);
    expect(listed).toMatchObject([{ kind: 'folder', id: folder.path }]);
    for (const resource of listed) await own.executor.removeResource(resource);
    await expect.poll(() => existsSync(`/proc/${pid}`)).toBe(false);
    expect(existsSync(folder.path)).toBe(false);
  });

  it('that another machine created stays, because its processes cannot be seen', async () => {
    const { attemptId } = await startAttempt(own);
    const folder = locateAttemptFolder(own.dataDir, attemptId);
    const record = JSON.parse(await readFile(folder.attemptFile, 'utf8')) as Record<string, unknown>;
    await rm(folder.processFile);
    await writeFile(folder.attemptFile, JSON.stringify({ ...record, hostName: 'far', bootId: randomUUID() }));
    const [resource] = await listFoldersAndProcesses(own, attemptId);
    if (!resource) throw new Error('It is not listed.');
    await expect(own.executor.removeResource(resource)).rejects.toMatchObject({ kind: 'backend' });
    expect(existsSync(folder.path)).toBe(true);
  });
});

describe.skipIf(lacks('control groups', ownGroups.holds.length > 0))('the control group', () => {
  it('of an attempt is listed with it; its removal ends a process without any other mark', async () => {
    const before = Date.now();
    const { attemptId } = await startAttempt(own, { hides: true });
    const { folders } = ownGroups.plan({ kind: 'attempt', attemptId }, noLimits);
    const pid = await readBootstrapPid(own, attemptId);
    await rm(locateAttemptFolder(own.dataDir, attemptId).path, { recursive: true });
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => existsSync(`/proc/${pid}`)).toBe(false);
    const [marked, group, ...others] = await listOf(own, attemptId);
    expect(others).toEqual([]);
    expect(marked).toMatchObject({ kind: 'processes' });
    expect(group).toMatchObject({ kind: 'control-group', owner: { kind: 'attempt', attemptId } });
    expect(group?.madeAt.getTime()).toBeGreaterThan(before - 5000);
    expect(group?.madeAt.getTime()).toBeLessThan(Date.now() + 5000);
    if (marked) await own.executor.removeResource(marked);
    expect(await listOf(own, attemptId)).toEqual([group]);
    expect(await readGroupPids(folders)).toHaveLength(1);
    if (group) await own.executor.removeResource(group);
    expect(await listOf(own, attemptId)).toEqual([]);
    expect(folders.filter((folder) => existsSync(folder))).toEqual([]);
  });

  it('of an interrupted build has its environment’s key, and is removed', async () => {
    const plan = ownGroups.plan(
      { kind: 'build', build: `key-with-parts-${randomUUID().slice(0, 8)}` },
      noLimits,
    );
    await createGroup(plan);
    const name = basename(plan.folders[0] ?? '');
    const found = (await list(own)).find(({ id }) => id === name);
    expect(found).toMatchObject({ kind: 'control-group', owner: { kind: 'build', key: 'key-with-parts' } });
    if (found) await own.executor.removeResource(found);
    expect(plan.folders.filter((folder) => existsSync(folder))).toEqual([]);
  });

  it('of another installation is neither listed nor removed', async () => {
    const attemptId = randomUUID();
    made.push(attemptId);
    const plan = openControlGroups('installation-2').plan({ kind: 'attempt', attemptId }, noLimits);
    await createGroup(plan);
    expect(await listOf(own, attemptId)).toEqual([]);
    const [group] = await listOf(other, attemptId);
    if (!group) throw new Error('Its own installation does not list it.');
    await own.executor.removeResource(group);
    expect(plan.folders.filter((folder) => !existsSync(folder))).toEqual([]);
    await other.executor.removeResource(group);
    expect(plan.folders.filter((folder) => existsSync(folder))).toEqual([]);
  });
});

describe('other folders', () => {
  it('of an incomplete environment, and of a cache whose removal was interrupted, are listed and removed', async () => {
    const context = join(own.dataDir, 'environments', 'key-with-parts-1a2b3c4d');
    const aside = join(own.dataDir, 'uv-caches', '.removed-1');
    await mkdir(join(context, 'venv'), { recursive: true });
    await mkdir(aside, { recursive: true });
    const listed = (await list(own)).filter(({ id }) => id === context || id === aside);
    expect(listed.map(({ owner }) => owner)).toEqual([
      { kind: 'environment', path: join(context, 'venv'), key: 'key-with-parts' },
      { kind: 'nobody' },
    ]);
    for (const resource of listed) await own.executor.removeResource(resource);
    expect([existsSync(context), existsSync(aside)]).toEqual([false, false]);
  });

  it('of the package store are left to the program that still writes to them', async () => {
    const working = spawn('sh', ['-c', 'read line', 'package_store'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const ended = once(working, 'exit');
    const folder = join(own.dataDir, 'package-store', 'incoming', `${working.pid}-0a1b2c3d`);
    await mkdir(folder, { recursive: true });
    const isListed = async () => (await list(own)).some(({ id }) => id === folder);
    expect(await isListed()).toBe(false);
    working.kill();
    await ended;
    expect(await isListed()).toBe(true);
    await rm(folder, { recursive: true });
  });

  it('of local data are listed but never removed', async () => {
    const path = join(own.dataDir, 'local-data', 'workspace-1', 'prod');
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'data.duckdb'), 'rows');
    const found = (await own.executor.listResources({ withSizes: true })).find(({ id }) => id === path);
    expect(found?.owner).toEqual({ kind: 'local-data', workspaceId: 'workspace-1', profile: 'prod' });
    expect(found?.sizeBytes).toBeGreaterThan(0);
    await expect(own.executor.removeResource({ kind: 'folder', id: path })).rejects.toMatchObject({
      kind: 'config',
    });
    expect(existsSync(join(path, 'data.duckdb'))).toBe(true);
  });

  it('that Pumphouse did not create are left alone, whatever their name', async () => {
    const outside = join(own.dataDir, 'uv-caches', '..', 'blobs');
    await mkdir(outside, { recursive: true });
    for (const id of [own.dataDir, outside, '/usr', join(own.dataDir, 'attempts')])
      await own.executor.removeResource({ kind: 'folder', id });
    expect([existsSync(own.dataDir), existsSync(outside)]).toEqual([true, true]);
  });
});
