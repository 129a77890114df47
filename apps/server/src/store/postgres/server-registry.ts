import { mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { identifyOwnProcess, readLiveness } from './embedded/live-process.ts';
import type { LiveProcess } from './embedded/live-process.ts';
import { writeWholeFile } from '../../platform/write-whole-file.ts';

/** This server's entry in the registry of servers on one data folder. */
export interface ServerRegistration {
  /**
   * Signals that this server is alive to servers that cannot observe its process. Call it every half second.
   */
  refresh(): Promise<void>;
  remove(): Promise<void>;
}

/** A server in the registry. */
export interface RegisteredServer {
  pid: number;
  /**
   * False for a server in another container or on another machine, which only its recently refreshed entry
   * shows to be alive.
   */
  visible: boolean;
}

let registrations = 0;

/**
 * Registers this server as `<folder>/<pid>-<start time>-<n>.json`; `n` distinguishes several in one process.
 */
export async function registerServer(folder: string): Promise<ServerRegistration> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const owner = identifyOwnProcess();
  registrations += 1;
  const path = join(folder, `${owner.pid}-${owner.startTime}-${registrations}.json`);
  await writeWholeFile(path, JSON.stringify(owner), 0o600);
  return {
    async refresh() {
      const now = new Date();
      await utimes(path, now, now);
    },
    remove: () => rm(path, { force: true }),
  };
}

/** Lists the live servers and removes the entries of dead ones. */
export async function listServers(folder: string): Promise<RegisteredServer[]> {
  const names = await readdir(folder).catch(() => []);
  const found = await Promise.all(
    names.filter((name) => name.endsWith('.json')).map((name) => readServer(join(folder, name))),
  );
  return found.filter((server) => server !== undefined);
}

/**
 * Waits until no server that is invisible from here uses the data folder; rejects if one still does after
 * `timeoutMs`. A server in another container may run a Postgres that we cannot see, and a second one on the
 * same files would destroy them. A killed server stops refreshing its entry, and counts for 10 s more, or for
 * 2 s if this machine was restarted since.
 */
export async function awaitHiddenServers(folder: string, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while ((await listServers(folder)).some(({ visible }) => !visible)) {
    if (Date.now() > deadline) {
      throw new Error(
        'A Pumphouse server in another container or on another machine uses this data folder. ' +
          'Several servers need PUMPHOUSE_DATABASE_URL, or to run in one place.',
      );
    }
    await delay(50);
  }
}

async function readServer(path: string): Promise<RegisteredServer | undefined> {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- this server writes the file whole
    const owner = JSON.parse(await readFile(path, 'utf8')) as LiveProcess;
    const liveness = readLiveness(owner, Date.now() - (await stat(path)).mtimeMs);
    if (liveness !== 'dead') return { pid: owner.pid, visible: liveness === 'alive' };
  } catch {
    // Removed meanwhile, or truncated by a crash: in either case the server is not alive.
  }
  await rm(path, { force: true });
  return undefined;
}
