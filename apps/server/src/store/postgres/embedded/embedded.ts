import { access, constants, mkdir, open, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { postgresUid } from '../../../platform/reserved-uids.ts';
import { ensureCluster, postgresPort as port, superuser } from './cluster.ts';
import { withFolderLock } from './folder-lock.ts';
import { preparePostgresBinaries } from './postgres-binaries.ts';
import type { RunAs } from './postgres-binaries.ts';
import { boundLog } from './postgres-log.ts';
import { adoptPostmaster, endsSoon, findPostmaster, startPostmaster, stopPostmaster } from './postmaster.ts';
import type { Postmaster, PostmasterSetup } from './postmaster.ts';
import { awaitHiddenServers, listServers, registerServer } from '../server-registry.ts';
import { isErrorCode } from '../../../platform/error-code.ts';
import { isLocalProcessAlive } from '../../../platform/process-identity.ts';
import { watchPostmaster } from './postmaster-watch.ts';
import type { EmbeddedLog } from './postmaster-watch.ts';

export type { EmbeddedLog } from './postmaster-watch.ts';

export interface EmbeddedPostgresOptions {
  /** The server's data folder, created if missing; uses `postgres/` and `servers/` in it. */
  dataDir: string;
  log: EmbeddedLog;
  /** False for temporary data, as in tests, which a crash of the machine may damage. */
  durable?: boolean;
  /** Replaces settings of Postgres, for measurements. They are not stored. */
  settings?: Readonly<Record<string, string>>;
}

export interface EmbeddedPostgres {
  /** `host` is the folder of the Unix socket; valid within this process. */
  connection: { host: string; port: number; user: string; database: string };
  /**
   * Leaves Postgres, and stops it unless another server on the data folder is alive. Call it after the pool
   * is closed.
   */
  stop(): Promise<void>;
}

export interface EmbeddedPaths {
  root: string;
  cluster: string;
  lock: string;
  log: string;
  binaries: string;
  servers: string;
}

/** Of the server, and the name of its database. */
export const role = 'pumphouse';
const databaseLockKey = 1;
export const lockTimeoutSeconds = 180;
const hiddenServerTimeoutMs = 15_000;
// A socket path has at most 107 bytes.
const maxSocketFolderLength = 107 - `/.s.PGSQL.${port}`.length;

/** Settings for a server that is mostly idle: some 20 MB of memory. */
export const settings = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  port: String(port),
  shared_buffers: '32MB',
  max_connections: '60',
  max_worker_processes: '2',
  max_logical_replication_workers: '0',
  autovacuum_max_workers: '1',
  autovacuum_worker_slots: '1',
  io_method: 'sync',
  jit: 'off',
  // For a disk, Postgres would read small tables whole for each row that it joins: a page of runs took 2 ms more.
  random_page_cost: '1.1',
  huge_pages: 'off',
  max_wal_size: '256MB',
  min_wal_size: '32MB',
  fsync: 'on',
  log_checkpoints: 'off',
  log_timezone: 'UTC',
  timezone: 'UTC',
};

const throwAwaySettings = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' };

/**
 * Returns the Postgres of a data folder: created at the first start, started if none runs, otherwise the
 * running one, which may belong to another server or be left by a killed one. While this server runs, a
 * Postgres that dies is restarted.
 *
 * Postgres does not run as root, so for root it gets its own user id (`postgresUid`). It listens only on a
 * Unix socket in its data folder, which is accessible only to its owner (and root): that, and no password, is
 * its access control. Rejects with the end of Postgres' log if it does not start, and if the data is of
 * another major version.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { log, durable = true } = options;
  const paths = await layOut(options.dataDir);
  const registration = await registerServer(paths.servers);
  const lock = <T>(fn: () => Promise<T>) => withFolderLock(paths.lock, lockTimeoutSeconds, fn);
  try {
    await awaitHiddenServers(paths.servers, hiddenServerTimeoutMs);
    const started = await lock(async () => {
      const setup = await setUp(paths, { durable, more: options.settings });
      return { setup, postmaster: await bringUp(setup, log) };
    });
    const socket = await openSocketFolder(paths.cluster);
    const watch = watchPostmaster({
      postmaster: started.postmaster,
      restart: () => lock(() => adoptOrStart(started.setup, log)),
      onTick: async () => {
        await registration.refresh();
        await boundLog(paths.log);
      },
      log,
    });
    const stop = async () => {
      await watch.stop();
      await socket[Symbol.asyncDispose]();
      await lock(async () => {
        await registration.remove();
        await stopUnlessUsed(paths, log);
      });
    };
    let stopping: Promise<void> | undefined;
    return {
      connection: { host: socket.path, port, user: role, database: role },
      stop: () => (stopping ??= stop()),
    };
  } catch (error) {
    await registration.remove();
    await lock(() => stopUnlessUsed(paths, log)).catch((failure: unknown) => log.warn({ err: failure }));
    throw error;
  }
}

/** Stops the Postgres that servers of a data folder left running, unless one of them is alive. */
export async function stopAbandonedPostgres(dataDir: string, log: EmbeddedLog): Promise<void> {
  const paths = await layOut(dataDir);
  await withFolderLock(paths.lock, lockTimeoutSeconds, () => stopUnlessUsed(paths, log));
}

