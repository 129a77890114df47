import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TestDatabase } from '@pumphouse/testing/fixtures/postgres.ts';
import { createEmptyTestDatabase } from '@pumphouse/testing/fixtures/postgres.ts';
import { Client } from 'pg';
import { createOnlineMigrations, onlineApplicationName } from './online-migrations.ts';
import { eventually } from '@pumphouse/testing/fixtures/eventually.ts';
import { migrate } from './migrate.ts';
import { batchRows } from './run-online-work.ts';

const log = { info: () => undefined, warn: () => undefined };
const rowCount = 3.5 * batchRows;
const { signal } = new AbortController();

let own: TestDatabase;
let folder: string;

beforeEach(async () => {
  own = await createEmptyTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-online-'));
  await write(
    '0001_first.sql',
    '-- compatible\ncreate table loads (id uuid primary key, size int, kind text);',
  );
  await migrate(own.url, { folder });
  await own.database.execute(
    `insert into loads select gen_random_uuid(), n from generate_series(1, ${rowCount}) as n`,
  );
});

afterEach(async () => {
  await own.drop();
  await rm(folder, { recursive: true, force: true });
});

const write = (name: string, sql: string) => writeFile(join(folder, name), sql);
const open = (workMs?: number) =>
  createOnlineMigrations(own.url, { log, folder, ...(workMs !== undefined && { workMs }) });

async function listApplied(): Promise<number[]> {
  const rows = await own.database.query<{ number: number }>(
    'select number from schema_migrations order by number',
  );
  return rows.map(({ number }) => number);
}

async function isIndexValid(name: string): Promise<boolean | null> {
  const row = await own.database.maybeOne<{ isValid: boolean }>(
    'select indisvalid as "isValid" from pg_index where indexrelid = to_regclass($1)',
    [name],
  );
  return row?.isValid ?? null;
}

const countKinds = async () =>
  (await own.database.one<{ count: number }>('select count(kind)::int as count from loads')).count;

/** A session with an open transaction. */
async function openSession(statement: string): Promise<Client> {
  const client = new Client({ connectionString: own.url, application_name: 'an analyst' });
  // It is cut when a failed test drops its database.
  client.on('error', () => undefined);
  await client.connect();
  await client.query('begin');
  await client.query(statement);
  return client;
}

/** Resolves to the backend of the online migration when it waits for a lock. */
async function awaitWaiting(): Promise<number> {
  const { pid } = await eventually('the migration waits for a lock', () =>
    own.database.maybeOne<{ pid: number }>(
      `select pid from pg_stat_activity
        where application_name = $1 and wait_event_type = 'Lock' and datname = current_database()`,
      [onlineApplicationName],
    ),
  );
  return pid;
}

describe('an index', () => {
  beforeEach(() =>
    write('0002_index.sql', '-- online\n-- Why.\ncreate index concurrently loads_size on loads (size);\n'),
  );

  it('is built by a server, not by the start, and recorded once it is valid', async () => {
    expect(await migrate(own.url, { folder })).toEqual([]);
    expect(await isIndexValid('loads_size')).toBeNull();
    expect(await open().advance(signal)).toBe('working');
    expect(await isIndexValid('loads_size')).toBe(true);
    expect(await listApplied()).toEqual([1, 2]);
    expect(await open().advance(signal)).toBe('idle');
  });

  it('is built again if its build was cut', async () => {
    const other = await openSession('lock table loads in row exclusive mode');
    const cut = open().advance(signal);
    const outcome = expect(cut).rejects.toThrow();
    const pid = await awaitWaiting();
    await own.database.query('select pg_terminate_backend($1)', [pid]);
    await outcome;
    expect(await isIndexValid('loads_size')).toBe(false);
    await other.end();
    expect(await open().advance(signal)).toBe('working');
    expect(await isIndexValid('loads_size')).toBe(true);
    expect(await listApplied()).toEqual([1, 2]);
  });

  it('does not keep a server from stopping, and another one from working later', async () => {
    const other = await openSession('lock table loads in row exclusive mode');
    const stopping = new AbortController();
    const stopped = open().advance(stopping.signal);
    await awaitWaiting();
    expect(await open().advance(signal)).toBe('elsewhere');
    stopping.abort();
    expect(await stopped).toBe('working');
    await other.end();
    expect(await open().advance(signal)).toBe('working');
    expect(await isIndexValid('loads_size')).toBe(true);
  });

  it('that was built already is recorded only', async () => {
    await own.database.execute('create index loads_size on loads (size)');
    expect(await open().advance(signal)).toBe('working');
    expect(await listApplied()).toEqual([1, 2]);
  });
});

