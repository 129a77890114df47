import type { Row } from './report.ts';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabase } from '@pumphouse/server/store/postgres/pool.ts';
import { createMigrationSteps, listMigrationFiles, numberOf } from './migration-steps.ts';
import { runStatement, silentLog } from '../fixtures/test-postgres.ts';
import { seedRows } from './seed-history.ts';
import { startEmbeddedPostgres } from '@pumphouse/server/store/postgres/embedded/embedded.ts';
import { startUpgradeWriters } from './upgrade-writers.ts';
import { summarize } from './samples.ts';

export interface UpgradeOptions {
  runs: number;
  /** Numbers of migrations: each is the last one of a database that is then upgraded. */
  from: readonly number[];
}

const maxWriteMs = 1000;
/** Writes before an upgrade, to compare with. */
const quietMs = 5000;

/**
 * Upgrades a database with a long history from each of these schemas to the newest while runs are written. For each migration:
 * its duration and the longest write meanwhile.
 */
export async function measureUpgrade({ runs, from }: UpgradeOptions): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-bench-upgrade-'));
  const embedded = await startEmbeddedPostgres({ dataDir: folder, log: silentLog });
  try {
    const base = await seedBase(embedded.connection, folder, runs);
    const rows: Row[] = [seconds(`rows written at 0001, ${runs.toLocaleString('en')} runs`, base.seededMs)];
    for (const number of from.toSorted((left, right) => left - right)) {
      await base.migrateTo(number);
      rows.push(...(await base.measureCopy(number)));
    }
    return rows;
  } finally {
    await embedded.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

type EmbeddedConnection = Awaited<ReturnType<typeof startEmbeddedPostgres>>['connection'];

/** A database that is migrated on from schema to schema, and copied for each upgrade. */
async function seedBase(connection: EmbeddedConnection, folder: string, runs: number) {
  const names = await listMigrationFiles();
  const files = join(folder, 'migrations');
  const steps = createMigrationSteps(connection, files);
  let current = 1;
  await steps.apply(names[0] ?? '');
  const startedAt = performance.now();
  const workspaceId = await withDatabase(connection, (database) =>
    seedRows(database, { runs, pipelineRuns: runs }),
  );
  const seededMs = performance.now() - startedAt;

  return {
    seededMs,
    async migrateTo(number: number): Promise<void> {
      for (const name of names)
        if (numberOf(name) > current && numberOf(name) <= number) await steps.apply(name);
      current = Math.max(current, number);
      await withDatabase(connection, (database) => database.execute('vacuum (analyze)'));
    },
    async measureCopy(number: number): Promise<Row[]> {
      const name = `upgrade_${number}`;
      const adminUrl = urlOf({ ...connection, database: 'postgres' });
      await runStatement(
        adminUrl,
        `create database ${name} template ${connection.database} strategy file_copy`,
      );
      const ownFiles = join(folder, name);
      await cp(files, ownFiles, { recursive: true });
      const copy = { connection: { ...connection, database: name }, folder: ownFiles };
      const later = names.filter((file) => numberOf(file) > number);
      const rows = await upgradeUnderWrites(copy, later, workspaceId);
      await runStatement(adminUrl, `drop database ${name} with (force)`);
      return rows.map((row) => ({ ...row, name: `from ${pad(number)}: ${row.name}` }));
    },
  };
}

async function upgradeUnderWrites(
  { connection, folder }: { connection: EmbeddedConnection; folder: string },
  names: readonly string[],
  workspaceId: string,
): Promise<Row[]> {
  const writers = await startUpgradeWriters(connection, workspaceId);
  const steps = createMigrationSteps(connection, folder);
  const quietFromMs = performance.now();
  await writers.settle(quietMs);
  const times: { name: string; fromMs: number; toMs: number }[] = [];
  for (const name of names) {
    const fromMs = performance.now();
    await steps.apply(name);
    times.push({ name, fromMs, toMs: performance.now() });
    // Writes that began meanwhile end, and count for this migration only.
    await writers.settle();
  }
  await writers.stop();
  const [first, last] = [times[0]?.fromMs ?? quietFromMs, times.at(-1)?.toMs ?? quietFromMs];
  const waited = ({ name, fromMs, toMs }: (typeof times)[number]): Row => {
    const failures = writers.listFailures(fromMs, toMs);
    return {
      ...longest(`${name} in ${((toMs - fromMs) / 1000).toFixed(2)} s`, writers.findLongest(fromMs, toMs)),
      ...(failures.length > 0 && { note: `writes failed: ${failures.join('; ')}` }),
    };
  };
  return [
    longest('writes before it', writers.findLongest(quietFromMs, first)),
    ...times.map(waited),
    longest(`all, longest write`, writers.findLongest(first, last)),
    seconds('all, time', last - first),
  ];
}

async function withDatabase<Result>(
  connection: EmbeddedConnection,
  work: (database: ReturnType<typeof createDatabase>) => Promise<Result>,
): Promise<Result> {
  const database = createDatabase(connection, { statementTimeoutSeconds: 3600 });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

function longest(name: string, ms: number): Row {
  return {
    name,
    unit: 'ms',
    figure: summarize([ms]),
    baseline: null,
    goal: { of: 'median', atMost: maxWriteMs },
  };
}

function seconds(name: string, ms: number): Row {
  return { name, unit: 's', figure: summarize([ms / 1000]), baseline: null, goal: null };
}

const pad = (number: number): string => String(number).padStart(4, '0');

function urlOf({ user, database, host, port }: EmbeddedConnection): string {
  return `postgresql://${user}@localhost/${database}?host=${encodeURIComponent(host)}&port=${port}`;
}
