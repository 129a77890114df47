/**
 * Control groups of attempts and builds: creates them, lists them, and limits all processes of each together.
 */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { accessSync, constants, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AttemptLimits } from '../contract/attempt-runner.ts';
import { isErrorCode } from '../../platform/error-code.ts';
import {
  buildJoinCommand,
  CONTROLLERS,
  findMountedControlGroups,
  limitFile,
  nameGroup,
  planGroup,
  readGroupName,
  type ControlGroupRoot,
  type Controller,
  type GroupOwner,
  type GroupPlan,
} from './control-group-plan.ts';

export interface ListedGroup {
  name: string;
  owner: GroupOwner;
  madeAt: Date;
}

export interface ControlGroups {
  /** The limits that can be enforced here. */
  readonly holds: readonly Controller[];
  /** Human-readable: which limits are enforced, which are not, and why. */
  readonly detail: string;
  /** Plans the group of an owner with these limits. The group need not exist. */
  plan(owner: GroupOwner, limits: AttemptLimits): GroupPlan;
  /** Groups of this installation. */
  list(): Promise<ListedGroup[]>;
  /** Ends all processes in a group of this installation, and removes it; a template's group only if it is empty. */
  remove(name: string): Promise<void>;
}

const NO_LIMITS: AttemptLimits = { memoryBytes: null, cpus: null, processes: null };
const REMOVE_TRIES = 200;
const REMOVE_WAIT_MILLISECONDS = 25;

/**
 * Detects which limits this server can enforce by creating a temporary group. In version 2 it enables the
 * controllers for the groups below the delegated one.
 */
export function openControlGroups(installationId: string): ControlGroups {
  const { root, problem } = findRoot(installationId);
  const holds = CONTROLLERS.filter((controller) => root.folders[controller] !== undefined);
  return {
    holds,
    detail: describeHeld(holds, problem),
    plan: (owner, limits) => planGroup(root, nameGroup(installationId, owner), limits),
    list: () => listGroups(root, installationId),
    async remove(name) {
      const owner = readGroupName(installationId, name);
      if (owner === null) return;
      const { folders } = planGroup(root, name, NO_LIMITS);
      if (owner.kind === 'template') await removeEmptyGroup(folders);
      else await removeGroup(folders);
    },
  };
}

/**
 * Creates the group. Its timestamp is set explicitly, because the kernel reports the current time for an
 * untouched folder.
 */
export async function createGroup({ folders, writes }: GroupPlan): Promise<void> {
  for (const folder of folders) await createGroupFolder(folder);
  for (const { file, value, optional } of writes) {
    try {
      // Never create the file: files of a group belong to the kernel.
      await writeFile(file, value, { flag: 'r+' });
    } catch (error) {
      if (!optional) throw error;
    }
  }
}

async function createGroupFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    // Created by an earlier call for the same owner.
    if (isErrorCode(error, 'EEXIST')) return;
    throw error;
  }
  const now = new Date();
  await utimes(folder, now, now);
}

/** Pids in the group, as seen from this server's pid namespace. */
export async function readGroupPids(folders: string[]): Promise<number[]> {
  const texts = await Promise.all(
    folders.map((folder) => readFile(join(folder, 'cgroup.procs'), 'utf8').catch(() => '')),
  );
  // 0 stands for a process outside this pid namespace.
  const pids = texts.flatMap((text) => text.split('\n')).map(Number);
  return [...new Set(pids)].filter((pid) => pid > 0 && pid !== process.pid);
}

/**
 * Ends all processes in the group and removes it. A group is busy until its last process is fully gone, so
 * removal is retried.
 * @throws Error when the group remains
 */
export async function removeGroup(folders: string[]): Promise<void> {
  for (const folder of folders) await removeGroupFolder(folder);
}

/**
 * Removes the group of a template once it is empty, and gives up after a while: the sandbox of an ended template
 * stays until its last run has ended, and killing it would kill the run.
 * @returns false if it still has processes
 */
export async function removeEmptyGroup(folders: string[], tries = REMOVE_TRIES): Promise<boolean> {
  const removed: boolean[] = [];
  for (const folder of folders) removed.push(await removeEmptyFolder(folder, tries));
  return removed.every(Boolean);
}

async function removeEmptyFolder(folder: string, tries: number): Promise<boolean> {
  for (let count = 0; count < tries; count += 1) {
    if (count > 0) await sleep(REMOVE_WAIT_MILLISECONDS);
    if (await tryRemoveFolder(folder)) return true;
  }
  return false;
}

/** Returns false while the group has processes. */
async function tryRemoveFolder(folder: string): Promise<boolean> {
  try {
    await rmdir(folder);
    return true;
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return true;
    if (isErrorCode(error, 'EBUSY')) return false;
    throw error;
  }
}

async function removeGroupFolder(folder: string): Promise<void> {
  for (let tries = 0; tries < REMOVE_TRIES; tries += 1) {
    if (await tryRemoveFolder(folder)) return;
    await killGroup(folder);
    await sleep(REMOVE_WAIT_MILLISECONDS);
  }
  throw new Error(`The control group ${folder} is still in use.`);
}

