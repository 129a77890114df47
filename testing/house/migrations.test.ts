import type { Migration } from '@pumphouse/server/store/postgres/upgrades/migration-files.ts';
import { describe, expect, it } from 'vitest';
import { checkOnlineStatements } from './migrations/online-rules.ts';
import { checkStartStatement } from './migrations/start-rules.ts';
import { findNodes, parseStatements } from './migrations/syntax.ts';
import {
  parseMigration,
  readOwnMigrations,
} from '@pumphouse/server/store/postgres/upgrades/migration-files.ts';

/** Migrations up to this one had landed before the rules, and never change. */
const lastExempt = 60;

type Checked = Pick<Migration, 'number' | 'sql' | 'online' | 'requires'>;

/** Returns what may block writers of a large table for long, or cannot be repeated. */
async function checkMigration(migration: Checked, earlier: readonly Checked[]): Promise<string[]> {
  const statements = await parseStatements(migration.sql);
  if (migration.online) return checkOnlineStatements(migration.online, statements);
  const context = {
    smallTables: new Set([...readSmallTables(migration.sql), ...listCreatedTables(statements)]),
    validatedTables: await listValidatedTables(
      earlier.filter(({ online, number }) => online && number <= (migration.requires ?? 0)),
    ),
  };
  return statements.flatMap((statement) => checkStartStatement(statement, context));
}

/** `-- small tables: a, b: the reason` */
function readSmallTables(sql: string): string[] {
  return [...sql.matchAll(/^-- small tables: ([a-z_, ]+): .{10,}$/gm)].flatMap(([, names = '']) =>
    names.split(',').map((name) => name.trim()),
  );
}

function listCreatedTables(statements: readonly unknown[]): string[] {
  return findNodes(statements, 'CreateStmt').map(({ relation }) =>
    String(findNodes({ RangeVar: relation }, 'RangeVar')[0]?.['relname']),
  );
}

async function listValidatedTables(migrations: readonly Checked[]): Promise<Set<string>> {
  const statements = await Promise.all(migrations.map(({ sql }) => parseStatements(sql)));
  const validations = findNodes(statements, 'AlterTableStmt').filter((statement) =>
    findNodes(statement, 'AlterTableCmd').some(({ subtype }) => subtype === 'AT_ValidateConstraint'),
  );
  return new Set(
    validations.map(({ relation }) => String(findNodes({ RangeVar: relation }, 'RangeVar')[0]?.['relname'])),
  );
}

function define(number: number, sql: string): Checked {
  return { number, sql, ...parseMigration(`${number}`, sql) };
}

it('new migrations never block writers of large tables for long', async () => {
  const migrations = await readOwnMigrations();
  const problems = await Promise.all(
    migrations
      .filter(({ number }) => number > lastExempt)
      .map(async (migration) =>
        (await checkMigration(migration, migrations)).map((text) => [migration.name, text]),
      ),
  );
  expect(problems.flat()).toEqual([]);
});

