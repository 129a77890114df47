import { Client } from 'pg';
import type { AppliedMigration } from './plan-migrations.ts';
import type { DatabaseConnection } from '../pool.ts';
import type { LockLimits, MigrationLog } from './apply-migration.ts';
import type { Migration, OnlineMigration } from './migration-files.ts';
import { applyInTransaction, defaultLockLimits } from './apply-migration.ts';
import { clientConfig } from '../pool.ts';
import { isOnline, planMigrations } from './plan-migrations.ts';
import { MigrationError, migrationsFolder, readMigrations } from './migration-files.ts';
import { prepareRecords, readApplied } from './migration-records.ts';
import { releaseLock, waitForLock } from './migration-lock.ts';
import { runOnlineWork } from './run-online-work.ts';

export interface MigrateOptions {
  /** Files `NNNN_name.sql` whose first line is `-- compatible`, `-- breaking` or `-- online`. */
  folder?: string;
  log?: MigrationLog;
  lockLimits?: LockLimits;
}

const silentLog: MigrationLog = { info: () => undefined, warn: () => undefined };

/**
 * Migrates the schema to the last migration of the folder, each in its own transaction, and returns the names of
 * those it applied. Online migrations are left to servers (`createOnlineMigrations`), unless the schema is empty or another
 * migration requires them. Concurrent callers wait for each other. Unknown migrations are accepted if they are compatible, so
 * that the servers of an installation can be upgraded one by one.
 * @throws MigrationError if the schema contains an unknown breaking migration, or unknown ones of several releases, if an
 * applied file has changed, if a file comes before an applied one, or if another session holds a lock for too long
 */
export async function migrate(
  connection: DatabaseConnection,
  options: MigrateOptions = {},
): Promise<string[]> {
  const known = await readMigrations(options.folder ?? migrationsFolder);
  return withLockedClient(connection, async (client) => {
    const applied = await readApplied(client);
    const { start } = planMigrations(known, applied);
    const log = options.log ?? silentLog;
    for (const migration of start) {
      if (!isOnline(migration)) await applyNext(client, migration, { connection, ...options });
      else if (applied.length === 0) await runToEnd(client, migration);
      else await finishRequired(client, migration, log);
    }
    return start.map(({ name }) => name);
  });
}

/**
 * Applies exactly these migrations to an empty schema, for data that was written with them.
 * @throws MigrationError if this version lacks one of them, before anything is applied
 */
export async function migrateTo(
  connection: DatabaseConnection,
  wanted: readonly Pick<AppliedMigration, 'number' | 'name' | 'sha256'>[],
  folder = migrationsFolder,
): Promise<void> {
  const known = new Map((await readMigrations(folder)).map((migration) => [migration.number, migration]));
  const migrations = wanted.map(({ number, name, sha256 }) => {
    const migration = known.get(number);
    if (migration?.sha256 === sha256) return migration;
    throw new MigrationError(
      `The data was written by a newer Pumphouse: this version has no migration ${name}. Use that version or a newer one.`,
    );
  });
  await withLockedClient(connection, async (client) => {
    for (const migration of migrations)
      if (isOnline(migration)) await runToEnd(client, migration);
      else await applyNext(client, migration, { connection });
  });
}

/** Closes its connection in any case, which releases the lock. */
async function withLockedClient<Result>(
  connection: DatabaseConnection,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = new Client({ ...clientConfig(connection), statement_timeout: 0 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await waitForLock(client, 'start');
    await prepareRecords(client);
    return await work(client);
  } finally {
    await client.end();
  }
}

function applyNext(
  client: Client,
  migration: Migration,
  { connection, log = silentLog, lockLimits }: MigrateOptions & { connection: DatabaseConnection },
): Promise<void> {
  const limits = lockLimits ?? defaultLockLimits;
  return applyInTransaction(client, migration, { connection, log, limits });
}

/** Finishes an online migration that a later one requires. Another server may be working on it, or have ended it. */
async function finishRequired(client: Client, migration: OnlineMigration, log: MigrationLog): Promise<void> {
  const details = { migration: migration.name };
  log.warn(details, 'the start waits for an online migration that a later migration requires');
  await waitForLock(client, 'online');
  const applied = await readApplied(client);
  if (!applied.some(({ number }) => number === migration.number)) await runToEnd(client, migration);
  await releaseLock(client, 'online');
  log.info(details, 'the required online migration has ended');
}

async function runToEnd(client: Client, migration: OnlineMigration): Promise<void> {
  const signal = new AbortController().signal;
  await runOnlineWork(client, migration, { signal, deadlineMs: Infinity, isThrottled: false });
}
