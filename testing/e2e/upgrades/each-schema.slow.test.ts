import type { TextQueryable } from '@pumphouse/server/store/postgres/pool.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDatabase } from '@pumphouse/server/store/postgres/pool.ts';
import { createEmptyTestDatabase, createTestDatabase, type TestDatabase } from '../../fixtures/postgres.ts';
import { createMigrationSteps, listMigrationFiles, numberOf } from '../../bench/migration-steps.ts';
import { createOnlineMigrations } from '@pumphouse/server/store/postgres/upgrades/online-migrations.ts';
import { createStore } from '@pumphouse/server/store/store.ts';
import { dropDatabase, runOnceUnused, silentLog, urlOfDatabase } from '../../fixtures/test-postgres.ts';
import { migrate } from '@pumphouse/server/store/postgres/upgrades/migrate.ts';
import { seedRows } from '../../bench/seed-history.ts';

/*
 * A database of each schema that ever was, with runs that were written over that schema, upgraded by one start and its
 * online migrations.
 */

const runs = 300;
const names = await listMigrationFiles();

/** Migrated from schema to schema, and copied at each. */
let base: TestDatabase;
let fresh: TestDatabase;
let folder: string;

beforeAll(async () => {
  base = await createEmptyTestDatabase();
  fresh = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-schemas-'));
});
afterAll(async () => {
  await base.drop();
  await fresh.drop();
  await rm(folder, { recursive: true, force: true });
});

/** 0036 writes the quarter of an hour in which it is applied into a function. */
const momentOfUpgrade = /'[^']+'::timestamp with time zone/;

/** Everything that migrations define, in the words of Postgres. */
async function describeSchema(sql: TextQueryable): Promise<string[]> {
  const rows = await sql.query<{ text: string }>(`
    select format('%s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default) as text
      from information_schema.columns where table_schema = 'public'
    union all
    select format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) from pg_constraint
     where connamespace = 'public'::regnamespace
    union all
    select pg_get_indexdef(indexrelid) || ' ' || indisvalid from pg_index
      join pg_class on pg_class.oid = indexrelid where relnamespace = 'public'::regnamespace
    union all
    select pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
    union all
    select pg_get_functiondef(oid) from pg_proc where pronamespace = 'public'::regnamespace
    order by 1`);
  return rows.map(({ text }) => text.replace(momentOfUpgrade, ''));
}

/** What the services read of the runs: the list, and sums that triggers or migrations have made. */
async function readRuns(sql: TextQueryable, workspaceId: string) {
  const store = createStore(sql);
  const list = await store.runOverviews.list(workspaceId, {});
  const buckets = { bucketSeconds: 366 * 86_400, origin: new Date(0) };
  const period = { start: new Date(0), end: new Date(Date.now() + 86_400_000) };
  const cells = await store.runCounts.sumQuarters(workspaceId, period, buckets);
  const rollups = await sql.one<{ count: number }>(
    `select sum(run_count)::int as count from pipeline_run_rollups where workspace_id = $1 and period = 'day'`,
    [workspaceId],
  );
  return {
    listed: await list.count(10_000),
    counted: cells.reduce((sum, { count }) => sum + count, 0),
    pipelineRuns: rollups.count,
    attempts: await sql.one('select count(*)::int as count from attempts'),
  };
}

it('an upgrade from each schema keeps its runs, and ends with the schema of a new database', async () => {
  const steps = createMigrationSteps(base.url, join(folder, 'base'));
  const schema = await describeSchema(fresh.database);
  expect(schema.length).toBeGreaterThan(500);
  for (const name of names) {
    await steps.apply(name);
    const copy = await copyBase(numberOf(name));
    try {
      const workspaceId = await seedRows(copy.database, { runs, pipelineRuns: runs, jobs: 10 });
      await upgrade(copy.url);
      expect(await describeSchema(copy.database), `upgraded from ${name}`).toEqual(schema);
      expect(await readRuns(copy.database, workspaceId), `upgraded from ${name}`).toEqual({
        listed: runs,
        counted: runs,
        pipelineRuns: runs,
        attempts: { count: runs },
      });
    } finally {
      await copy.drop();
    }
  }
});

async function copyBase(number: number) {
  const name = `pumphouse_schema_${process.pid}_${number}`;
  const source = new URL(base.url).pathname.slice(1);
  const adminUrl = urlOfDatabase(base.url, 'postgres');
  await runOnceUnused(adminUrl, `create database ${name} template ${source} strategy file_copy`);
  const url = urlOfDatabase(base.url, name);
  const database = createDatabase(url);
  return {
    url,
    database,
    async drop() {
      await database.close();
      await dropDatabase(url);
    },
  };
}

/** As a server does it: the start first, then its loop. */
async function upgrade(url: string): Promise<void> {
  await migrate(url);
  const online = createOnlineMigrations(url, { log: silentLog });
  const { signal } = new AbortController();
  while ((await online.advance(signal)) !== 'idle');
}
