import { DatabaseError, Pool } from 'pg';
import type { PoolClient, PoolConfig } from 'pg';
import { setTimeout as delay } from 'node:timers/promises';
import { readColumnType } from './statements/column-types.ts';
import { createStatementNames } from './statements/statement-names.ts';
import { connectPatiently } from './connect-patiently.ts';
import { LockTimeoutError } from '../lock-timeout-error.ts';
import { createListener } from './listener.ts';
import type { Subscription } from './listener.ts';
import type { Instruments } from '../../platform/instruments.ts';
import type { Statement } from './statements/named.ts';
import { readStatementKind } from './statements/statement-kind.ts';

/**
 * The address of a Postgres: a URL (`postgresql://...`), or host (a folder for a Unix socket), port, user and
 * database.
 */
export type DatabaseConnection =
  string | { host: string; port: number; user: string; database: string; password?: string };

/**
 * Runs SQL, either on the database or in one open transaction. A statement is the result of `named`, or a
 * text without parameters.
 *
 * Result types: int8 -> number (an error beyond 2^53), numeric -> string, timestamptz -> Date, date ->
 * 'YYYY-MM-DD', json and jsonb -> parsed. As a parameter, an array becomes a Postgres array and an object
 * becomes JSON: pass a JSON array as `JSON.stringify(value)`.
 */
export interface Queryable {
  /** Returns all rows. */
  query<Row extends object>(statement: Statement | string): Promise<Row[]>;
  /**
   * Like `query`, but Postgres keeps the plan of the text for each connection, because planning a list, or a
   * row of several tables, takes longer than reading it. Only for the few texts that run constantly, as at
   * each start and end of a run: after 150 different ones, further texts are planned each time.
   */
  prepared<Row extends object>(statement: Statement | string): Promise<Row[]>;
  /** Like `execute`, with a kept plan like `prepared`. */
  executePrepared(statement: Statement | string): Promise<number>;
  /** Returns the only row; throws if there is none, or more than one. */
  one<Row extends object>(statement: Statement | string): Promise<Row>;
  /** Returns the only row or undefined; throws if there is more than one. */
  maybeOne<Row extends object>(statement: Statement | string): Promise<Row | undefined>;
  /** Like `maybeOne`, with a kept plan like `prepared`. */
  maybeOnePrepared<Row extends object>(statement: Statement | string): Promise<Row | undefined>;
  /** Runs a statement and returns the number of affected rows. */
  execute(statement: Statement | string): Promise<number>;
}

/** Also runs texts with `$1`, `$2` and their values: for tests and tools. The store names its parameters. */
export interface TextQueryable extends Queryable {
  query<Row extends object>(sql: Statement | string, values?: readonly unknown[]): Promise<Row[]>;
  prepared<Row extends object>(sql: Statement | string, values?: readonly unknown[]): Promise<Row[]>;
  executePrepared(sql: Statement | string, values?: readonly unknown[]): Promise<number>;
  one<Row extends object>(sql: Statement | string, values?: readonly unknown[]): Promise<Row>;
  maybeOne<Row extends object>(
    sql: Statement | string,
    values?: readonly unknown[],
  ): Promise<Row | undefined>;
  execute(sql: Statement | string, values?: readonly unknown[]): Promise<number>;
}

export interface TransactionOptions {
  /** How long each statement waits for a lock of other transactions. By default until the statement times out. */
  lockTimeoutMs?: number;
}