/**
 * Finds the Postgres that runs on a data folder, without starting it or creating anything. The connection is
 * valid until `close`. Null if none runs.
 * @throws Error if this user may not see its folder
 */
export async function findEmbeddedPostgres(
  dataDir: string,
): Promise<{ connection: EmbeddedPostgres['connection']; close(): Promise<void> } | null> {
  const cluster = join(await realpath(dataDir).catch(() => dataDir), 'postgres', 'data');
  try {
    await access(dirname(cluster), constants.R_OK | constants.X_OK);
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return null;
    throw error;
  }
  if ((await findPostmaster(cluster).catch(() => undefined)) === undefined) return null;
  const socket = await openSocketFolder(cluster);
  return {
    connection: { host: socket.path, port, user: role, database: role },
    close: () => Promise.resolve(socket[Symbol.asyncDispose]()),
  };
}

/** Returns the paths below a data folder, which is created if it is missing. */
export async function layOut(dataDir: string): Promise<EmbeddedPaths> {
  await mkdir(join(dataDir, 'postgres'), { recursive: true, mode: 0o700 });
  const root = join(await realpath(dataDir), 'postgres');
  return {
    root,
    cluster: join(root, 'data'),
    lock: join(root, 'lock'),
    log: join(root, 'postgres.log'),
    binaries: join(root, 'binaries'),
    servers: join(dataDir, 'servers'),
  };
}

async function setUp(
  paths: EmbeddedPaths,
  { durable, more = {} }: { durable: boolean; more?: Readonly<Record<string, string>> | undefined },
): Promise<PostmasterSetup> {
  const runAs = choosePostgresUser();
  const binaries = await preparePostgresBinaries(paths.binaries, runAs);
  await ensureCluster(paths.cluster, binaries, runAs, durable);
  return {
    folder: paths.cluster,
    logPath: paths.log,
    binaries,
    runAs,
    settings: { ...settings, ...(!durable && throwAwaySettings), ...more },
  };
}

/** Postgres does not run as root. */
export function choosePostgresUser(): RunAs {
  return process.getuid?.() === 0 ? { uid: postgresUid, gid: postgresUid } : undefined;
}

/** Returns a Postgres that contains our database. */
async function bringUp(setup: PostmasterSetup, log: EmbeddedLog): Promise<Postmaster> {
  for (let tries = 1; ; tries += 1) {
    const postmaster = await adoptOrStart(setup, log);
    try {
      await using socket = await openSocketFolder(setup.folder);
      await ensureDatabase(socket.path);
      return postmaster;
    } catch (error) {
      // A server that was killed while stopping Postgres leaves one that looks ready for a moment.
      if (tries >= 3 || !(await endsSoon(setup.folder, postmaster))) throw error;
    }
  }
}

async function adoptOrStart(setup: PostmasterSetup, log: EmbeddedLog): Promise<Postmaster> {
  const running = await adoptPostmaster(setup.folder);
  if (running !== undefined) {
    log.info({ pid: running.pid }, 'Embedded Postgres runs already');
    return running;
  }
  await boundLog(setup.logPath);
  const startedAt = performance.now();
  const postmaster = await startPostmaster(setup);
  log.info(
    { pid: postmaster.pid, milliseconds: Math.round(performance.now() - startedAt) },
    'Embedded Postgres started',
  );
  return postmaster;
}

async function stopUnlessUsed(paths: EmbeddedPaths, log: EmbeddedLog): Promise<void> {
  const others = await listServers(paths.servers);
  if (others.length > 0) {
    log.info({ servers: others.map(({ pid }) => pid) }, 'Embedded Postgres stays for the other servers');
    return;
  }
  const postmaster = await findPostmaster(paths.cluster).catch(() => undefined);
  if (postmaster === undefined || !isLocalProcessAlive(postmaster)) return;
  await stopPostmaster(postmaster);
  log.info({ pid: postmaster.pid }, 'Embedded Postgres stopped');
}

/** Opens the folder of the socket under a path that is short enough, however deep the data folder is. */
export async function openSocketFolder(cluster: string): Promise<AsyncDisposable & { path: string }> {
  if (Buffer.byteLength(cluster) <= maxSocketFolderLength) {
    return { path: cluster, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const folder = await open(cluster, 'r');
  return { path: `/proc/${process.pid}/fd/${folder.fd}`, [Symbol.asyncDispose]: () => folder.close() };
}

/** Creates the role and the database of the server; not a superuser, as on an external Postgres. */
export async function ensureDatabase(host: string): Promise<void> {
  const client = new Client({ host, port, user: superuser, database: 'postgres' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    // The session of a killed server may still be doing this; a CREATE DATABASE runs to its end.
    await client.query('SELECT pg_advisory_lock($1)', [databaseLockKey]);
    const roles = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
    if (roles.rowCount === 0) await client.query(`CREATE ROLE ${role} LOGIN CREATEDB`);
    const databases = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [role]);
    if (databases.rowCount === 0) await client.query(`CREATE DATABASE ${role} OWNER ${role}`);
  } finally {
    await client.end();
  }
}
