import { DatabaseError, Pool } from 'pg';
import type { PoolClient, PoolConfig } from 'pg';
import { setTimeout as delay } from 'node:timers/promises';
import { connectPatiently } from './connect-patiently.ts';
import { readColumnType } from './column-types.ts';
import { createStatementNames } from './statement-names.ts';
import { createListener } from './listener.ts';
import type { Subscription } from './listener.ts';

/** Where a Postgres answers: a URL (`postgresql://...`), or a host (a folder for a Unix socket), port, user and database. */
export type DatabaseConnection =
  string | { host: string; port: number; user: string; database: string; password?: string };

/**
 * What runs SQL: the database itself or one open transaction.
 *
 * Values come back as int8 -> number (an error beyond 2^53), numeric -> string, timestamptz -> Date, date -> 'YYYY-MM-DD',
 * json and jsonb -> parsed. As a parameter an array becomes a Postgres array and an object becomes JSON: a JSON array has
 * to be given as `JSON.stringify(value)`.
 */
export interface Queryable {
  /** All rows. */
  query<Row extends object>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
  /**
   * As `query`, and Postgres keeps the plan of the text for each connection, since planning a list, or a row of several tables, takes
   * longer than reading it. Only for the few texts that are asked again and again, as those of each start and end of a run: after some
   * hundred different ones further texts are planned each time.
   */
  prepared<Row extends object>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
  /** As `execute`, with a plan that is kept as that of `prepared`. */
  executePrepared(sql: string, params?: readonly unknown[]): Promise<number>;
  /** The one row; throws when there is none, or more than one. */
  one<Row extends object>(sql: string, params?: readonly unknown[]): Promise<Row>;
  /** The one row or undefined; throws when there is more than one. */
  maybeOne<Row extends object>(sql: string, params?: readonly unknown[]): Promise<Row | undefined>;
  /** Runs a statement and gives the number of rows it touched. */
  execute(sql: string, params?: readonly unknown[]): Promise<number>;
}

export interface Database extends Queryable {
  /**
   * Runs `fn` in one transaction (read committed). After a deadlock or serialization failure the whole of `fn` runs again,
   * 5 times at most: it must do nothing outside the transaction. Any other error rolls back and is thrown.
   */
  transaction<T>(fn: (tx: Queryable) => Promise<T>): Promise<T>;
  /**
   * Calls `onNotify` with the payload of each NOTIFY on the channel, from when the promise resolves. After the connection
   * was lost and made again it is called with undefined: anything may have been missed, so look at the tables.
   */
  listen(channel: string, onNotify: (payload: string | undefined) => void): Promise<Subscription>;
  /** Ends all connections; running queries finish first. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Connections of the pool; `listen` takes one more. */
  maxConnections?: number;
  /** A statement that runs longer is cancelled by Postgres. */
  statementTimeoutSeconds?: number;
  /** A transaction in which nothing happens for so long is ended by Postgres, so that a hung caller frees its locks. */
  idleTransactionTimeoutSeconds?: number;
  /** How long a query waits for a Postgres that is starting or restarting. */
  connectTimeoutSeconds?: number;
  /** Told of lost connections, which the pool replaces by itself. */
  onConnectionError?: (error: Error) => void;
}

const transactionTries = 5;
const serializationFailure = '40001';
const deadlockDetected = '40P01';

/** A pool of connections to the Postgres at `connection`. Connects on first use. */
export function createDatabase(connection: DatabaseConnection, options: DatabaseOptions = {}): Database {
  const connectTimeoutMs = (options.connectTimeoutSeconds ?? 10) * 1000;
  const onConnectionError = options.onConnectionError ?? (() => undefined);
  const config = clientConfig(connection, options);
  const pool = new Pool({ ...config, max: options.maxConnections ?? 10 });
  pool.on('error', onConnectionError);
  const listener = createListener(config, onConnectionError);

  /** Gives `use` a connection, which goes back to the pool, or is thrown away when it broke meanwhile. */
  async function withClient<T>(use: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await connectPatiently(() => pool.connect(), connectTimeoutMs);
    let broken: Error | undefined;
    // The pool does not watch a connection while it is out: without a listener its loss would end the process.
    const onError = (error: Error) => {
      broken = error;
      onConnectionError(error);
    };
    client.on('error', onError);
    try {
      return await use(client);
    } finally {
      client.off('error', onError);
      client.release(broken);
    }
  }

  const nameOf = createStatementNames();
  const runOn: RunOn = (client, sql, params, { isPrepared }) => {
    const name = isPrepared ? nameOf(sql) : undefined;
    return client.query<object>({ text: sql, values: [...params], ...(name === undefined ? {} : { name }) });
  };
  const run: RunStatement = (sql, params, how) => withClient((client) => runOn(client, sql, params, how));

  async function transaction<T>(fn: (tx: Queryable) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await withClient((client) => runTransaction(client, runOn, fn));
      } catch (error) {
        if (tries >= transactionTries || !isTransactionConflict(error)) throw error;
        // A random pause keeps two transactions that deadlocked from meeting in the same order again.
        await delay(Math.random() * 20 * 2 ** tries);
      }
    }
  }

  let closing: Promise<void> | undefined;
  async function closeAll(): Promise<void> {
    await listener.close();
    await pool.end();
  }
  return {
    ...createQueryable(run),
    transaction,
    listen: (channel, onNotify) => listener.listen(channel, onNotify),
    close: () => (closing ??= closeAll()),
  };
}

