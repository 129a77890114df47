import { Client } from 'pg';
import type { DatabaseConnection } from '../pool.ts';
import type { MigrationLog } from './apply-migration.ts';
import type { OnlineMigration } from './migration-files.ts';
import { clientConfig } from '../pool.ts';
import { migrationsFolder, readMigrations } from './migration-files.ts';
import { planMigrations } from './plan-migrations.ts';
import { readApplied } from './migration-records.ts';
import { readPid } from './apply-migration.ts';
import { runOnlineWork } from './run-online-work.ts';
import { tryLock } from './migration-lock.ts';

/**
 * What a server did for the online migrations: `idle` if none is left, `elsewhere` if another server works on them, `failed`
 * if the next one failed lately, `working` otherwise.
 */
export type OnlineOutcome = 'elsewhere' | 'failed' | 'idle' | 'working';

/** Applies online migrations while servers work. */
export interface OnlineMigrations {
  /**
   * Works on the next online migration for some seconds, or until a statement of it ends. Aborting the signal cancels the
   * statement: an index is then built again, a backfill goes on after its last batch.
   * @throws MigrationError if the migration fails, which is also recorded
   */
  advance(signal: AbortSignal): Promise<OnlineOutcome>;
}

export interface OnlineMigrationsOptions {
  log: MigrationLog;
  folder?: string;
  /** How long to work on batches. */
  workMs?: number;
}

/** Sessions that apply online migrations, as Postgres lists them. */
export const onlineApplicationName = 'pumphouse online migration';
const defaultWorkMs = 10_000;
/** A migration that failed is tried again after this, by any server. */
export const failedPauseMinutes = 10;

/** Creates what applies the online migrations of a database that this server has migrated. */
export function createOnlineMigrations(
  connection: DatabaseConnection,
  { log, folder = migrationsFolder, workMs = defaultWorkMs }: OnlineMigrationsOptions,
): OnlineMigrations {
  async function work(client: Client, signal: AbortSignal): Promise<OnlineOutcome> {
    if (!(await tryLock(client, 'online'))) return 'elsewhere';
    const [next] = planMigrations(await readMigrations(folder), await readApplied(client)).online;
    if (next === undefined) return 'idle';
    if (await hasFailedLately(client, next)) return 'failed';
    const stopWatching = await cancelOnAbort(client, connection, signal);
    try {
      if (signal.aborted) return 'working';
      const deadlineMs = performance.now() + workMs;
      const hasEnded = await runOnlineWork(client, next, { signal, deadlineMs, isThrottled: true });
      log.info({ migration: next.name, hasEnded }, 'an online migration goes on');
      return 'working';
    } catch (error) {
      // A stopping server has canceled the statement itself.
      if (signal.aborted) return 'working';
      await recordFailure(client, next, error);
      throw error;
    } finally {
      stopWatching();
    }
  }

  return {
    async advance(signal) {
      const client = new Client({
        ...clientConfig(connection),
        application_name: onlineApplicationName,
        statement_timeout: 0,
      });
      client.on('error', () => undefined);
      await client.connect();
      try {
        return await work(client, signal);
      } finally {
        await client.end();
      }
    },
  };
}

async function hasFailedLately(client: Client, { number }: OnlineMigration): Promise<boolean> {
  const { rows } = await client.query(
    'SELECT FROM online_migrations WHERE number = $1 AND failed_at > now() - make_interval(mins => $2)',
    [number, failedPauseMinutes],
  );
  return rows.length > 0;
}

/** Without its failure recorded, which a lost connection prevents, the migration is only tried sooner. */
async function recordFailure(client: Client, { number }: OnlineMigration, error: unknown): Promise<void> {
  const message = error instanceof Error ? error.message : String(error);
  await client
    .query('UPDATE online_migrations SET failure = $2, failed_at = now() WHERE number = $1', [
      number,
      message,
    ])
    .catch(() => undefined);
}

/** Cancels the current statement of a connection when the signal is aborted. */
async function cancelOnAbort(
  client: Client,
  connection: DatabaseConnection,
  signal: AbortSignal,
): Promise<() => void> {
  const pid = await readPid(client);
  const cancel = () => void cancelStatement(connection, pid).catch(() => undefined);
  signal.addEventListener('abort', cancel);
  return () => signal.removeEventListener('abort', cancel);
}

async function cancelStatement(connection: DatabaseConnection, pid: number): Promise<void> {
  const client = new Client(clientConfig(connection));
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('SELECT pg_cancel_backend($1)', [pid]);
  } finally {
    await client.end();
  }
}
