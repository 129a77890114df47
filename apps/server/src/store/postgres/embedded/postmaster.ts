import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ownFolder, postgresEnvironment, postgresPort } from './cluster.ts';
import type { PostgresBinaries, RunAs } from './postgres-binaries.ts';
import { logSize, readLogSince } from './postgres-log.ts';
import {
  isLocalProcessAlive,
  listProcesses,
  readProcessStartTime,
  readProcessText,
  type LocalProcess,
} from '../../../platform/process-identity.ts';

/** A running Postgres. */
export type Postmaster = LocalProcess;

export interface PostmasterSetup {
  /** The database cluster. */
  folder: string;
  logPath: string;
  binaries: PostgresBinaries;
  runAs: RunAs;
  /** Settings passed on the command line. */
  settings: Readonly<Record<string, string>>;
}

const pollMs = 5;
const orphanTimeoutMs = 15_000;
const readyTimeoutMs = 120_000;
/** How long a fast shutdown may take, with its checkpoint on a busy disk. */
const shutdownSeconds = 45;

/** Finds the Postgres that runs on the cluster, whichever server started it; undefined if none runs. */
export async function findPostmaster(folder: string): Promise<Postmaster | undefined> {
  const pid = (await readPidFile(folder)).pid;
  if (pid === undefined || !(await runsOn(pid, folder))) return undefined;
  const startTime = readProcessStartTime(pid);
  return startTime === null ? undefined : { pid, startTime };
}

/**
 * Starts Postgres in its own session, which a kill of this process does not affect, and waits until it
 * accepts connections, after any recovery. Rejects with the end of its log if it exits instead.
 */
