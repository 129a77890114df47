import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import type { Database } from '@pumphouse/server/store/postgres/pool.ts';
import { batchRows } from '@pumphouse/server/store/postgres/upgrades/run-online-work.ts';
import { eventually } from '../fixtures/eventually.ts';
import { migrate } from '@pumphouse/server/store/postgres/upgrades/migrate.ts';
import { onlineApplicationName } from '@pumphouse/server/store/postgres/upgrades/online-migrations.ts';
import { startRowWriters, type RowWriters } from './row-writers.ts';

/** Rows from before the online migration: the last batch is smaller than the others. */
export const oldRows = 3.5 * batchRows;
const idOf = (row: number): string => `00000000-0000-4000-8000-${row.toString(16).padStart(12, '0')}`;
const heldRow = 1.5 * batchRows;
/** Locks a row in the middle of the second batch. Writers never change it. */
export const holdRow = `update loads set size = 0 where id = '${idOf(heldRow)}'`;
/** Locks the records of applied migrations, which can be read meanwhile. */
export const holdRecords = 'lock table schema_migrations in share row exclusive mode';
/** Locks a table as a writer does, for whose end a concurrent index waits. */
export const holdTable = 'lock table loads in row exclusive mode';

/** The online migration of a site. */
export type OnlineKind = 'backfill' | 'index';

const onlineFiles: Record<OnlineKind, string> = {
  // A row that is changed twice shows a batch that was repeated.
  backfill:
    '-- online batches of loads by id\nupdate loads set times = times + 1 where id between $1 and $2;\n',
  index: '-- online\ncreate index concurrently loads_size on loads (size);\n',
};

/** A process that migrates a database. */
interface UpgradeServer {
  /** Resolves when it has printed a word: `started`, or what it did for the online migration. */
  awaitWord(word: string): Promise<void>;
  kill(): Promise<void>;
  /** Resolves when no online migration is left. @throws Error if the process ended otherwise */
  finish(): Promise<void>;
}

interface RowDetails {
  old: number;
  added: number;
  /** All changes of old rows by writers. */
  size: number;
  /** How often the backfill has changed each old row. */
  times: number[];
}

/** A lock in an open transaction. */
interface HeldLock {
  /** Of its session in Postgres. */
  pid: number;
  release: () => Promise<void>;
}

export interface UpgradeSite {
  startServer(): UpgradeServer;
  startWriters(): RowWriters;
  /** Holds a lock until `release`: of a statement in an open transaction. */
  hold(statement: string): Promise<HeldLock>;
  /** Resolves when the online migration waits for this lock: it may wait for writers too, for a moment. */
  awaitWaiting(held: HeldLock): Promise<void>;
  /** Whether the index is valid; null if there is none. */
  isIndexValid(): Promise<boolean | null>;
  /** What an upgrade may not lose. */
  readRows(): Promise<RowDetails>;
  listApplied(): Promise<number[]>;
  remove(): Promise<void>;
}

/** Fills a database with rows, and adds an online migration that no server has applied. */
export async function createUpgradeSite(
  { url, database }: { url: string; database: Database },
  kind: OnlineKind,
): Promise<UpgradeSite> {
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-upgrade-'));
  await writeFile(
    join(folder, '0001_first.sql'),
    `-- compatible
create table loads (id uuid primary key, size int not null, times int not null default 0, is_old bool not null);
`,
  );
  await migrate(url, { folder });
  const rows = Array.from({ length: oldRows }, (_, index) => index + 1);
  await database.execute('insert into loads select unnest($1::uuid[]), 0, 0, true', [rows.map(idOf)]);
  const written = rows.filter((row) => row !== heldRow).map(idOf);
  await writeFile(join(folder, '0002_online.sql'), onlineFiles[kind]);
  const servers: UpgradeServer[] = [];

  return {
    startServer() {
      const server = startUpgradeServer(url, folder);
      servers.push(server);
      return server;
    },
    startWriters: () => startRowWriters(database, written),
    hold: (statement) => holdLock(url, statement),
    async awaitWaiting({ pid }) {
      await eventually('the online migration waits for the lock', () =>
        database.maybeOne(
          `select pid from pg_stat_activity
            where application_name = $1 and datname = current_database() and $2 = any(pg_blocking_pids(pid))`,
          [onlineApplicationName, pid],
        ),
      );
    },
    async isIndexValid() {
      const row = await database.maybeOne<{ isValid: boolean }>(
        `select indisvalid as "isValid" from pg_index where indexrelid = to_regclass('loads_size')`,
      );
      return row?.isValid ?? null;
    },
    readRows: () =>
      database.one<RowDetails>(
        `select count(*) filter (where is_old)::int as old, count(*) filter (where not is_old)::int as added,
                sum(size)::int as size, array_agg(distinct times) filter (where is_old) as times from loads`,
      ),
    async listApplied() {
      const applied = await database.query<{ number: number }>(
        'select number from schema_migrations order by number',
      );
      return applied.map(({ number }) => number);
    },
    async remove() {
      await Promise.all(servers.map((server) => server.kill()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function startUpgradeServer(url: string, folder: string): UpgradeServer {
  const program = fileURLToPath(new URL('upgrade-server.ts', import.meta.url));
  const child = spawn(process.execPath, [program, url, folder], { stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  let [words, errors] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (words += data.toString()));
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  return {
    async awaitWord(word) {
      await eventually(`the server prints ${word}`, () => {
        requireRunning(child, errors);
        return words.split('\n').includes(word);
      });
    },
    async kill() {
      child.kill('SIGKILL');
      await closed;
    },
    async finish() {
      await closed;
      if (child.exitCode !== 0) throw new Error(`The server ended with ${child.exitCode}: ${errors}`);
    },
  };
}

function requireRunning({ exitCode, signalCode }: ChildProcess, errors: string): void {
  if (exitCode === null && signalCode === null) return;
  throw new Error(`The server ended with ${exitCode ?? signalCode}: ${errors}`);
}

async function holdLock(url: string, statement: string): Promise<HeldLock> {
  const client = new Client({ connectionString: url });
  // The session may end with its Postgres.
  client.on('error', () => undefined);
  await client.connect();
  await client.query('begin');
  await client.query(statement);
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return { pid: rows[0]?.pid ?? 0, release: () => client.end() };
}
