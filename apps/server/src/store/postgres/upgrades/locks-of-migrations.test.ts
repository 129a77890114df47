import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { LockLimits } from './apply-migration.ts';
import type { TestDatabase } from '@pumphouse/testing/fixtures/postgres.ts';
import { Client } from 'pg';
import { createEmptyTestDatabase } from '@pumphouse/testing/fixtures/postgres.ts';
import { migrate } from './migrate.ts';

let own: TestDatabase;
let folder: string;
let analyst: Client;

beforeEach(async () => {
  own = await createEmptyTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-locks-'));
  await writeFile(join(folder, '0001_first.sql'), '-- compatible\ncreate table loads (id int);');
  await migrate(own.url, { folder });
  await writeFile(join(folder, '0002_column.sql'), '-- compatible\nalter table loads add column kind text;');
  analyst = new Client({ connectionString: own.url, application_name: 'an analyst' });
  // It is cut when a failed test drops its database.
  analyst.on('error', () => undefined);
  await analyst.connect();
  await analyst.query('begin; select from loads');
});

afterEach(async () => {
  await analyst.end();
  await own.drop();
  await rm(folder, { recursive: true, force: true });
});

it('a migration lets writers pass while it waits for a long transaction, and says who holds the lock', async () => {
  const warned = Promise.withResolvers<object>();
  const log = { info: () => undefined, warn: (details: object) => warned.resolve(details) };
  const migrating = migrate(own.url, { folder, log });
  expect(await warned.promise).toEqual({
    migration: '0002_column.sql',
    holders: [
      {
        pid: expect.any(Number),
        application: 'an analyst',
        user: expect.any(String),
        seconds: expect.any(Number),
      },
    ],
  });
  const write = (tx: { execute(sql: string): Promise<number> }) => tx.execute('insert into loads values (1)');
  for (let count = 0; count < 10; count += 1)
    await own.database.transaction(write, { lockTimeoutMs: 20_000 });
  await analyst.query('commit');
  expect(await migrating).toEqual(['0002_column.sql']);
});

it('gives up after a time, and leaves nothing behind', async () => {
  const lockLimits: LockLimits = { statementMs: 400, pauseMs: 10, totalMs: 3000 };
  await expect(migrate(own.url, { folder, lockLimits })).rejects.toThrow(
    /^0002_column\.sql cannot lock a table for \d+ s\. The lock is held by pid \d+ \(an analyst, user \w+, in a transaction for \d+ s\)\. Wait for its end, or end it \(select pg_terminate_backend\(\d+\)\), then start the server again\.$/,
  );
  await analyst.query('commit');
  expect(await migrate(own.url, { folder })).toEqual(['0002_column.sql']);
});

it('a start that changes nothing waits for no lock', async () => {
  await analyst.query('commit');
  await migrate(own.url, { folder });
  await analyst.query('begin; lock table schema_migrations in share update exclusive mode');
  expect(
    await migrate(own.url, { folder, lockLimits: { statementMs: 100, pauseMs: 1, totalMs: 1 } }),
  ).toEqual([]);
});
