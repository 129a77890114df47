/**
 * Snapshots of local data, and the copies that attempts get. Copying is done by the workspace's own user, in
 * a sandbox that sees only the source (read-only) and the target. This server touches only names it has
 * created itself.
 */
import { randomUUID } from 'node:crypto';
import { chown, lstat, mkdir, readdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { readCopyReport } from '../local-data-names.ts';
import { ExecutorError } from '../contract/executor-error.ts';
import type { CopiedData, LocalDataScope, SnapshotExtent } from '../contract/local-data-store.ts';
import { isErrorCode } from '../../platform/error-code.ts';
import { isSafeName } from '../safe-name.ts';
import { createPassageFolder } from './attempt-folder.ts';
import { buildEnterCommand } from './enter-user.ts';
import { readHostLayout } from './host-layout.ts';
import { bindInterpreter, decideRunUser, type Isolation } from './isolation.ts';
import { describeInterpreter } from './python-interpreter.ts';
import { runCommand } from './run-command.ts';
import { buildSandboxArguments } from './sandbox.ts';

export interface CopyOptions {
  dataDir: string;
  bootstrapDir: string;
  pythonPath: string;
  isolation: Isolation;
}

type Names = Pick<LocalDataScope, 'workspaceId' | 'profile'>;

/** A link to the current snapshot's folder next to it, so that replacing the snapshot is atomic. */
const currentLink = 'current';
const insideSource = '/source';
const insideTarget = '/target';
const insideBootstrap = '/pumphouse/bootstrap';

/** Contains a folder for each workspace, with a subfolder for each of its profiles. */
export function locateLocalData(dataDir: string): string {
  return join(dataDir, 'local-data');
}

/** The same for snapshots; a profile's folder contains the current snapshot and those in progress. */
function locateSnapshots(dataDir: string): string {
  return join(dataDir, 'snapshots');
}

function locateLocalDataFolder(dataDir: string, { workspaceId, profile }: Names): string {
  return join(locateSnapshots(dataDir), workspaceId, profile);
}

/** The folder of the current snapshot, or null if there is none. */
async function findSnapshot(dataDir: string, names: Names): Promise<string | null> {
  const context = locateLocalDataFolder(dataDir, names);
  const name = await readlink(join(context, currentLink)).catch(() => null);
  return name !== null && isSafeName(name) ? join(context, name) : null;
}

export async function takeSnapshot(
  options: CopyOptions,
  context: LocalDataScope,
  isWhole: (copied: CopiedData) => Promise<boolean>,
  { only }: SnapshotExtent = {},
): Promise<CopiedData | null> {
  const { dataDir } = options;
  const folder = locateLocalDataFolder(dataDir, context);
  await createPassageFolder(folder);
  const before = await findSnapshot(dataDir, context);
  await removeOthers(folder, before);
  const made = join(folder, `made-${randomUUID()}`);
  try {
    const user = decideRunUser(options.isolation, context.uid);
    await mkdir(made, { mode: 0o700 });
    if (user !== null) await chown(made, user.uid, user.gid);
    const source = join(locateLocalData(dataDir), context.workspaceId, context.profile);
    const copied = (await isFolder(source))
      ? await copyData(options, context.uid, { source, target: made, only })
      : { sizeBytes: 0, plainChangedSecondsAgo: null };
    if (copied === null || !(await isWhole(copied))) {
      await rm(made, { recursive: true, force: true });
      return null;
    }
    await putInPlace(folder, made);
    // If this fails, the next call removes them.
    await removeOthers(folder, made).catch(() => undefined);
    return copied;
  } catch (error) {
    if ((await findSnapshot(dataDir, context)) !== made) await rm(made, { recursive: true, force: true });
    throw error;
  }
}

async function putInPlace(folder: string, made: string): Promise<void> {
  const link = join(folder, `.link-${randomUUID()}`);
  await symlink(made.slice(folder.length + 1), link);
  await rename(link, join(folder, currentLink));
}

/** Removes everything of a profile except its current snapshot: older and incomplete ones. */
async function removeOthers(folder: string, snapshot: string | null): Promise<void> {
  for (const path of (await readdir(folder)).map((name) => join(folder, name))) {
    const isKept = path === snapshot || (snapshot !== null && path === join(folder, currentLink));
    if (!isKept) await rm(path, { recursive: true, force: true });
  }
}

/**
 * Makes a folder identical to the snapshot. If the snapshot is replaced and removed meanwhile, it retries
 * with the newer one.
 */
export async function copySnapshot(
  options: CopyOptions,
  context: Names & { uid: number },
  target: string,
): Promise<void> {
  for (;;) {
    const snapshot = await findSnapshot(options.dataDir, context);
    if (snapshot === null) return;
    const failure = await copyData(options, context.uid, { source: snapshot, target }).then(
      () => null,
      (error: unknown) => ({ error }),
    );
    if ((await findSnapshot(options.dataDir, context)) !== snapshot) continue;
    if (failure !== null) throw failure.error;
    return;
  }
}

interface Copying {
  source: string;
  target: string;
  only?: string | undefined;
}

/**
 * @returns null if runs kept it from completing the copy
 * @throws ExecutorError backend
 */
async function copyData(options: CopyOptions, uid: number, copying: Copying): Promise<CopiedData | null> {
  const { code, signal, stdout, stderr } = await runCommand(await planCopy(options, uid, copying), {
    variables: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' },
  });
  return readCopyReport(code, stdout, signal === null ? stderr : [...stderr, `It was ended by ${signal}.`]);
}

function planCopy(options: CopyOptions, uid: number, { source, target, only }: Copying): Promise<string[]> {
  return planDataProgram(options, uid, {
    file: 'copy_data.py',
    folders: [
      { source, target: insideSource, writable: false },
      { source: target, target: insideTarget, writable: true },
    ],
    buildArguments: (folders) => [...folders, ...(only === undefined ? [] : [only])],
  });
}

interface DataProgramPlan {
  /** A file of the bootstrap. */
  file: string;
  /** All that the program sees. */
  folders: readonly { source: string; target: string; writable: boolean }[];
  /** @param folders where the program finds them */
  buildArguments: (folders: readonly string[]) => readonly string[];
}

/** Plans the command of a program that opens local data. */
export async function planDataProgram(
  { isolation, bootstrapDir, pythonPath, dataDir }: CopyOptions,
  uid: number,
  { file, folders, buildArguments }: DataProgramPlan,
): Promise<string[]> {
  if (isolation.kind === 'none') {
    const sources = folders.map(({ source }) => source);
    return [pythonPath, '-I', '-S', join(bootstrapDir, file), ...buildArguments(sources)];
  }
  const interpreter = await describeInterpreter(pythonPath);
  const sandbox = buildSandboxArguments({
    ...isolation,
    host: readHostLayout(),
    network: 'none',
    binds: [
      ...bindInterpreter(interpreter, dataDir),
      { source: bootstrapDir, target: insideBootstrap, writable: false },
      ...folders,
    ],
  });
  const user = decideRunUser(isolation, uid);
  const enter = buildEnterCommand({ pythonPath: interpreter.executable, user, dieWithPid: null });
  const targets = folders.map(({ target }) => target);
  const program = [interpreter.executable, '-I', '-S', `${insideBootstrap}/${file}`];
  return [...sandbox, ...enter, ...program, ...buildArguments(targets)];
}

export async function isFolder(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => null))?.isDirectory() === true;
}

