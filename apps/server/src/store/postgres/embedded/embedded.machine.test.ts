import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { silentLog } from '@pumphouse/testing/fixtures/test-postgres.ts';
import { postgresUid } from '../../../platform/reserved-uids.ts';
import { startEmbeddedPostgres, stopAbandonedPostgres } from './embedded.ts';
import { listProcesses, readProcessStartTime, readProcessText } from '../../../platform/process-identity.ts';
import { endsSoon, findPostmaster } from './postmaster.ts';
import { createDatabase } from '../pool.ts';

let dataDir: string;
const started: ChildProcess[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pumphouse-embedded-'));
});

afterEach(async () => {
  for (const child of started.splice(0)) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
  await stopAbandonedPostgres(dataDir, silentLog);
  await rm(dataDir, { recursive: true, force: true });
});

const start = (folder = dataDir) => startEmbeddedPostgres({ dataDir: folder, log: silentLog });
const pidFile = () => join(dataDir, 'postgres/data/postmaster.pid');
const readPid = async () => Number((await readFile(pidFile(), 'utf8')).split('\n')[0]);
const isGone = (pid: number) =>
  vi.waitFor(() => expect(readProcessStartTime(pid)).toBeNull(), { timeout: 300_000 });
const listServerFiles = () => readdir(join(dataDir, 'servers'));

async function withDatabase<T>(
  connection: Parameters<typeof createDatabase>[0],
  use: (database: ReturnType<typeof createDatabase>) => Promise<T>,
): Promise<T> {
  const database = createDatabase(connection, { connectTimeoutSeconds: 20 });
  try {
    return await use(database);
  } finally {
    await database.close();
  }
}

/**
 * Starts another server process on the data folder and waits until its Postgres is ready; it stops on the
 * message 'stop'.
 */
