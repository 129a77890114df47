/**
 * Resources that this executor keeps on the machine: folders below the data folder, control groups, and
 * processes of attempts whose folder is gone.
 */
import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AttemptHandle } from '../contract/attempt-handle.ts';
import type { AttemptRunner } from '../contract/attempt-runner.ts';
import type { Inventory } from '../contract/inventory.ts';
import type { ProcessBackend } from './process-backend.ts';
import { ExecutorError } from '../contract/executor-error.ts';
import type { Resource, ResourceOwner } from '../../domain/retention/resource.ts';
import {
  locateAttemptFolder,
  locateAttemptsFolder,
  readAttemptRecord,
  readProcessRecord,
  removeAttemptFolder,
} from './attempt-folder.ts';
import { buildHandle, EXECUTOR_NAME } from './attempt-location.ts';
import { killAttempt } from './attempt-processes.ts';
import type { GroupOwner } from './control-group-plan.ts';
import type { ListedGroup } from './control-groups.ts';
import { removeEnvironment } from './build-environment.ts';
import { locateCaches, locateEnvironment, locateEnvironments } from './environment-paths.ts';
import { asideMark, measureFolder, removeCache } from './environment-folders.ts';
import { locatePackageStore } from './package-store.ts';
import { dateStart, readProcessText } from '../../platform/process-identity.ts';
import { listSnapshots, locateLocalData, type ListedSnapshot } from './local-data.ts';
import { listMarkedAttempts } from './stray-processes.ts';
import { listTemplates, locateTemplates, type ListedTemplate } from './templates/template-folder.ts';
import { isErrorCode } from '../../platform/error-code.ts';
import { isSafeName } from '../safe-name.ts';

/** A resource and the function that removes it. */
interface Found {
  resource: Resource;
  remove: () => Promise<void>;
}

/** Lists and removes the resources of one data folder. */
export function createInventory(backend: ProcessBackend, attemptRunner: AttemptRunner): Inventory {
  const { dataDir, bootstrapDir, installationId, controlGroups, faultPoints } = backend;

  async function find(): Promise<Found[]> {
    // List processes before folders: an attempt creates its folder first, so one that starts meanwhile is
    // never mistaken for a stray.
    const marked = await listMarkedAttempts(dataDir, bootstrapDir);
    const attemptIds = (await listNames(locateAttemptsFolder(dataDir))).filter(isSafeName);
    const strays = marked.filter(({ attemptId }) => !attemptIds.includes(attemptId));
    const templates = await listTemplates(dataDir);
    const folders = await Promise.all([
      ...attemptIds.map(findAttempt),
      ...(await listNames(locateEnvironments(dataDir))).map(findEnvironment),
      ...(await listNames(locateCaches(dataDir))).map(findCache),
      ...(await listLocalData(dataDir)).map(findLocalData),
      ...(await listSnapshots(dataDir)).map(findSnapshot),
      ...(await listStoreFolders(dataDir)).map(findStoreFolder),
      ...templates.map(findTemplate),
    ]);
    const liveTemplates = templates.filter(({ isLive }) => isLive).map(({ name }) => name);
    const groups = await controlGroups.list();
    // List groups last: after the removals before them they are empty or gone.
    return [
      ...folders.filter((one) => one !== null),
      ...strays.map(findStray),
      ...groups.map((group) => findGroup(group, liveTemplates)),
    ];
  }

  async function removeAttempt(handle: AttemptHandle): Promise<void> {
    await attemptRunner.stop(handle, { graceSeconds: 0 });
    await attemptRunner.remove(handle);
  }

  async function findAttempt(attemptId: string): Promise<Found | null> {
    const folder = locateAttemptFolder(dataDir, attemptId);
    const record = await readAttemptRecord(folder);
    if (record !== null && record.installationId !== installationId) return null;
    return describeFolder(folder.path, { kind: 'attempt', attemptId }, async () => {
      // Without a record no bootstrap was started. A damaged record proves nothing, so kill the processes in
      // any case.
      if (record === null) await killProcesses(attemptId);
      else await removeAttempt(buildHandle(record, await readProcessRecord(folder), folder.path));
      await removeAttemptFolder(folder, faultPoints);
    });
  }

  function findStray({ attemptId, startTime }: { attemptId: string; startTime: number }): Found {
    const id = `processes of attempt ${attemptId}`;
    const owner: ResourceOwner = { kind: 'attempt', attemptId };
    const resource: Resource = {
      kind: 'processes',
      id,
      owner,
      madeAt: dateStart(startTime),
      sizeBytes: null,
    };
    return { resource, remove: () => killProcesses(attemptId) };
  }

  /** Removing a group ends its processes, including one that has shed every other mark of its attempt. */
  function findGroup({ name, owner: of, madeAt }: ListedGroup, liveTemplates: readonly string[]): Found {
    const owner = describeGroupOwner(of, liveTemplates);
    const resource: Resource = { kind: 'control-group', id: name, owner, madeAt, sizeBytes: null };
    return { resource, remove: () => controlGroups.remove(name) };
  }

  /** A template ends with its server; its folder can be left. */
  function findTemplate({ name, isLive }: ListedTemplate): Promise<Found | null> {
    const owner: ResourceOwner = { kind: isLive ? 'installation' : 'nobody' };
    return findStoreFolder({ path: join(locateTemplates(dataDir), name), owner });
  }

  function killProcesses(attemptId: string): Promise<void> {
    const { startFile } = locateAttemptFolder(dataDir, attemptId);
    return killAttempt({
      attemptId,
      startFile,
      bootstrapPid: null,
      startTime: null,
      forked: null,
      controlGroup: [],
    });
  }

  async function findEnvironment(name: string): Promise<Found | null> {
    if (!isSafeName(name)) return null;
    const context = join(locateEnvironments(dataDir), name);
    const location = { executor: EXECUTOR_NAME, path: locateEnvironment(context) };
    const owner: ResourceOwner = {
      kind: 'environment',
      path: location.path,
      key: readEnvironmentKey(name),
    };
    return describeFolder(context, owner, () => removeEnvironment(dataDir, location, faultPoints));
  }

  async function findCache(name: string): Promise<Found | null> {
    const path = join(locateCaches(dataDir), name);
    if (name.startsWith(asideMark)) {
      return describeFolder(path, { kind: 'nobody' }, () => rm(path, { recursive: true, force: true }));
    }
    if (!isSafeName(name)) return null;
    const owner: ResourceOwner = { kind: 'cache', organizationId: name };
    return describeFolder(path, owner, () => removeCache(dataDir, name));
  }

  return {
    async listResources({ withSizes }: { withSizes: boolean }): Promise<Resource[]> {
      const resources = (await find()).map(({ resource }) => resource);
      if (!withSizes) return resources;
      const measured: Resource[] = [];
      for (const resource of resources) {
        const isFolder = resource.kind === 'folder';
        measured.push(isFolder ? { ...resource, sizeBytes: await measureFolder(resource.id) } : resource);
      }
      return measured;
    },

    async removeResource({ kind, id }: Pick<Resource, 'kind' | 'id'>): Promise<void> {
      const found = (await find()).find(({ resource }) => resource.kind === kind && resource.id === id);
      try {
        await found?.remove();
      } catch (error) {
        if (error instanceof ExecutorError) throw error;
        throw new ExecutorError('backend', `${id} could not be removed: ${String(error)}`, { cause: error });
      }
    },
  };
}