describe('a migration of the start', () => {
  const check = (sql: string) => checkMigration(define(99, `-- compatible\n${sql}`), []);

  it.each([
    ['create index runs_x on job_runs (x);', /An index on job_runs blocks writes/],
    ['create index concurrently runs_x on job_runs (x);', /cannot be built concurrently in a transaction/],
    [
      'alter table job_runs add column x uuid default gen_random_uuid();',
      /default of job_runs\.x may differ/,
    ],
    ['alter table job_runs add column x int check (x > 0);', /CONSTR_CHECK of the new column job_runs\.x/],
    ['alter table job_runs add column x uuid references jobs;', /CONSTR_FOREIGN of the new column/],
    ['alter table job_runs add column x int unique;', /CONSTR_UNIQUE of the new column/],
    ['alter table job_runs add column x int generated always as (1) stored;', /CONSTR_GENERATED/],
    ['alter table job_runs alter column x type text;', /A new type writes job_runs again/],
    ['alter table job_runs alter column x set not null;', /SET NOT NULL reads all rows of job_runs/],
    ['alter table job_runs add constraint x check (y > 0);', /Add it as not valid/],
    ['alter table job_runs add constraint x foreign key (y) references jobs;', /Add it as not valid/],
    ['alter table job_runs add constraint x unique (y);', /CONSTR_UNIQUE of job_runs builds an index/],
    ['alter table job_runs validate constraint x;', /VALIDATE reads all rows/],
    ['alter table job_runs set unlogged;', /AT_SetUnLogged of job_runs may write it again/],
    ['update job_runs set x = 1 where y = 2;', /reads or changes rows of job_runs/],
    ['delete from attempts;', /reads or changes rows of attempts/],
    ['with old as (delete from attempts returning id) select from old;', /reads or changes rows of attempts/],
    ['truncate attempts;', /reads or changes rows of attempts/],
    ['create table counts (n int); insert into counts select count(*) from job_runs;', /rows of job_runs/],
    ['create table counts as select count(*) from job_runs;', /rows of job_runs/],
    ['lock table job_runs;', /LOCK of job_runs blocks writes/],
    ['do $$ begin delete from job_runs; end $$;', /A DO block hides its statements/],
    ['-- small tables: backfills: x\nupdate backfills set x = 1;', /rows of backfills/],
  ])('%s', async (sql, message) => {
    expect(await check(sql)).toEqual([expect.stringMatching(message)]);
  });

  it.each([
    'alter table job_runs add column x text, add column y int not null default 0, add column z timestamptz default now();',
    'alter table job_runs drop constraint x; alter table job_runs add constraint x check (y > 0) not valid;',
    'alter table job_runs add constraint x unique using index y;',
    'create table a (id int primary key, run uuid references job_runs); create index a_run on a (run); insert into a values (1);',
    '-- small tables: backfills: some thousand rows in years\nupdate backfills set x = 1;',
    'create function f() returns trigger language plpgsql as $$ begin delete from job_runs; end $$;',
    'drop index job_runs_x;',
  ])('may: %s', async (sql) => {
    expect(await check(sql)).toEqual([]);
  });

  it('may set NOT NULL if it requires the validated check', async () => {
    const validated = define(98, '-- online\nalter table job_runs validate constraint x;');
    const sql = 'alter table job_runs alter column x set not null;';
    const requiring = define(99, `-- compatible, requires 0098\n${sql}`);
    expect(await checkMigration(requiring, [validated])).toEqual([]);
    expect(await checkMigration(define(99, `-- compatible\n${sql}`), [validated])).not.toEqual([]);
  });
});

describe('an online migration', () => {
  const check = (sql: string) => checkMigration(define(99, `-- online${sql}`), []);

  it.each([
    ['\ncreate index x on job_runs (x);', /Build it concurrently/],
    ['\ncreate index concurrently on job_runs (x);', /Name the index/],
    ['\ndrop index concurrently x;', /IF EXISTS/],
    ['\nalter table job_runs add column x int;', /builds or drops an index/],
    ['\nupdate job_runs set x = 1;', /builds or drops an index/],
    ['\nalter table a validate constraint x; alter table a validate constraint y;', /at other places/],
    [' batches of job_runs by id\nupdate job_runs set x = 1 where id > $1;', /limited by "id between/],
    [
      ' batches of job_runs by id\nupdate job_runs set x = 1 where x between $1 and $2;',
      /limited by "id between/,
    ],
    [
      ' batches of job_runs by id\nselect from job_runs where id between $1 and $2;',
      /one UPDATE, DELETE or INSERT/,
    ],
  ])('%s', async (sql, message) => {
    expect(await check(sql)).toEqual([expect.stringMatching(message)]);
  });

  it.each([
    '\ncreate unique index concurrently x on job_runs (x);\ndrop index concurrently if exists y;\n',
    '\nalter table a validate constraint x, validate constraint y;',
    ' batches of job_runs by id\nupdate job_runs set x = 1 where job_runs.id between $1 and $2 and x is null;',
  ])('may:%s', async (sql) => {
    expect(await check(sql)).toEqual([]);
  });
});