/** The settings of `pg` for one connection, with our column types. */
export function clientConfig(connection: DatabaseConnection, options: DatabaseOptions = {}): PoolConfig {
  const place = typeof connection === 'string' ? { connectionString: connection } : connection;
  return {
    ...place,
    application_name: 'pumphouse',
    keepAlive: true,
    statement_timeout: (options.statementTimeoutSeconds ?? 30) * 1000,
    idle_in_transaction_session_timeout: (options.idleTransactionTimeoutSeconds ?? 60) * 1000,
    connectionTimeoutMillis: (options.connectTimeoutSeconds ?? 10) * 1000,
    types: { getTypeParser: readColumnType },
  };
}

/** The SQLSTATE of an error that Postgres answered with, such as '23505' for a unique violation; undefined for other errors. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof DatabaseError ? error.code : undefined;
}

interface How {
  isPrepared: boolean;
}

interface Outcome {
  rows: unknown[];
  rowCount: number | null;
}

type RunStatement = (sql: string, params: readonly unknown[], how: How) => Promise<Outcome>;
type RunOn = (client: PoolClient, sql: string, params: readonly unknown[], how: How) => Promise<Outcome>;

const planEachTime: How = { isPrepared: false };

function createQueryable(run: RunStatement): Queryable {
  async function query<Row extends object>(sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    const { rows } = await run(sql, params, planEachTime);
    return rows as Row[];
  }
  async function prepared<Row extends object>(sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    const { rows } = await run(sql, params, { isPrepared: true });
    return rows as Row[];
  }
  async function maybeOne<Row extends object>(sql: string, params: readonly unknown[] = []) {
    const rows = await query<Row>(sql, params);
    if (rows.length > 1) throw new Error(`Expected one row at most, got ${rows.length}: ${firstLine(sql)}`);
    return rows[0];
  }
  async function one<Row extends object>(sql: string, params: readonly unknown[] = []): Promise<Row> {
    const row = await maybeOne<Row>(sql, params);
    if (row === undefined) throw new Error(`Expected one row, got none: ${firstLine(sql)}`);
    return row;
  }
  async function execute(sql: string, params: readonly unknown[] = []): Promise<number> {
    const { rowCount } = await run(sql, params, planEachTime);
    return rowCount ?? 0;
  }
  async function executePrepared(sql: string, params: readonly unknown[] = []): Promise<number> {
    const { rowCount } = await run(sql, params, { isPrepared: true });
    return rowCount ?? 0;
  }
  return { query, prepared, executePrepared, one, maybeOne, execute };
}

async function runTransaction<T>(
  client: PoolClient,
  runOn: RunOn,
  fn: (tx: Queryable) => Promise<T>,
): Promise<T> {
  await client.query('BEGIN');
  try {
    const result = await fn(createQueryable((sql, params, how) => runOn(client, sql, params, how)));
    const { command } = await client.query('COMMIT');
    // After an error that `fn` swallowed Postgres answers COMMIT with ROLLBACK: nothing was stored.
    if (command !== 'COMMIT')
      throw new Error('The transaction was rolled back: one of its statements had failed');
    return result;
  } catch (error) {
    // On a lost connection there is nothing to roll back; the first error is the one that tells why.
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

function isTransactionConflict(error: unknown): boolean {
  const state = sqlState(error);
  return state === serializationFailure || state === deadlockDetected;
}

function firstLine(sql: string): string {
  return sql.trim().split('\n', 1)[0] ?? '';
}
