/**
 * Plans where control groups are created and what is written into them, for both versions of the kernel
 * interface. Pure.
 */
import { basename, dirname, join } from 'node:path';
import type { AttemptLimits } from '../contract/attempt-runner.ts';
import { isSafeName } from '../safe-name.ts';

export const CONTROLLERS = ['memory', 'cpu', 'pids'] as const;
export type Controller = (typeof CONTROLLERS)[number];

/** The parent folder of groups for each available controller. In version 2 it is a single folder. */
export interface ControlGroupRoot {
  version: 1 | 2;
  folders: Partial<Record<Controller, string>>;
}

export interface MountedControlGroups {
  version1: ControlGroupRoot;
  /** `folder` is null if this server has no group of its own that it may divide; `problem` then says why. */
  version2: { folder: string } | { folder: null; problem: string };
}

/**
 * A unit with Delegate=yes and this DelegateSubgroup= gives us the parent group, which contains no process
 * and can therefore be divided.
 */
const SERVER_GROUP = 'server';

const NOT_DELEGATED =
  'this server has no control group that it can divide, see docs/operate/process-executor.md#limits';

/**
 * Finds available control groups from /proc/self/mountinfo and /proc/self/cgroup. Version 1 groups are
 * created at the top, as container engines do, where a restarted server finds them. In version 2 each subtree
 * has one manager, so only a delegated subtree may be used.
 */
export function findMountedControlGroups(mountInfo: string, ownGroups: string): MountedControlGroups {
  const mounts = parseMounts(mountInfo);
  const folders: ControlGroupRoot['folders'] = {};
  for (const controller of CONTROLLERS) {
    const mount = mounts.find(({ type, options }) => type === 'cgroup' && options.includes(controller));
    if (mount !== undefined) folders[controller] = mount.path;
  }
  const unified = mounts.find(({ type }) => type === 'cgroup2');
  return { version1: { version: 1, folders }, version2: findDelegatedGroup(unified, ownGroups) };
}

interface Mount {
  type: string;
  /** The part of the file system that is mounted. */
  root: string;
  path: string;
  options: string[];
}

function parseMounts(mountInfo: string): Mount[] {
  return mountInfo.split('\n').flatMap((line) => {
    const [before = '', after] = line.split(' - ');
    const [type, , options] = (after ?? '').split(' ');
    const [, , , root, path] = before.split(' ');
    if (type === undefined || options === undefined || root === undefined || path === undefined) return [];
    return [{ type, root: unescapePath(root), path: unescapePath(path), options: options.split(',') }];
  });
}

function unescapePath(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}

function findDelegatedGroup(mount: Mount | undefined, ownGroups: string): MountedControlGroups['version2'] {
  const own = /^0::(\/.*)$/m.exec(ownGroups)?.[1];
  if (mount === undefined || own === undefined)
    return { folder: null, problem: 'the machine has no control groups' };
  const seen = mount.root === '/' ? own : own.slice(mount.root.length);
  // The top group: no manager has moved this server elsewhere.
  if (own === '/') return { folder: mount.path };
  if (basename(seen) !== SERVER_GROUP) return { folder: null, problem: NOT_DELEGATED };
  const above = dirname(seen);
  return { folder: above === '/' ? mount.path : join(mount.path, above) };
}

/** The purpose of a group. */
export type GroupOwner =
  | { kind: 'attempt'; attemptId: string }
  | { kind: 'build'; build: string }
  | { kind: 'template'; template: string };

/** Derives a group's name from its installation and owner, neither of which contains "@". */
export function nameGroup(installationId: string, owner: GroupOwner): string {
  return `pumphouse-${owner.kind}-${readOwnerId(owner)}@${installationId}`;
}

function readOwnerId(owner: GroupOwner): string {
  if (owner.kind === 'attempt') return owner.attemptId;
  return owner.kind === 'build' ? owner.build : owner.template;
}

/** Parses the owner from a group's name; null for groups of other installations and other software. */
export function readGroupName(installationId: string, name: string): GroupOwner | null {
  const match = /^pumphouse-(attempt|build|template)-([^@]+)@(.+)$/.exec(name);
  const [, kind, id = '', installation] = match ?? [];
  if (installation !== installationId || !isSafeName(id)) return null;
  if (kind === 'attempt') return { kind, attemptId: id };
  return kind === 'template' ? { kind, template: id } : { kind: 'build', build: id };
}