async function spawnServer() {
  const module = new URL('./embedded.ts', import.meta.url).href;
  const script = `
    import { startEmbeddedPostgres } from ${JSON.stringify(module)};
    const log = { info() {}, warn() {}, error: console.error };
    const postgres = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, log });
    process.once('message', async () => { await postgres.stop(); process.exit(0); });
    process.send('ready');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  started.push(child);
  await Promise.race([once(child, 'message'), once(child, 'exit')]);
  return child;
}

describe('the embedded Postgres of a data folder', () => {
  test('is persistent, with checksums, only on a socket', async () => {
    const first = await start();
    await withDatabase(first.connection, async (database) => {
      await database.query('CREATE TABLE kept AS SELECT 1 AS n');
      const found = await database.one(
        `SELECT current_setting('data_checksums') AS checksums, current_setting('fsync') AS fsync, current_setting('listen_addresses') AS addresses,
           current_setting('server_encoding') AS encoding, (SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = current_database()) AS locale,
           (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS super`,
      );
      expect(found).toEqual({
        checksums: 'on',
        fsync: 'on',
        addresses: '',
        encoding: 'UTF8',
        locale: 'bC.UTF-8',
        super: false,
      });
    });
    const pid = await readPid();
    await first.stop();
    expect(readProcessStartTime(pid)).toBeNull();
    expect(await listServerFiles()).toEqual([]);

    const second = await start();
    await withDatabase(second.connection, async (database) => {
      expect(await database.query('SELECT n FROM kept')).toEqual([{ n: 1 }]);
    });
    await second.stop();
  });

  test('is accessible only to the owner of Postgres', async () => {
    const postgres = await start();
    const owner = process.getuid?.() === 0 ? postgresUid : process.getuid?.();
    const cluster = await stat(join(dataDir, 'postgres/data'));
    const postmaster = await stat(`/proc/${await readPid()}`);
    expect([cluster.uid, cluster.mode & 0o777, postmaster.uid]).toEqual([owner, 0o700, owner]);
    expect((await stat(join(dataDir, 'postgres'))).mode & 0o777).toBe(0o700);
    await postgres.stop();
  });

  test('may be deep below folders that are closed to others', async () => {
    await chmod(dataDir, 0o700);
    const deep = join(dataDir, 'x'.repeat(120), 'data');
    const postgres = await start(deep);
    await withDatabase(postgres.connection, async (database) => {
      expect(await database.one('SELECT 1 AS n')).toEqual({ n: 1 });
    });
    await postgres.stop();
  });

  test('of another major version is rejected, and nothing is left running or registered', async () => {
    await (await start()).stop();
    await writeFile(join(dataDir, 'postgres/data/PG_VERSION'), '17\n');
    await expect(start()).rejects.toThrow('was made by Postgres 17; this Pumphouse runs Postgres 18');
    expect(await listServerFiles()).toEqual([]);
  });

  test('reports the end of its log if it cannot start', async () => {
    await (await start()).stop();
    await writeFile(join(dataDir, 'postgres/data/postgresql.conf'), 'no_such_setting = 1\n');
    await expect(start()).rejects.toThrow(/ended while starting[^]*no_such_setting/);
  });

  test('keeps a bounded log', async () => {
    await (await start()).stop();
    const log = join(dataDir, 'postgres/postgres.log');
    await writeFile(log, 'x'.repeat(9 * 1024 * 1024));
    await (await start()).stop();
    expect((await stat(log)).size).toBeLessThan(10_000);
    expect((await stat(`${log}.old`)).size).toBe(1024 * 1024);
  });
});

describe('several servers', () => {
  test('that start concurrently share one Postgres, and the last one stops it', async () => {
    const servers = await Promise.all([spawnServer(), spawnServer(), start()]);
    const [first, second, own] = servers;
    const pid = await readPid();
    expect(await listServerFiles()).toHaveLength(3);
    first.send('stop');
    await once(first, 'exit');
    await own.stop();
    expect(await readProcessText(pid, 'cmdline')).toContain('postgres');
    second.send('stop');
    await once(second, 'exit');
    expect(readProcessStartTime(pid)).toBeNull();
  });

  test('ignore the registration of a killed one', async () => {
    const killed = await spawnServer();
    const own = await start();
    const pid = await readPid();
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    await own.stop();
    expect(readProcessStartTime(pid)).toBeNull();
    expect(await listServerFiles()).toEqual([]);
  });
});

describe('a killed process', () => {
  test('Postgres outlives its server, and the next server adopts it', async () => {
    const server = await spawnServer();
    const pid = await readPid();
    server.kill('SIGKILL');
    await once(server, 'exit');
    expect(await readProcessText(pid, 'cmdline')).toContain('postgres');
    const next = await start();
    expect(await readPid()).toBe(pid);
    await withDatabase(next.connection, async (database) => {
      expect(await database.one('SELECT 1 AS n')).toEqual({ n: 1 });
    });
    await next.stop();
    expect(readProcessStartTime(pid)).toBeNull();
  });

  test('a killed Postgres is restarted by its server, with all committed data', async () => {
    const postgres = await start();
    await withDatabase(postgres.connection, async (database) => {
      const heard: (string | undefined)[] = [];
      await database.listen('events', (payload) => heard.push(payload));
      await database.query('CREATE TABLE kept (n int)');
      const killed = await readPid();
      await database.query('INSERT INTO kept VALUES (1)');
      process.kill(killed, 'SIGKILL');
      await isGone(killed);
      await vi.waitFor(async () => expect(await readPid()).not.toBe(killed), { timeout: 300_000 });
      await vi.waitFor(async () => expect(await database.query('SELECT n FROM kept')).toEqual([{ n: 1 }]), {
        timeout: 300_000,
      });
      await vi.waitFor(() => expect(heard).toEqual([undefined]), { timeout: 300_000 });
    });
    await postgres.stop();
  });

  test('a Postgres killed with its server recovers at the next start', async () => {
    const server = await spawnServer();
    const killed = await readPid();
    server.kill('SIGKILL');
    process.kill(killed, 'SIGKILL');
    const next = await start();
    expect(await readPid()).not.toBe(killed);
    await withDatabase(next.connection, async (database) => {
      expect(await database.one('SELECT 1 AS n')).toEqual({ n: 1 });
    });
    await next.stop();
  });

  test('a Postgres that is stopping because its server was killed during the stop is started again', async () => {
    const server = await spawnServer();
    const stopping = await readPid();
    server.kill('SIGKILL');
    process.kill(stopping, 'SIGINT');
    const next = await start();
    expect(await readPid()).not.toBe(stopping);
    await withDatabase(next.connection, async (database) => {
      expect(await database.one('SELECT 1 AS n')).toEqual({ n: 1 });
    });
    await next.stop();
  });

  test('a Postgres whose stop takes long is waited for, and one that works is not', async () => {
    const server = await spawnServer();
    const folder = join(dataDir, 'postgres/data');
    const postmaster = await findPostmaster(folder);
    if (postmaster === undefined) throw new Error('There is no Postgres');
    expect(await endsSoon(folder, postmaster)).toBe(false);
    server.kill('SIGKILL');
    const children = (await listProcesses()).filter(({ parentPid }) => parentPid === postmaster.pid);
    for (const { pid } of children) process.kill(pid, 'SIGSTOP');
    process.kill(postmaster.pid, 'SIGINT');
    const ends = endsSoon(folder, postmaster);
    // Longer than it waits for a Postgres that is not known to be stopping.
    await delay(6000);
    for (const { pid } of children) process.kill(pid, 'SIGCONT');
    expect(await ends).toBe(true);
  });

  test('a pid file with a reused pid does not stop anything, and the other process is left alone', async () => {
    await (await start()).stop();
    const other = spawn('sleep', ['100']);
    started.push(other);
    await writeFile(pidFile(), `${other.pid}\n/proc/self/cwd\n1\n5432\n/proc/self/cwd\n\n  1 1\nready   \n`, {
      mode: 0o600,
    });
    const postgres = await start();
    expect(await readPid()).not.toBe(other.pid);
    await postgres.stop();
    expect(other.exitCode).toBeNull();
  });

  test('a copy of a data folder in use is not mistaken for the folder itself', async () => {
    const original = await start();
    const copy = await mkdtemp(join(tmpdir(), 'pumphouse-embedded-'));
    await cp(join(dataDir, 'postgres/data/PG_VERSION'), join(copy, 'PG_VERSION'));
    const pid = await readPid();
    await cp(join(dataDir, 'postgres/data/postmaster.pid'), join(copy, 'postmaster.pid'));
    expect(await findPostmaster(copy)).toBeUndefined();
    expect(await findPostmaster(join(dataDir, 'postgres/data'))).toMatchObject({ pid });
    await original.stop();
    await rm(copy, { recursive: true });
  });

  test('an interrupted first start is repeated', async () => {
    await (await start()).stop();
    await rm(join(dataDir, 'postgres/data/PG_VERSION'));
    await expect(start()).rejects.toThrow('not a database');
    const files = await readdir(join(dataDir, 'postgres/data'));
    expect(files).toContain('base');
    await cp(join(dataDir, 'postgres/data'), join(dataDir, 'postgres/data.unfinished-1'), {
      recursive: true,
    });
    await rm(join(dataDir, 'postgres/data'), { recursive: true });
    const postgres = await start();
    await withDatabase(postgres.connection, async (database) => {
      expect(await database.one('SELECT 1 AS n')).toEqual({ n: 1 });
    });
    await postgres.stop();
  });
});
