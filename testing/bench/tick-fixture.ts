import type { Database } from '@pumphouse/server/store/postgres/pool.ts';
import type { FakePrinting } from './fake-printing.ts';
import type { HistorySize } from './seed-history.ts';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createDatabase } from '@pumphouse/server/store/postgres/pool.ts';
import { findPostmaster } from '@pumphouse/server/store/postgres/embedded/postmaster.ts';
import { startEmbeddedPostgres } from '@pumphouse/server/store/postgres/embedded/embedded.ts';
import { silentLog } from '../fixtures/test-postgres.ts';
import { startTestServer } from '../fixtures/server.ts';
import { fillHistory } from './seed-history.ts';
import { printingVariables } from './fake-printing.ts';
import { readProcessUse } from './process-memory.ts';

const supervisorProgram = fileURLToPath(new URL('fake-supervisor.ts', import.meta.url));
/** Each server uses its own Postgres role, so that its statements can be counted separately. */
const roles = { scheduler: 'bench_scheduler', supervisor: 'bench_supervisor' };

interface ServerUse {
  cpuSeconds: number;
  statements: number;
}

export interface TickUse {
  scheduler: ServerUse;
  /** All of them together. */
  supervisor: ServerUse;
  postgresCpuSeconds: number;
  /** Written to the write-ahead log so far. */
  walBytes: number;
}

/** A Postgres, a server that decides ticks and serves the API, and supervisors whose runs do nothing. */
export type TickFixture = Awaited<ReturnType<typeof createTickFixture>>;

interface TickFixtureOptions {
  /** Runs that ended before, if any. */
  history?: HistorySize;
  supervisors?: number;
  /** Of each supervisor. */
  maxActiveRuns?: number;
  /** Settings of Postgres that differ from those of the embedded one, which suits a mostly idle server. */
  postgres?: Readonly<Record<string, string>>;
  /** Of the servers, such as the location of blobs. */
  variables?: Readonly<Record<string, string>>;
  printing?: FakePrinting;
}

export async function createTickFixture(options: TickFixtureOptions = {}) {
  const { history, supervisors: supervisorCount = 1, maxActiveRuns = 50, postgres: settings = {} } = options;
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-bench-ticks-'));
  const postgres = await startCountingPostgres(folder, settings);
  const { connection } = postgres;
  const database = createDatabase({ ...connection, user: 'postgres' }, { statementTimeoutSeconds: 3600 });
  if (history) await fillHistory({ connection, database, folder }, history);
  for (const role of Object.values(roles)) await database.execute(`create role ${role} superuser login`);
  const shared = {
    PUMPHOUSE_BLOBS_URL: `file://${join(folder, 'blobs')}`,
    PUMPHOUSE_SECRET_KEY: 'the same for each server of this benchmark',
    PUMPHOUSE_ALLOW_UNISOLATED: '1',
    PUMPHOUSE_LOG_LEVEL: 'warn',
    ...options.variables,
  };
  const urlFor = (role: string) =>
    `postgresql://${role}@localhost/${connection.database}?host=${encodeURIComponent(connection.host)}&port=${connection.port}`;
  const scheduler = await startTestServer({
    ...shared,
    PUMPHOUSE_ROLES: 'scheduler',
    PUMPHOUSE_DATABASE_URL: urlFor(roles.scheduler),
  });
  const supervisors: ChildProcess[] = [];
  for (let number = 0; number < supervisorCount; number += 1)
    supervisors.push(
      await startSupervisor({
        ...shared,
        ...(options.printing && printingVariables(options.printing)),
        PUMPHOUSE_DATA_DIR: join(folder, `supervisor-${number}`),
        PUMPHOUSE_DATABASE_URL: urlFor(roles.supervisor),
        PUMPHOUSE_MAX_ACTIVE_RUNS: String(maxActiveRuns),
      }),
    );

  return {
    server: scheduler,
    database,
    /** Sends a message to all supervisors. */
    tellSupervisors(message: string): void {
      for (const supervisor of supervisors) supervisor.send(message);
    },
    /** Memory of the server that serves the API, shared parts divided among their users. */
    readServerMb: () => readProcessUse(scheduler.process.pid ?? 0, { descendants: false }).proportionalMb,

    async readUse(): Promise<TickUse> {
      const postmaster = await findPostmaster(join(folder, 'postgres', 'data'));
      if (!postmaster) throw new Error('Postgres does not run');
      const statements = await countStatements(database);
      const readCpuSeconds = (pid: number | undefined, descendants = false) =>
        readProcessUse(pid ?? 0, { descendants }).cpuSeconds;
      const { bytes } = await database.one<{ bytes: number }>(
        `select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as bytes`,
      );
      return {
        scheduler: {
          cpuSeconds: readCpuSeconds(scheduler.process.pid),
          statements: statements.get(roles.scheduler) ?? 0,
        },
        supervisor: {
          cpuSeconds: supervisors.reduce((sum, { pid }) => sum + readCpuSeconds(pid), 0),
          statements: statements.get(roles.supervisor) ?? 0,
        },
        postgresCpuSeconds: readCpuSeconds(postmaster.pid, true),
        walBytes: bytes,
      };
    },

    async remove(): Promise<void> {
      await Promise.all(supervisors.map(end));
      await scheduler.remove();
      await database.close();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** An embedded Postgres like a server's, which also counts statements. */
async function startCountingPostgres(dataDir: string, settings: Readonly<Record<string, string>>) {
  const first = await startEmbeddedPostgres({ dataDir, log: silentLog });
  const database = createDatabase({ ...first.connection, user: 'postgres' });
  await database.execute('create extension pg_stat_statements');
  await database.execute(`alter system set shared_preload_libraries = 'pg_stat_statements'`);
  await database.close();
  await first.stop();
  return startEmbeddedPostgres({ dataDir, log: silentLog, settings });
}

async function countStatements(database: Database): Promise<Map<string, number>> {
  const rows = await database.query<{ role: string; calls: number }>(
    `select pg_get_userbyid(userid)::text as role, sum(calls)::int as calls from pg_stat_statements group by userid`,
  );
  return new Map(rows.map(({ role, calls }) => [role, calls]));
}

async function startSupervisor(variables: Record<string, string>): Promise<ChildProcess> {
  const child = spawn(process.execPath, [supervisorProgram], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...variables },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}