function describeGroupOwner(owner: GroupOwner, liveTemplates: readonly string[]): ResourceOwner {
  if (owner.kind === 'attempt') return owner;
  if (owner.kind === 'build') return { kind: 'build', key: readEnvironmentKey(owner.build) };
  return liveTemplates.includes(owner.template) ? { kind: 'installation' } : { kind: 'nobody' };
}

/** The key of an environment, from which the name of its folder is derived. */
function readEnvironmentKey(context: string): string {
  return context.slice(0, Math.max(0, context.lastIndexOf('-')));
}

/** Null if the folder does not exist. */
async function describeFolder(
  path: string,
  owner: ResourceOwner,
  remove: () => Promise<void>,
): Promise<Found | null> {
  const found = await lstat(path).catch(() => null);
  if (found?.isDirectory() !== true) return null;
  return { resource: { kind: 'folder', id: path, owner, madeAt: found.mtime, sizeBytes: null }, remove };
}

interface LocalDataScope {
  path: string;
  workspaceId: string;
  profile: string;
}

async function listLocalData(dataDir: string): Promise<LocalDataScope[]> {
  const root = locateLocalData(dataDir);
  const paths: LocalDataScope[] = [];
  for (const workspaceId of await listNames(root)) {
    const folder = join(root, workspaceId);
    for (const profile of await listNames(folder)) {
      paths.push({ path: join(folder, profile), workspaceId, profile });
    }
  }
  return paths;
}

function findLocalData({ path, workspaceId, profile }: LocalDataScope): Promise<Found | null> {
  return describeFolder(path, { kind: 'local-data', workspaceId, profile }, async () => {
    throw new ExecutorError(
      'config',
      `${path} is the data of a workspace, which is never removed automatically.`,
    );
  });
}

function findSnapshot({ path, workspaceId, profile, isCurrent }: ListedSnapshot): Promise<Found | null> {
  if (isCurrent) return findLocalData({ path, workspaceId, profile });
  return describeFolder(path, { kind: 'nobody' }, () => rm(path, { recursive: true, force: true }));
}

/** The package store, and files that killed programs have left in it. */
async function listStoreFolders(dataDir: string): Promise<{ path: string; owner: ResourceOwner }[]> {
  const store = locatePackageStore(dataDir);
  const incoming = join(store, 'incoming');
  const names = await listNames(incoming);
  const used = await Promise.all(names.map(isIncomingUsed));
  return [
    { path: store, owner: { kind: 'installation' } },
    ...names
      .filter((_, index) => !used[index])
      .map((name) => ({ path: join(incoming, name), owner: { kind: 'nobody' as const } })),
  ];
}

/** Whether the program that made this folder still runs: it starts the name with its process id. */
async function isIncomingUsed(name: string): Promise<boolean> {
  const pid = Number.parseInt(name, 10);
  return pid > 0 && (await readProcessText(pid, 'cmdline')).includes('package_store');
}

function findStoreFolder({ path, owner }: { path: string; owner: ResourceOwner }): Promise<Found | null> {
  return describeFolder(path, owner, async () => {
    if (owner.kind === 'installation') throw new ExecutorError('config', `${path} is in use.`);
    await rm(path, { recursive: true, force: true });
  });
}

/** @throws Error if the folder exists but cannot be read, because it cannot be assumed empty */
async function listNames(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (isErrorCode(error, 'ENOENT') || isErrorCode(error, 'ENOTDIR')) return [];
    throw error;
  });
}