export interface GroupWrite {
  file: string;
  value: string;
  /** Skip the file if the kernel does not have it. */
  optional: boolean;
}

export interface GroupPlan {
  /** All of these must be created; there are several if each controller has its own hierarchy. */
  folders: string[];
  /** In this order. */
  writes: GroupWrite[];
  /** A process joins the group by writing 0 to each of these files. */
  joinFiles: string[];
  memory: string | null;
  pids: string | null;
}

const CPU_PERIOD_MICROSECONDS = 100_000;
const MIN_QUOTA_MICROSECONDS = 1000;

/**
 * The files of a named group with these limits. A resource without a limit keeps the kernel's default, which
 * is no limit.
 */
export function planGroup(groupRoot: ControlGroupRoot, name: string, limits: AttemptLimits): GroupPlan {
  const at = (controller: Controller): string | null => {
    const folder = groupRoot.folders[controller];
    return folder === undefined ? null : join(folder, name);
  };
  const folders = [...new Set(CONTROLLERS.map(at).filter((folder) => folder !== null))];
  const values = groupRoot.version === 2 ? listValues2(limits) : listValues1(limits);
  return {
    folders,
    writes: values.flatMap(({ controller, file, value, optional = false }) => {
      const folder = at(controller);
      return folder === null || value === null ? [] : [{ file: join(folder, file), value, optional }];
    }),
    joinFiles: folders.map((folder) => join(folder, 'cgroup.procs')),
    memory: at('memory'),
    pids: at('pids'),
  };
}

interface LimitValue {
  controller: Controller;
  file: string;
  value: string | null;
  optional?: boolean;
}

/** Swap counts as memory in both versions, so a run's limit does not depend on the machine's swap. */
function listValues1({ memoryBytes, cpus, processes }: AttemptLimits): LimitValue[] {
  const memory = formatNumber(memoryBytes);
  return [
    { controller: 'memory', file: 'memory.limit_in_bytes', value: memory },
    { controller: 'memory', file: 'memory.memsw.limit_in_bytes', value: memory, optional: true },
    {
      controller: 'cpu',
      file: 'cpu.cfs_period_us',
      value: cpus === null ? null : String(CPU_PERIOD_MICROSECONDS),
    },
    { controller: 'cpu', file: 'cpu.cfs_quota_us', value: cpus === null ? null : formatQuota(cpus) },
    { controller: 'pids', file: 'pids.max', value: formatNumber(processes) },
  ];
}

function listValues2({ memoryBytes, cpus, processes }: AttemptLimits): LimitValue[] {
  const quota = cpus === null ? null : `${formatQuota(cpus)} ${CPU_PERIOD_MICROSECONDS}`;
  return [
    { controller: 'memory', file: 'memory.max', value: formatNumber(memoryBytes) },
    {
      controller: 'memory',
      file: 'memory.swap.max',
      value: memoryBytes === null ? null : '0',
      optional: true,
    },
    { controller: 'cpu', file: 'cpu.max', value: quota },
    { controller: 'pids', file: 'pids.max', value: formatNumber(processes) },
  ];
}

function formatNumber(value: number | null): string | null {
  return value === null ? null : String(Math.round(value));
}

function formatQuota(cpus: number): string {
  return String(Math.max(MIN_QUOTA_MICROSECONDS, Math.round(cpus * CPU_PERIOD_MICROSECONDS)));
}

/** The file that sets the controller's limit; its existence shows that the limit can be enforced. */
export function limitFile(version: ControlGroupRoot['version'], controller: Controller): string {
  const files = {
    memory: { 1: 'memory.limit_in_bytes', 2: 'memory.max' },
    cpu: { 1: 'cpu.cfs_quota_us', 2: 'cpu.max' },
    pids: { 1: 'pids.max', 2: 'pids.max' },
  } as const;
  return files[controller][version];
}

const JOIN = 'while [ "$1" != -- ]; do echo 0 >"$1" || exit 1; shift; done; shift; exec "$@"';

/** Argv that precedes a command and moves it and its children into the groups; empty without groups. */
export function buildJoinCommand(joinFiles: string[]): string[] {
  return joinFiles.length === 0 ? [] : ['/bin/sh', '-c', JOIN, 'sh', ...joinFiles, '--'];
}