export interface ListedSnapshot extends Names {
  path: string;
  /** False if incomplete or replaced. */
  isCurrent: boolean;
}

/** Lists all snapshots, complete or not. */
export async function listSnapshots(dataDir: string): Promise<ListedSnapshot[]> {
  const root = locateSnapshots(dataDir);
  const listed: ListedSnapshot[] = [];
  for (const workspaceId of await listNames(root)) {
    for (const profile of await listNames(join(root, workspaceId))) {
      const current = await findSnapshot(dataDir, { workspaceId, profile });
      for (const name of await listNames(join(root, workspaceId, profile))) {
        const path = join(root, workspaceId, profile, name);
        listed.push({ path, workspaceId, profile, isCurrent: path === current });
      }
    }
  }
  return listed;
}

/** @throws Error if the folder exists but cannot be read, because it cannot be assumed empty */
export async function listNames(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (isErrorCode(error, 'ENOENT') || isErrorCode(error, 'ENOTDIR')) return [];
    throw error;
  });
  return names.filter((name) => isSafeName(name) && name !== currentLink);
}

/** @throws ExecutorError backend, if an attempt has no copy */
export async function requireCopy(folder: string): Promise<void> {
  if (!(await isFolder(folder))) throw new ExecutorError('backend', 'The attempt has no copy of local data.');
}
