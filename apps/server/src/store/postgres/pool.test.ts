import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createTestDatabase } from '@pumphouse/testing/fixtures/postgres.ts';
import type { TestDatabase } from '@pumphouse/testing/fixtures/postgres.ts';
import { createDatabase, sqlState } from './pool.ts';
import type { TextQueryable } from './pool.ts';

let own: TestDatabase;

beforeAll(async () => {
  own = await createTestDatabase();
  await own.database.query('CREATE TABLE counters (name text PRIMARY KEY, value bigint NOT NULL)');
});

/** Long only for slow machines: everything that is waited for is normally immediate. */
const patience = { timeout: 60_000 };

afterAll(() => own.drop());

describe('column types', () => {
  test('are returned as the types that the store uses', async () => {
    const row = await own.database.one(
      `SELECT 9007199254740991::int8 AS big, '{1,NULL,3}'::int8[] AS bigs, '{}'::int8[] AS none, 1.50::numeric AS exact,
         '2026-01-02T03:04:05.678Z'::timestamptz AS at, '2026-01-02'::date AS day, $1::jsonb AS json, $2::text[] AS texts`,
      [{ a: [1, null] }, ['x', 'y,z']],
    );
    expect(row).toEqual({
      big: 9_007_199_254_740_991,
      bigs: [1, null, 3],
      none: [],
      exact: '1.50',
      at: new Date('2026-01-02T03:04:05.678Z'),
      day: '2026-01-02',
      json: { a: [1, null] },
      texts: ['x', 'y,z'],
    });
  });

  test('an int8 outside of the safe integers is an error, and the connection stays usable', async () => {
    await expect(own.database.query('SELECT 9007199254740993::int8')).rejects.toThrow('does not fit');
    await expect(own.database.one('SELECT 1 AS n')).resolves.toEqual({ n: 1 });
  });
});

describe('an instant', () => {
  test.each([
    ['UTC', '2026-01-02T03:04:05.678Z'],
    ['UTC', '2026-01-02T03:04:05Z'],
    ['UTC', '0099-12-31T23:59:59.5Z'],
    ['Asia/Kolkata', '2026-01-02T03:04:05.678Z'],
    ['America/New_York', '2026-07-02T03:04:05.678Z'],
    ['Asia/Kolkata', '1890-01-02T03:04:05Z'],
  ])('is parsed in the zone %s: %s', async (zone, instant) => {
    const row = await own.database.transaction(async (tx) => {
      await tx.query(`SET LOCAL timezone = '${zone}'`);
      return tx.one<{ at: Date }>('SELECT $1::timestamptz AS at', [instant]);
    });
    expect(row.at).toEqual(new Date(instant));
  });

  test('may be infinite', async () => {
    expect(await own.database.one(`SELECT 'infinity'::timestamptz AS at`)).toEqual({ at: Infinity });
  });
});

describe('a prepared statement', () => {
  test('is kept by the connection under one name for one text', async () => {
    const count = (tx: TextQueryable) =>
      tx.one<{ count: number }>(`SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'list%'`);
    const counts = await own.database.transaction(async (tx) => {
      const before = await count(tx);
      expect(await tx.prepared('SELECT $1::int AS n', [1])).toEqual([{ n: 1 }]);
      expect(await tx.prepared('SELECT $1::int AS n', [2])).toEqual([{ n: 2 }]);
      return { before: before.count, after: (await count(tx)).count };
    });
    expect(counts.after).toBe(counts.before + 1);
  });

  test('has a name only while there are few', async () => {
    await own.database.transaction(async (tx) => {
      for (let n = 0; n < 170; n += 1) await tx.prepared(`SELECT ${n} AS n`);
      const { count } = await tx.one<{ count: number }>(
        `SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'list%'`,
      );
      expect(count).toBeLessThanOrEqual(150);
    });
  });
});

describe('rows', () => {
  test('one and maybeOne enforce the number of rows', async () => {
    const { database } = own;
    await expect(database.one('SELECT 1 WHERE false')).rejects.toThrow('got none');
    await expect(database.one('SELECT generate_series(1, 2)')).rejects.toThrow('got 2');
    await expect(database.maybeOne('SELECT 1 WHERE false')).resolves.toBeUndefined();
    await expect(database.execute(`UPDATE counters SET value = 0 WHERE name = 'nobody'`)).resolves.toBe(0);
  });

  test('an error of Postgres contains its SQLSTATE', async () => {
    const error = await own.database.query('SELECT 1 / 0').catch((caught: unknown) => caught);
    expect(sqlState(error)).toBe('22012');
    expect(sqlState(new Error('other'))).toBeUndefined();
  });
});

const read = (name: string) =>
  own.database.maybeOne<{ value: number }>('SELECT value FROM counters WHERE name = $1', [name]);
const add = (tx: TextQueryable, name: string) =>
  tx.execute(
    'INSERT INTO counters VALUES ($1, 1) ON CONFLICT (name) DO UPDATE SET value = counters.value + 1',
    [name],
  );

