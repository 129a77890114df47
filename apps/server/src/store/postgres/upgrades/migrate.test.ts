import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createEmptyTestDatabase } from '@pumphouse/testing/fixtures/postgres.ts';
import type { TestDatabase } from '@pumphouse/testing/fixtures/postgres.ts';
import { migrate, migrateTo } from './migrate.ts';
import { MigrationError, readMigrations } from './migration-files.ts';

let own: TestDatabase;
let folder: string;

beforeEach(async () => {
  own = await createEmptyTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-migrations-'));
  await write(
    '0001_first.sql',
    '-- compatible\nCREATE TABLE first (id int);\nINSERT INTO first VALUES (1);\n',
  );
});

afterEach(async () => {
  await own.drop();
  await rm(folder, { recursive: true, force: true });
});

const write = (name: string, sql: string) => writeFile(join(folder, name), sql);
const migrateIt = () => migrate(own.url, { folder });

test('applies new files, in order, once', async () => {
  expect(await migrateIt()).toEqual(['0001_first.sql']);
  await write('0003_third.sql', '-- breaking\nINSERT INTO second VALUES (3);\n');
  await write('0002_second.sql', '-- compatible\nCREATE TABLE second (id int);\n');
  expect(await migrateIt()).toEqual(['0002_second.sql', '0003_third.sql']);
  expect(await migrateIt()).toEqual([]);
  const rows = await own.database.query(
    'SELECT number, name, compatibility, length(sha256) AS n FROM schema_migrations ORDER BY number',
  );
  expect(rows).toEqual([
    { number: 1, name: '0001_first.sql', compatibility: 'compatible', n: 64 },
    { number: 2, name: '0002_second.sql', compatibility: 'compatible', n: 64 },
    { number: 3, name: '0003_third.sql', compatibility: 'breaking', n: 64 },
  ]);
});

test('20 concurrent calls apply each file once', async () => {
  await write('0002_slow.sql', '-- compatible\nSELECT pg_sleep(0.05);\nINSERT INTO first VALUES (2);\n');
  const applied = await Promise.all(Array.from({ length: 20 }, migrateIt));
  expect(applied.flat()).toEqual(['0001_first.sql', '0002_slow.sql']);
  expect(await own.database.query('SELECT id FROM first ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }]);
});

test('a failing file is rolled back completely, and earlier ones stay', async () => {
  await write(
    '0002_bad.sql',
    '-- compatible\nINSERT INTO first VALUES (2);\nINSERT INTO nowhere VALUES (2);\n',
  );
  await expect(migrateIt()).rejects.toThrow(/0002_bad\.sql: .*nowhere/);
  expect(await own.database.query('SELECT id FROM first')).toEqual([{ id: 1 }]);
  await write('0002_bad.sql', '-- compatible\nINSERT INTO first VALUES (2);\n');
  expect(await migrateIt()).toEqual(['0002_bad.sql']);
});

test('an applied file is final', async () => {
  await migrateIt();
  await write('0001_first.sql', '-- compatible\nCREATE TABLE first (id bigint);\n');
  await expect(migrateIt()).rejects.toThrow(MigrationError);
  await expect(migrateIt()).rejects.toThrow('0001_first.sql has changed');
});

test('an older server accepts an unknown compatible migration, and rejects a breaking one', async () => {
  await write('0002_newer.sql', '-- compatible\nSELECT 1;\n');
  await migrateIt();
  await rm(join(folder, '0002_newer.sql'));
  expect(await migrateIt()).toEqual([]);

  await write('0003_newest.sql', '-- breaking\nSELECT 1;\n');
  await migrateIt();
  await rm(join(folder, '0003_newest.sql'));
  await expect(migrateIt()).rejects.toThrow(/newer Pumphouse \(0003_newest\.sql\)/);
});

test.each([
  ['0002_unmarked.sql', 'SELECT 1;\n', 'does not begin with a line'],
  ['0002_marked.sql', '-- compatible indeed\n', 'does not begin with a line'],
  ['2_short.sql', '-- compatible\n', 'is not named like'],
  ['0001_again.sql', '-- compatible\n', 'have the same number'],
  ['0002_online.sql', '-- online\n', 'has no statement'],
  ['0002_batches.sql', '-- online batches of first by id\nselect 1;\nselect 2;\n', 'more than one statement'],
  ['0002_later.sql', '-- compatible, requires 0001\n', 'requires 1, which is no online migration before it'],
])('rejects %s before it changes anything', async (name, sql, message) => {
  await write(name, sql);
  await expect(migrateIt()).rejects.toThrow(message);
  expect(await own.database.one("SELECT to_regclass('first') AS found")).toEqual({ found: null });
});

test('rejects a file that comes before an applied one', async () => {
  await write('0003_third.sql', '-- compatible\nSELECT 1;\n');
  await migrateIt();
  await write('0002_late.sql', '-- compatible\nSELECT 1;\n');
  await expect(migrateIt()).rejects.toThrow('0002_late.sql comes before 0003_third.sql');
});

test('an older server works with the schema of the next release, and not with that of the release after it', async () => {
  await write('0002_next.sql', '-- compatible\nSELECT 1;\n');
  await write('0003_after.sql', '-- compatible\nSELECT 1;\n');
  await migrateIt();
  await rm(join(folder, '0002_next.sql'));
  await rm(join(folder, '0003_after.sql'));
  const applyBy = (number: number, release: string) =>
    own.database.execute('update schema_migrations set release = $2 where number = $1', [number, release]);
  await applyBy(2, '9.1.0');
  await applyBy(3, '9.1.0');
  expect(await migrateIt()).toEqual([]);
  await applyBy(3, '9.2.0');
  await expect(migrateIt()).rejects.toThrow(
    /brought forward by Pumphouse 9\.2\.0, 2 releases after this one/,
  );
});

test('exactly the migrations of older data can be applied', async () => {
  await write('0002_second.sql', '-- compatible\nCREATE TABLE second (id int);\n');
  await write('0003_third.sql', '-- compatible\nCREATE TABLE third (id int);\n');
  const wanted = (await readMigrations(folder)).slice(0, 2);
  await migrateTo(own.url, wanted, folder);
  expect(await migrateIt()).toEqual(['0003_third.sql']);
  const changed = wanted.map((migration) => ({ ...migration, sha256: '00' }));
  await expect(migrateTo(own.url, changed, folder)).rejects.toThrow(/no migration 0001_first/);
});