async function killGroup(folder: string): Promise<void> {
  try {
    // Kills everything at once, including processes that are forking; version 2, from Linux 5.14 on.
    return await writeFile(join(folder, 'cgroup.kill'), '1', { flag: 'r+' });
  } catch {
    for (const pid of await readGroupPids([folder])) killQuietly(pid);
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Already gone, or not permitted; in the second case the group stays and the error is reported later.
  }
}

/** Describes which limit a build has hit; null if none. */
export async function describeMetLimit(
  plan: GroupPlan,
  { memoryBytes, processes }: AttemptLimits,
): Promise<string | null> {
  const kills =
    (await readCount(plan.memory, 'memory.events', 'oom_kill')) +
    (await readCount(plan.memory, 'memory.oom_control', 'oom_kill'));
  if (kills > 0) {
    const most = memoryBytes === null ? 'what there is' : `${Math.round(memoryBytes / 1024 / 1024)} MiB`;
    return `Memory ran out and a process was killed: a build may use ${most}.`;
  }
  const refused = await readCount(plan.pids, 'pids.events', 'max');
  return refused === 0 ? null : `A process or thread was refused: a build may have ${processes} at once.`;
}

async function readCount(folder: string | null, file: string, name: string): Promise<number> {
  if (folder === null) return 0;
  const text = await readFile(join(folder, file), 'utf8').catch(() => '');
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return Number(line?.split(' ')[1] ?? 0);
}

async function listGroups(root: ControlGroupRoot, installationId: string): Promise<ListedGroup[]> {
  const found = new Map<string, ListedGroup>();
  for (const folder of new Set(Object.values(root.folders))) {
    for (const name of await readdir(folder).catch(() => [])) {
      const owner = readGroupName(installationId, name);
      const stats = owner === null ? null : await stat(join(folder, name)).catch(() => null);
      if (owner === null || stats === null) continue;
      const madeAt = found.get(name)?.madeAt ?? stats.mtime;
      found.set(name, { name, owner, madeAt: madeAt < stats.mtime ? madeAt : stats.mtime });
    }
  }
  return [...found.values()];
}

interface FoundRoot {
  root: ControlGroupRoot;
  /** Why some limits cannot be enforced. */
  problem: string;
}

function findRoot(installationId: string): FoundRoot {
  const mounted = findMountedControlGroups(readText('/proc/self/mountinfo'), readText('/proc/self/cgroup'));
  const delegated = mounted.version2.folder;
  // If the machine has both versions, the controllers are in only one of them.
  if (delegated !== null && readText(join(delegated, 'cgroup.controllers')).includes('memory')) {
    const folders = Object.fromEntries(CONTROLLERS.map((controller) => [controller, delegated]));
    return tryRoot({ version: 2, folders }, installationId);
  }
  if (Object.keys(mounted.version1.folders).length > 0) return tryRoot(mounted.version1, installationId);
  const problem = delegated === null ? mounted.version2.problem : 'the machine has no controllers for it';
  return { root: { version: 2, folders: {} }, problem };
}

/** Reduces the folders to controllers whose groups can be created, limited and joined. */
function tryRoot(root: ControlGroupRoot, installationId: string): FoundRoot {
  const folders: ControlGroupRoot['folders'] = {};
  let problem = 'the machine has no controllers for it';
  for (const controller of CONTROLLERS) {
    const folder = root.folders[controller];
    if (folder === undefined) continue;
    try {
      tryController(folder, controller, root.version, installationId);
      folders[controller] = folder;
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
  }
  return { root: { version: root.version, folders }, problem };
}

/** @throws Error that describes what failed */
function tryController(
  parent: string,
  controller: Controller,
  version: ControlGroupRoot['version'],
  installationId: string,
): void {
  if (version === 2) writeFileSync(join(parent, 'cgroup.subtree_control'), `+${controller}`, { flag: 'r+' });
  // Use the name of a build, so that a group left by a crash is found and removed like those.
  const name = nameGroup(installationId, { kind: 'build', build: `trial-${randomUUID()}` });
  const folder = join(parent, name);
  mkdirSync(folder);
  try {
    accessSync(join(folder, limitFile(version, controller)), constants.W_OK);
    const [program = '', ...joinArguments] = buildJoinCommand([join(folder, 'cgroup.procs')]);
    const { status, stderr } = spawnSync(program, [...joinArguments, '/bin/sh', '-c', ':'], {
      env: { PATH: '/usr/bin:/bin' },
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`a process cannot enter a control group: ${stderr.trim()}`);
  } finally {
    rmdirSync(folder);
  }
}

function describeHeld(holds: Controller[], problem: string): string {
  const labels: Record<Controller, string> = { memory: 'memory', cpu: 'processor time', pids: 'processes' };
  const list = (controllers: readonly Controller[]): string =>
    controllers.map((controller) => labels[controller]).join(', ');
  const missing = CONTROLLERS.filter((controller) => !holds.includes(controller));
  const held = holds.length === 0 ? [] : [`Limits of ${list(holds)} are enforced by control groups.`];
  const lacking = missing.length === 0 ? [] : [`NOT limited: ${list(missing)} (${problem}).`];
  return [...held, ...lacking].join(' ');
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
