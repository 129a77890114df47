import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { identifyOwnProcess, readLiveness } from './embedded/live-process.ts';
import type { LiveProcess } from './embedded/live-process.ts';

/** This server's line in the register of the servers on one data folder. */
export interface ServerRegistration {
  /** Says that this server lives, to servers that cannot see its process. To be called every half a second. */
  refresh(): Promise<void>;
  remove(): Promise<void>;
}

/** A server found in the register. */
export interface RegisteredServer {
  pid: number;
  /** False for one in another container or on another machine, known alive only because it refreshed its line lately. */
  visible: boolean;
}

let registrations = 0;

/** Registers this server as `<folder>/<pid>-<start time>-<n>.json`; `n` tells several in one process apart. */
export async function registerServer(folder: string): Promise<ServerRegistration> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const owner = identifyOwnProcess();
  registrations += 1;
  const path = join(folder, `${owner.pid}-${owner.startTime}-${registrations}.json`);
  await writeFile(`${path}.new`, JSON.stringify(owner), { mode: 0o600 });
  await rename(`${path}.new`, path);
  return {
    async refresh() {
      const now = new Date();
      await utimes(path, now, now);
    },
    remove: () => rm(path, { force: true }),
  };
}

/** The servers that live; the lines of those that died are removed. */
export async function listServers(folder: string): Promise<RegisteredServer[]> {
  const names = await readdir(folder).catch(() => []);
  const found = await Promise.all(
    names.filter((name) => name.endsWith('.json')).map((name) => readServer(join(folder, name))),
  );
  return found.filter((server) => server !== undefined);
}

/**
 * Waits until no server that cannot be seen from here uses the data folder, and rejects when one still does after
 * `timeoutMs`: a server in another container may run a Postgres that we cannot see, and a second one on the same files would
 * destroy them. A server that was killed stops refreshing its line, and counts for 10 s more, or for 2 s when this machine
 * restarted since.
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
    const owner = JSON.parse(await readFile(path, 'utf8')) as LiveProcess;
    const liveness = readLiveness(owner, Date.now() - (await stat(path)).mtimeMs);
    if (liveness !== 'dead') return { pid: owner.pid, visible: liveness === 'alive' };
  } catch {
    // Removed meanwhile, or cut short by a crash: nobody lives behind it either way.
  }
  await rm(path, { force: true });
  return undefined;
}