export interface Database extends TextQueryable {
  /**
   * Runs `fn` in one transaction (read committed). After a deadlock or serialization failure `fn` is retried
   * as a whole, up to 5 times, so it must have no effects outside of the transaction. Any other error rolls
   * back and is rethrown.
   * @throws LockTimeoutError when a statement has waited for `lockTimeoutMs`
   */
  transaction<T>(fn: (tx: TextQueryable) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /**
   * Calls `onNotify` with the payload of each NOTIFY on the channel, from when the promise resolves. After a
   * reconnect it is called with undefined: notifications may have been missed, so read the tables.
   */
  listen(channel: string, onNotify: (payload: string | undefined) => void): Promise<Subscription>;
  /** Closes all connections; running queries finish first. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Connections of the pool; `listen` uses one more. */
  maxConnections?: number;
  /** Postgres cancels a statement that runs longer. */
  statementTimeoutSeconds?: number;
  /** Postgres ends a transaction that is idle for this long, so that a hung caller releases its locks. */
  idleTransactionTimeoutSeconds?: number;
  /** How long a query waits for a Postgres that is starting or restarting. */
  connectTimeoutSeconds?: number;
  /** Called for lost connections, which the pool replaces automatically. */
  onConnectionError?: (error: Error) => void;
  /** Times statements, transactions and waits for connections. */
  instruments?: DatabaseInstruments;
}

/** The instruments of a database. */
export type DatabaseInstruments = Pick<
  Instruments,
  'storeConnectionWait' | 'storeStatement' | 'storeTransaction' | 'watchPool'
>;

/** The pool attaches the connection to its errors: kilobytes in a log, the key that cancels its queries among them. */
function withoutConnection(error: Error & { client?: unknown }): Error {
  delete error.client;
  return error;
}

const transactionTries = 5;
const serializationFailure = '40001';
const deadlockDetected = '40P01';
const lockNotAvailable = '55P03';

/** Creates a pool of connections to the Postgres at `connection`. Connects on first use. */
export function createDatabase(connection: DatabaseConnection, options: DatabaseOptions = {}): Database {
  const connectTimeoutMs = (options.connectTimeoutSeconds ?? 10) * 1000;
  const onConnectionError = options.onConnectionError ?? (() => undefined);
  const config = clientConfig(connection, options);
  const pool = new Pool({ ...config, max: options.maxConnections ?? 10 });
  pool.on('error', (error) => onConnectionError(withoutConnection(error)));
  const listener = createListener(config, onConnectionError);
  const { instruments } = options;
  instruments?.watchPool(() => ({
    total: pool.totalCount,
    idle: pool.idleCount,
    waiting: pool.waitingCount,
  }));

  /** Calls `use` with a connection, which then returns to the pool, or is discarded if it broke meanwhile. */
  async function withClient<T>(use: (client: PoolClient) => Promise<T>): Promise<T> {
    const askedAt = performance.now();
    const client = await connectPatiently(() => pool.connect(), connectTimeoutMs);
    instruments?.storeConnectionWait(secondsSince(askedAt));
    let broken: Error | undefined;
    // The pool does not watch a connection in use: without a listener, its loss would crash the process.
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
  const runOn: RunOn = async (client, { text, values }, { isPrepared }) => {
    const name = isPrepared ? nameOf(text) : undefined;
    const query = { text, values: [...values], ...(name === undefined ? {} : { name }) };
    const sentAt = performance.now();
    try {
      return await client.query<object>(query);
    } catch (error) {
      if (sqlState(error) === lockNotAvailable) throw new LockTimeoutError(firstLine(text), { cause: error });
      throw error;
    } finally {
      instruments?.storeStatement(readStatementKind(text), secondsSince(sentAt));
    }
  };
  const run: RunStatement = (statement, how) => withClient((client) => runOn(client, statement, how));

  async function timeTransaction<T>(run: () => Promise<T>): Promise<T> {
    const begunAt = performance.now();
    let outcome: 'committed' | 'rolled_back' = 'rolled_back';
    try {
      const result = await run();
      outcome = 'committed';
      return result;
    } finally {
      instruments?.storeTransaction(outcome, secondsSince(begunAt));
    }
  }

  async function transaction<T>(
    fn: (tx: TextQueryable) => Promise<T>,
    { lockTimeoutMs }: TransactionOptions = {},
  ): Promise<T> {
    const begin = lockTimeoutMs === undefined ? 'BEGIN' : `BEGIN; SET LOCAL lock_timeout = ${lockTimeoutMs}`;
    for (let tries = 1; ; tries += 1) {
      try {
        return await withClient((client) => timeTransaction(() => runTransaction(client, runOn, begin, fn)));
      } catch (error) {
        if (tries >= transactionTries || !isTransactionConflict(error)) throw error;
        // A random delay keeps two deadlocked transactions from colliding in the same order again.
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

/** Builds the `pg` settings for one connection, with our column types. */
export function clientConfig(connection: DatabaseConnection, options: DatabaseOptions = {}): PoolConfig {
  const scope = typeof connection === 'string' ? { connectionString: connection } : connection;
  return {
    ...scope,
    application_name: 'pumphouse',
    keepAlive: true,
    statement_timeout: (options.statementTimeoutSeconds ?? 30) * 1000,
    idle_in_transaction_session_timeout: (options.idleTransactionTimeoutSeconds ?? 60) * 1000,
    connectionTimeoutMillis: (options.connectTimeoutSeconds ?? 10) * 1000,
    types: { getTypeParser: readColumnType },
  };
}

/**
 * Returns the SQLSTATE of an error response from Postgres, such as '23505' for a unique violation; undefined
 * for other errors.
 */
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

type RunStatement = (statement: Statement, how: How) => Promise<Outcome>;
type RunOn = (client: PoolClient, statement: Statement, how: How) => Promise<Outcome>;

const planEachTime: How = { isPrepared: false };
const keepPlan: How = { isPrepared: true };

function createQueryable(run: RunStatement): TextQueryable {
  const read = async <Row extends object>(statement: Statement, how: How) =>
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the test of rows compares each declared row with what Postgres returns
    (await run(statement, how)).rows as Row[];
  const affect = async (statement: Statement, how: How) => (await run(statement, how)).rowCount ?? 0;

  async function readOne<Row extends object>(
    statement: Statement,
    how: How = planEachTime,
  ): Promise<Row | undefined> {
    const rows = await read<Row>(statement, how);
    if (rows.length > 1)
      throw new Error(`Expected one row at most, got ${rows.length}: ${firstLine(statement.text)}`);
    return rows[0];
  }

  return {
    query: (sql, values) => read(toStatement(sql, values), planEachTime),
    prepared: (sql, values) => read(toStatement(sql, values), keepPlan),
    execute: (sql, values) => affect(toStatement(sql, values), planEachTime),
    executePrepared: (sql, values) => affect(toStatement(sql, values), keepPlan),
    maybeOne: (sql, values) => readOne(toStatement(sql, values)),
    maybeOnePrepared: (sql) => readOne(toStatement(sql), keepPlan),
    async one<Row extends object>(sql: Statement | string, values?: readonly unknown[]) {
      const statement = toStatement(sql, values);
      const row = await readOne<Row>(statement);
      if (row === undefined) throw new Error(`Expected one row, got none: ${firstLine(statement.text)}`);
      return row;
    },
  };
}

function toStatement(sql: Statement | string, values: readonly unknown[] = []): Statement {
  return typeof sql === 'string' ? { text: sql, values } : sql;
}

async function runTransaction<T>(
  client: PoolClient,
  runOn: RunOn,
  begin: string,
  fn: (tx: TextQueryable) => Promise<T>,
): Promise<T> {
  await client.query(begin);
  try {
    const result = await fn(createQueryable((statement, how) => runOn(client, statement, how)));
    const { command } = await client.query('COMMIT');
    // After an error that `fn` caught, Postgres answers COMMIT with ROLLBACK: nothing was stored.
    if (command !== 'COMMIT')
      throw new Error('The transaction was rolled back: one of its statements had failed');
    return result;
  } catch (error) {
    // On a lost connection there is nothing to roll back; the first error is the one to report.
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

function isTransactionConflict(error: unknown): boolean {
  const state = sqlState(error);
  return state === serializationFailure || state === deadlockDetected;
}

const secondsSince = (at: number): number => (performance.now() - at) / 1000;

function firstLine(sql: string): string {
  return sql.trim().split('\n', 1)[0] ?? '';
}