describe('a backfill', () => {
  const backfill =
    "-- online batches of loads by id\nupdate loads set kind = coalesce(kind, '') || 'x' where id between $1 and $2;\n";
  beforeEach(() => write('0002_rows.sql', backfill));

  it('changes every row once, and goes on after each interruption', async () => {
    for (let batches = 1; batches <= 4; batches += 1) {
      expect(await open(0).advance(signal)).toBe('working');
      expect(await countKinds()).toBe(Math.min(batches * batchRows, rowCount));
    }
    expect(await listApplied()).toEqual([1]);
    expect(await open().advance(signal)).toBe('working');
    expect(await listApplied()).toEqual([1, 2]);
    const [{ kinds } = { kinds: null }] = await own.database.query<{ kinds: string[] }>(
      'select array_agg(distinct kind) as kinds from loads',
    );
    expect(kinds).toEqual(['x']);
    expect(await own.database.query('select from online_migrations')).toEqual([]);
  });

  it('waits for rows that others have locked, without keeping others', async () => {
    const other = await openSession(
      'update loads set size = 0 where id = (select max(id::text)::uuid from loads)',
    );
    const stopping = new AbortController();
    const stopped = open().advance(stopping.signal);
    await eventually('three batches are done', async () => (await countKinds()) === 3 * batchRows);
    await awaitWaiting();
    // The first row of the batch that waits.
    const { id } = await own.database.one<{ id: string }>(
      'select id from loads where kind is null order by id limit 1',
    );
    await own.database.transaction((tx) => tx.execute('update loads set size = 1 where id = $1', [id]), {
      lockTimeoutMs: 20_000,
    });
    stopping.abort();
    await stopped;
    await other.query('commit');
    await other.end();
    await open().advance(signal);
    expect(await countKinds()).toBe(rowCount);
  });

  it('is finished by a start whose migration requires it', async () => {
    await write(
      '0003_required.sql',
      '-- compatible, requires 0002\nalter table loads alter column kind set not null;',
    );
    await write('0004_later.sql', '-- online\ncreate index concurrently loads_kind on loads (kind);');
    const messages: string[] = [];
    const noting = {
      info: () => undefined,
      warn: (_: object, message: string) => void messages.push(message),
    };
    expect(await migrate(own.url, { folder, log: noting })).toEqual(['0002_rows.sql', '0003_required.sql']);
    expect(messages).toEqual(['the start waits for an online migration that a later migration requires']);
    expect(await listApplied()).toEqual([1, 2, 3]);
    expect(await countKinds()).toBe(rowCount);
  });

  it('that fails is recorded, and not tried again at once', async () => {
    await write('0002_rows.sql', backfill.replace("'x'", '(size / 0)::text'));
    await expect(open().advance(signal)).rejects.toThrow('0002_rows.sql: division by zero');
    expect(await open().advance(signal)).toBe('failed');
    const failure = await own.database.one('select failure, done_rows as done from online_migrations');
    expect(failure).toEqual({ failure: '0002_rows.sql: division by zero', done: 0 });
    await own.database.execute("update online_migrations set failed_at = failed_at - interval '11 minutes'");
    await write('0002_rows.sql', backfill);
    expect(await open().advance(signal)).toBe('working');
    expect(await countKinds()).toBe(rowCount);
  });
});

it('several statements run one after the other, each on its own', async () => {
  await own.database.execute('alter table loads add constraint sized check (size > 0) not valid');
  await write(
    '0002_both.sql',
    '-- online\nalter table loads validate constraint sized;\n\ncreate unique index concurrently loads_size on loads (size);\n',
  );
  expect(await open().advance(signal)).toBe('working');
  expect(await isIndexValid('loads_size')).toBe(true);
  expect(
    await own.database.one("select convalidated as ok from pg_constraint where conname = 'sized'"),
  ).toEqual({
    ok: true,
  });
});

it('an empty schema gets online migrations at once', async () => {
  const empty = await createEmptyTestDatabase();
  try {
    await write('0002_index.sql', '-- online\ncreate index concurrently loads_size on loads (size);\n');
    const starts = await Promise.all([1, 2, 3].map(() => migrate(empty.url, { folder })));
    expect(starts.flat()).toEqual(['0001_first.sql', '0002_index.sql']);
  } finally {
    await empty.drop();
  }
});
