import type { Client } from 'pg';
import type { DatabaseConnection } from '../pool.ts';
import type { Migration } from './migration-files.ts';
import { describeHolders, watchLocks, type LockWatch } from './lock-holders.ts';
import { MigrationError } from './migration-files.ts';
import { recordApplied } from './migration-records.ts';
import { sqlState } from '../pool.ts';
import { setTimeout as delay } from 'node:timers/promises';

/** Where a migration reports what it does. */
export interface MigrationLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

/** How a migration waits for locks of other transactions. */
export interface LockLimits {
  /** How long each statement waits. All writers of the table wait behind it, so it is short. */
  statementMs: number;
  /** Pause before the next try, in which the writers go on. */
  pauseMs: number;
  /** How long to try. */
  totalMs: number;
}

export const defaultLockLimits: LockLimits = { statementMs: 500, pauseMs: 1000, totalMs: 300_000 };

interface ApplyOptions {
  connection: DatabaseConnection;
  log: MigrationLog;
  limits: LockLimits;
}

const lockNotAvailable = '55P03';
/** A start that waits reports it this often. */
const reportMs = 15_000;

/**
 * Applies a migration in one transaction. If it cannot have a lock within moments, everything is rolled back and tried again
 * after a pause.
 * @throws MigrationError if a statement fails, or a lock is held for too long
 */
export async function applyInTransaction(
  client: Client,
  migration: Migration,
  { connection, log, limits }: ApplyOptions,
): Promise<void> {
  // One for all tries: a busy machine may need longer than a try to open its connection.
  const watch = watchLocks(connection, await readPid(client));
  try {
    await applyWatched(client, migration, { watch, log, limits });
  } finally {
    await watch.stop();
  }
}

async function applyWatched(
  client: Client,
  migration: Migration,
  { watch, log, limits }: { watch: LockWatch; log: MigrationLog; limits: LockLimits },
): Promise<void> {
  const startedAt = performance.now();
  let reportedAt: number | null = null;
  while (!(await tryToApply(client, migration, limits))) {
    const now = performance.now();
    const holders = watch.readHolders();
    if (now - startedAt + limits.pauseMs > limits.totalMs)
      throw new MigrationError(
        `${migration.name} cannot lock a table for ${Math.round((now - startedAt) / 1000)} s. ${describeHolders(holders)}`,
      );
    // The first report waits until the holders are known.
    if (holders.length > 0 && reportedAt === null) reportedAt = Number.NEGATIVE_INFINITY;
    if (now - (reportedAt ?? startedAt) >= reportMs) {
      log.warn({ migration: migration.name, holders }, 'a migration waits for a lock of others');
      reportedAt = now;
    }
    await delay(limits.pauseMs);
  }
}

/** @returns whether the migration is applied; false if others hold a lock */
async function tryToApply(
  client: Client,
  migration: Migration,
  { statementMs }: LockLimits,
): Promise<boolean> {
  try {
    await client.query(`BEGIN; SET LOCAL lock_timeout = ${statementMs}`);
    await client.query(migration.sql);
    await recordApplied(client, migration);
    await client.query('COMMIT');
    return true;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    if (sqlState(error) === lockNotAvailable) return false;
    throw new MigrationError(`${migration.name}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** Reads the number of the backend of a connection. */
export async function readPid(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const [row] = rows;
  if (!row) throw new Error('Postgres returned no pid');
  return row.pid;
}
