import { execFile } from 'node:child_process';
import { chown, lchown, mkdtemp, readFile, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { PostgresBinaries, RunAs } from './postgres-binaries.ts';
import { syncFolder } from '../../../blobs/durable-folder.ts';
import { isErrorCode } from '../../../platform/error-code.ts';

const run = promisify(execFile);

/**
 * The role that owns the cluster. Trust authentication is safe for all roles: only the folder's owner and
 * root can reach the socket.
 */
export const superuser = 'postgres';

/** Only determines the name of the socket. */
export const postgresPort = 5432;

/** The environment of Postgres and its tools, without the server's variables. */
export const postgresEnvironment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/**
 * The path that Postgres uses for its data folder: its own working directory. A process can access its
 * working directory even if parent folders are closed to it (a data folder in /root), and a socket in it has
 * a short path.
 */
export const ownFolder = '/proc/self/cwd';

const unfinishedMark = '.unfinished-';

/**
 * Creates the database cluster in `folder`, atomically, unless it exists. Rejects one of another major
 * version of Postgres, whose files are incompatible.
 */
export async function ensureCluster(
  folder: string,
  binaries: PostgresBinaries,
  runAs: RunAs,
  durable: boolean,
): Promise<void> {
  const major = await readClusterMajor(folder);
  if (major === binaries.major) return;
  if (major !== undefined) {
    throw new Error(
      `The database in ${folder} was made by Postgres ${major}; this Pumphouse runs Postgres ${binaries.major}. ` +
        'Move the data to it first: bin/pumphouse upgrade-database.',
    );
  }
  if (await finishUpgrade(folder)) return;
  await removeUnfinished(folder);
  const fresh = await mkdtemp(`${folder}${unfinishedMark}`);
  await initializeCluster(fresh, binaries, runAs, durable);
  // Empty by now; rename cannot replace a folder of another owner on every system.
  await rm(folder, { recursive: true, force: true });
  await rename(fresh, folder);
}

/** Where an upgrade prepares the cluster of the new version. */
export const upgradedCluster = (folder: string): string => `${folder}-upgraded`;

/**
 * Replaces the cluster by its upgraded copy, which is complete. A crash in between leaves no cluster: the next start finishes this.
 * @returns whether there was one
 */
export async function finishUpgrade(folder: string): Promise<boolean> {
  if ((await readClusterMajor(upgradedCluster(folder))) === undefined) return false;
  await rename(upgradedCluster(folder), folder);
  await syncFolder(dirname(folder));
  return true;
}

/**
 * Removes what killed servers left. A running initdb of theirs may still write there, and fails once its
 * files are gone.
 */
async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(dirname(folder))) {
    if (!name.startsWith(`${basename(folder)}${unfinishedMark}`)) continue;
    await rm(join(dirname(folder), name), { recursive: true, force: true, maxRetries: 5 });
  }
}

export async function readClusterMajor(folder: string): Promise<number | undefined> {
  const version = await readFile(join(folder, 'PG_VERSION'), 'utf8').catch((error: unknown) => {
    if (isErrorCode(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (version !== undefined) return Number.parseInt(version, 10);
  const files = await readdir(folder).catch(() => []);
  if (files.length > 0)
    throw new Error(`${folder} holds files but no PG_VERSION: not a database, left as it is`);
  return undefined;
}

async function initializeCluster(folder: string, binaries: PostgresBinaries, runAs: RunAs, durable: boolean) {
  const initializer = runAs === undefined ? undefined : await findNamedUser();
  if (initializer !== undefined) await chown(folder, initializer.uid, initializer.gid);
  const options = [
    `--pgdata=${ownFolder}`,
    `--username=${superuser}`,
    '--auth=trust',
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--data-checksums',
    '--no-instructions',
    ...(durable ? [] : ['--no-sync']),
  ];
  try {
    await run(binaries.initdb, options, { ...initializer, cwd: folder, env: postgresEnvironment });
  } catch (error) {
    throw new Error(`Postgres could not make a database in ${folder}: ${describeFailure(error)}`, {
      cause: error,
    });
  }
  if (runAs !== undefined) await giveTo(folder, runAs);
}

/**
 * Unlike the server, initdb requires a user in /etc/passwd, and the one of Postgres is not. So it runs as an
 * existing user, preferably nobody, in a folder closed to everyone else.
 */
async function findNamedUser(): Promise<{ uid: number; gid: number }> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const users = lines.map((fields) => ({ uid: Number(fields[2]), gid: Number(fields[3]) }));
  const named = users.filter(({ uid, gid }) => uid > 0 && gid >= 0);
  const user = named.find(({ uid }) => uid === 65_534) ?? named[0];
  if (user === undefined)
    throw new Error('/etc/passwd names no user but root, and Postgres cannot run as root');
  return user;
}

async function giveTo(folder: string, { uid, gid }: { uid: number; gid: number }): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    await lchown(join(entry.parentPath, entry.name), uid, gid);
  }
  await chown(folder, uid, gid);
}

function describeFailure(error: unknown): string {
  const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
  if (stderr.includes('could not look up effective user ID')) {
    return (
      `user id ${process.getuid?.()} has no line in /etc/passwd, which Postgres needs once to make a database. ` +
      'Add one, or set PUMPHOUSE_DATABASE_URL to a Postgres of your own.'
    );
  }
  return stderr === '' ? String(error) : stderr;
}
