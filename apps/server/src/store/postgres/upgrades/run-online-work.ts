import type { Client } from 'pg';
import type { OnlineMigration, OnlineWork } from './migration-files.ts';
import { MigrationError } from './migration-files.ts';
import { recordApplied } from './migration-records.ts';
import { sqlState } from '../pool.ts';
import { setTimeout as delay } from 'node:timers/promises';

export interface OnlineRunOptions {
  /** Ends the work after the current batch. */
  signal: AbortSignal;
  /** Ends the work after the first batch that ends later, in time of `performance.now()`. */
  deadlineMs: number;
  /** Pauses after each batch for as long as it took, so that half of the time is left to others. */
  isThrottled: boolean;
}

export const batchRows = 1000;
/** A batch never keeps its rows locked while it waits longer for those of others. */
const batchLockTimeoutMs = 500;
const busyPauseMs = 1000;
const lockNotAvailable = '55P03';
const deadlockDetected = '40P01';

/**
 * Works on an online migration: from where it was interrupted, until it has ended or time is up. The caller has the lock of
 * online migrations, so nothing else works on it.
 * @returns whether it has ended
 * @throws MigrationError if a statement fails
 */
export async function runOnlineWork(
  client: Client,
  migration: OnlineMigration,
  options: OnlineRunOptions,
): Promise<boolean> {
  const { online } = migration;
  try {
    await begin(client, migration);
    if (online.kind === 'statements')
      for (const statement of online.statements) await runStatement(client, statement);
    else if (!(await runBatches(client, migration.number, online, options))) return false;
    await end(client, migration);
    return true;
  } catch (error) {
    throw new MigrationError(`${migration.name}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

async function begin(client: Client, { number, name, online }: OnlineMigration): Promise<void> {
  const table = online.kind === 'batches' ? online.table : null;
  await client.query(
    `INSERT INTO online_migrations (number, name, total_rows)
     VALUES ($1, $2, (SELECT greatest(reltuples, n_live_tup, 0)::bigint
                        FROM pg_class LEFT JOIN pg_stat_user_tables ON relid = pg_class.oid
                       WHERE pg_class.oid = to_regclass($3)))
     ON CONFLICT (number) DO UPDATE SET failure = NULL, failed_at = NULL`,
    [number, name, table],
  );
}

async function end(client: Client, migration: OnlineMigration): Promise<void> {
  await client.query('BEGIN');
  try {
    await recordApplied(client, migration);
    await client.query('DELETE FROM online_migrations WHERE number = $1', [migration.number]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

const indexStatement = /^create (?:unique )?index concurrently (?:if not exists )?([a-z0-9_]+) on /i;

/** An interrupted build leaves an index that is not valid. It is dropped, and built again. */
async function runStatement(client: Client, statement: string): Promise<void> {
  const index = indexStatement.exec(statement)?.[1];
  if (index !== undefined) {
    const { rows } = await client.query<{ isValid: boolean }>(
      'SELECT indisvalid AS "isValid" FROM pg_index WHERE indexrelid = to_regclass($1)',
      [index],
    );
    if (rows[0]?.isValid === true) return;
    if (rows[0]) await client.query(`DROP INDEX CONCURRENTLY ${client.escapeIdentifier(index)}`);
  }
  await client.query(statement);
}

type Batches = Extract<OnlineWork, { kind: 'batches' }>;

/** @returns whether all rows are done */
async function runBatches(
  client: Client,
  number: number,
  batches: Batches,
  { signal, deadlineMs, isThrottled }: OnlineRunOptions,
): Promise<boolean> {
  while (!signal.aborted) {
    const startedAt = performance.now();
    const outcome = await runBatch(client, number, batches);
    if (outcome === 'last') return true;
    const endedAt = performance.now();
    if (endedAt >= deadlineMs) return false;
    const pauseMs = outcome === 'busy' ? busyPauseMs : isThrottled ? endedAt - startedAt : 0;
    if (pauseMs > 0) await delay(pauseMs, undefined, { signal }).catch(() => undefined);
  }
  return false;
}

/** Progress commits with the rows of the batch, so that a killed server neither skips nor repeats one. */
async function runBatch(client: Client, number: number, batches: Batches): Promise<'busy' | 'done' | 'last'> {
  await client.query(`BEGIN; SET LOCAL lock_timeout = ${batchLockTimeoutMs}`);
  try {
    const range = await readRange(client, number, batches);
    if (range.rows > 0) {
      await client.query(batches.statement, [range.first, range.last]);
      await client.query(
        'UPDATE online_migrations SET last_key = $2, done_rows = done_rows + $3 WHERE number = $1',
        [number, range.last, range.rows],
      );
    }
    await client.query('COMMIT');
    return range.rows === 0 ? 'last' : 'done';
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    const state = sqlState(error);
    if (state === lockNotAvailable || state === deadlockDetected) return 'busy';
    throw error;
  }
}

interface Range {
  first: string | null;
  last: string | null;
  rows: number;
}

async function readRange(client: Client, number: number, { table, key }: Batches): Promise<Range> {
  const { rows: progress } = await client.query<{ lastKey: string | null }>(
    'SELECT last_key AS "lastKey" FROM online_migrations WHERE number = $1',
    [number],
  );
  const lastKey = progress[0]?.lastKey ?? null;
  const { rows } = await client.query<Range>(
    `WITH batch AS (SELECT ${key} AS key FROM ${table} ${lastKey === null ? '' : `WHERE ${key} > $1`} ORDER BY ${key} LIMIT ${batchRows})
     SELECT (SELECT key FROM batch ORDER BY key LIMIT 1)::text AS first,
            (SELECT key FROM batch ORDER BY key DESC LIMIT 1)::text AS last,
            (SELECT count(*)::int FROM batch) AS rows`,
    lastKey === null ? [] : [lastKey],
  );
  return rows[0] ?? { first: null, last: null, rows: 0 };
}