export async function startPostmaster(setup: PostmasterSetup): Promise<Postmaster> {
  const emerged = await clearRemains(setup.folder);
  if (emerged !== undefined) return emerged;
  const logStart = await logSize(setup.logPath);
  const earlier = await readPidFile(setup.folder);
  const postmaster = await spawnPostmaster(setup);
  try {
    await awaitReady(setup.folder, postmaster, earlier);
  } catch (error) {
    const log = await readLogSince(setup.logPath, logStart);
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${log}`.trim(), {
      cause: error,
    });
  }
  return postmaster;
}

/**
 * Returns the Postgres that runs on the cluster once it accepts connections; undefined if none runs, or it
 * was stopping.
 */
export async function adoptPostmaster(folder: string): Promise<Postmaster | undefined> {
  const postmaster = await findPostmaster(folder);
  if (postmaster === undefined) return undefined;
  try {
    await awaitReady(folder, postmaster);
    return postmaster;
  } catch (error) {
    if (isLocalProcessAlive(postmaster)) throw error;
    return undefined;
  }
}

/**
 * @param earlier lock file of an earlier Postgres. In a restarted container the new one often has the same pid as
 * the old one, and the file of the old, killed one still contains `ready`. One of the same second has another pid.
 */
async function awaitReady(folder: string, postmaster: Postmaster, earlier?: PidFile): Promise<void> {
  const deadline = Date.now() + readyTimeoutMs;
  while (Date.now() < deadline) {
    const { pid, status, startedAt } = await readPidFile(folder);
    const isOwn = pid === postmaster.pid && !(pid === earlier?.pid && startedAt === earlier.startedAt);
    if (isOwn && status === 'ready') return;
    if (!isLocalProcessAlive(postmaster)) throw new Error('Postgres ended while starting');
    await delay(pollMs);
  }
  throw new Error(
    `Postgres (pid ${postmaster.pid}) does not take connections after ${readyTimeoutMs / 1000} s`,
  );
}

/**
 * Stops Postgres: transactions are rolled back, committed data is flushed. Rejects if it is still running
 * after 60 s.
 */
export async function stopPostmaster(postmaster: Postmaster): Promise<void> {
  // Fast shutdown, then immediate; after an immediate one, the next start recovers.
  for (const [signal, seconds] of [
    ['SIGINT', shutdownSeconds],
    ['SIGQUIT', 15],
  ] as const) {
    if (!isLocalProcessAlive(postmaster)) return;
    process.kill(postmaster.pid, signal);
    if (await hasEnded(postmaster, seconds)) return;
  }
  throw new Error(`Postgres (pid ${postmaster.pid}) does not stop`);
}

/** Reports whether a Postgres that cannot be used ends: at once, or because it was stopping. */
export async function endsSoon(folder: string, postmaster: Postmaster): Promise<boolean> {
  if (await hasEnded(postmaster, 5)) return true;
  const { status } = await readPidFile(folder);
  return status === 'stopping' && hasEnded(postmaster, shutdownSeconds);
}

/** Reports whether Postgres has ended, or ends within that time. */
async function hasEnded(postmaster: Postmaster, seconds: number): Promise<boolean> {
  const deadline = Date.now() + seconds * 1000;
  while (Date.now() < deadline) {
    if (!isLocalProcessAlive(postmaster)) return true;
    await delay(pollMs);
  }
  return false;
}

async function spawnPostmaster({ folder, logPath, binaries, runAs, settings }: PostmasterSetup) {
  const log = await open(logPath, 'a', 0o600);
  try {
    const all = { ...settings, cluster_name: clusterMark(folder), unix_socket_directories: ownFolder };
    const options = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const child = spawn(binaries.postgres, ['-D', ownFolder, ...options], {
      ...runAs,
      cwd: folder,
      env: postgresEnvironment,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    const pid = child.pid ?? 0;
    // A process that has already ended has no start time; waiting for readiness then reports it.
    return { pid, startTime: readProcessStartTime(pid) ?? 0 };
  } finally {
    await log.close();
  }
}

/**
 * Clears the remains of a killed Postgres. Its backends keep the shared memory until each has noticed that it
 * is gone. Postgres itself removes a lock file whose process is gone, but not one whose pid now belongs to
 * another process of its user, or to a zombie, which remains forever in a container without an init.
 *
 * Returns a Postgres that appears meanwhile: that of a server that was killed while starting it.
 */
async function clearRemains(folder: string): Promise<Postmaster | undefined> {
  const deadline = Date.now() + orphanTimeoutMs;
  for (;;) {
    const orphan = await findProcessOn(folder);
    if (orphan === undefined) break;
    const postmaster = await adoptPostmaster(folder);
    if (postmaster !== undefined) return postmaster;
    if (Date.now() > deadline) {
      throw new Error(`Process ${orphan} of a Postgres that was killed still works on ${folder}`);
    }
    await delay(pollMs);
  }
  for (const name of ['postmaster.pid', `.s.PGSQL.${postgresPort}.lock`]) {
    const { pid } = await readPidFile(folder, name);
    if (pid !== undefined && existsSync(`/proc/${pid}`)) await rm(join(folder, name), { force: true });
  }
  return undefined;
}

/**
 * Creates the mark that distinguishes the processes of this cluster: it is in the command line of the
 * postmaster and in the titles of its backends, which any user may read. It stays with a renamed folder, and
 * a copy of a folder gets another one.
 */
function clusterMark(folder: string): string {
  const { dev, ino } = statSync(folder, { bigint: true });
  return `pumphouse-${dev.toString(16)}-${ino.toString(16)}`;
}

async function runsOn(pid: number, folder: string): Promise<boolean> {
  const commandLine = await readProcessText(pid, 'cmdline');
  const mark = clusterMark(folder);
  return commandLine.includes(`cluster_name=${mark}\0`) || commandLine.startsWith(`postgres: ${mark}: `);
}

async function findProcessOn(folder: string): Promise<number | undefined> {
  for (const { pid } of await listProcesses()) if (await runsOn(pid, folder)) return pid;
  return undefined;
}

/** Empty if there is none. */
interface PidFile {
  pid?: number;
  /** In whole seconds. */
  startedAt?: string;
  status?: string;
}

async function readPidFile(folder: string, name = 'postmaster.pid'): Promise<PidFile> {
  const text = await readFile(join(folder, name), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number.parseInt(lines[0] ?? '', 10);
  // The last of the eight lines changes with the state.
  if (Number.isNaN(pid)) return {};
  return { pid: Math.abs(pid), startedAt: (lines[2] ?? '').trim(), status: (lines[7] ?? '').trim() };
}