describe('transaction', () => {
  test('commits, and returns the result of the function', async () => {
    await expect(own.database.transaction((tx) => add(tx, 'committed'))).resolves.toBe(1);
    expect(await read('committed')).toEqual({ value: 1 });
  });

  test('rolls back on an error, which it rethrows', async () => {
    const failing = own.database.transaction(async (tx) => {
      await add(tx, 'rolled back');
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await read('rolled back')).toBeUndefined();
  });

  test('does not report success if a statement failed and the function continued', async () => {
    const swallowing = own.database.transaction(async (tx) => {
      await add(tx, 'swallowed');
      await tx.query('SELECT 1 / 0').catch(() => undefined);
    });
    await expect(swallowing).rejects.toThrow('rolled back');
    expect(await read('swallowed')).toBeUndefined();
  });

  test('retries after a deadlock', async () => {
    await own.database.query(`INSERT INTO counters VALUES ('left', 0), ('right', 0)`);
    let runs = 0;
    let arrived = 0;
    const { promise: bothHold, resolve } = Promise.withResolvers<void>();
    const lockBoth = (first: string, second: string) =>
      own.database.transaction(async (tx) => {
        runs += 1;
        await add(tx, first);
        arrived += 1;
        if (arrived === 2) resolve();
        await bothHold;
        await add(tx, second);
      });
    await Promise.all([lockBoth('left', 'right'), lockBoth('right', 'left')]);
    expect(runs).toBe(3);
    expect([await read('left'), await read('right')]).toEqual([{ value: 2 }, { value: 2 }]);
  });

  test('gives up after 5 serialization failures', async () => {
    let runs = 0;
    const failing = own.database.transaction(async (tx) => {
      runs += 1;
      await tx.query(`DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$`);
    });
    await expect(failing).rejects.toThrow('x');
    expect(runs).toBe(5);
  });

  test('fails if its connection is lost, and the pool continues', async () => {
    const lost = own.database.transaction(async (tx) => {
      const { pid } = await tx.one<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await own.database.query('SELECT pg_terminate_backend($1, 5000)', [pid]);
      await tx.query('SELECT 1');
    });
    await expect(lost).rejects.toThrow();
    await expect(own.database.one('SELECT 1 AS n')).resolves.toEqual({ n: 1 });
  });
});

describe('settings', () => {
  test('a statement that takes too long is cancelled', async () => {
    const database = createDatabase(own.url, { statementTimeoutSeconds: 0.05 });
    const error = await database.query('SELECT pg_sleep(20)').catch((caught: unknown) => caught);
    expect(sqlState(error)).toBe('57014');
    await database.close();
  });

  test('an idle transaction is ended', async () => {
    const database = createDatabase(own.url, { idleTransactionTimeoutSeconds: 0.05 });
    const gone = Promise.withResolvers<void>();
    const idle = database.transaction(async (tx) => {
      // Its pid is not read: on a slow machine the transaction would have ended before that.
      await vi.waitFor(async () => {
        const inTransaction = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'`;
        expect(await own.database.query(inTransaction)).toEqual([]);
      }, patience);
      gone.resolve();
      await tx.query('SELECT 1');
    });
    await expect(idle).rejects.toThrow();
    await gone.promise;
    await database.close();
  });
});

describe('listen', () => {
  test('receives from when it resolves, per channel, until closed', async () => {
    const heard: string[] = [];
    const listening = await own.database.listen('runs', (payload) => heard.push(`runs ${payload}`));
    const other = await own.database.listen('Other "x"', (payload) => heard.push(`other ${payload}`));
    await own.database.query(
      `SELECT pg_notify('runs', '1'), pg_notify('Other "x"', '2'), pg_notify('nobody', '3')`,
    );
    await vi.waitFor(() => expect(heard).toEqual(['runs 1', 'other 2']), patience);
    await listening.close();
    await own.database.query(`SELECT pg_notify('runs', '4'), pg_notify('Other "x"', '5')`);
    await vi.waitFor(() => expect(heard).toEqual(['runs 1', 'other 2', 'other 5']), patience);
    await other.close();
  });

  test('reconnects after a lost connection, reports it, and continues to receive', async () => {
    const heard: (string | undefined)[] = [];
    const listening = await own.database.listen('again', (payload) => heard.push(payload));
    const { n } = await own.database.one<{ n: number }>(
      `SELECT count(pg_terminate_backend(pid)) AS n FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'LISTEN%'`,
    );
    expect(n).toBe(1);
    await vi.waitFor(() => expect(heard).toEqual([undefined]), patience);
    await own.database.query(`SELECT pg_notify('again', 'after')`);
    await vi.waitFor(() => expect(heard).toEqual([undefined, 'after']), patience);
    await listening.close();
  });
});

test('the error of a lost connection is reported without the connection, which has its keys', async () => {
  const errors: Error[] = [];
  const database = createDatabase(own.url, { onConnectionError: (error) => errors.push(error) });
  const { pid } = await database.one<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  await own.database.query('SELECT pg_terminate_backend($1)', [pid]);
  await vi.waitFor(() => expect(errors).toHaveLength(1), patience);
  expect(errors[0]).toMatchObject({ code: '57P01' });
  expect(errors[0]).not.toHaveProperty('client');
  await database.close();
});
