import { describe, expect, it } from 'vitest';
import { addColumn, evolve, readShopState } from '../testing/evolve-schema.ts';
import { ago } from '../../../../../testing/fixtures/relative-times.ts';
import { openSpool } from '../testing/open-spool.ts';
import { readAnswer } from '../testing/check-answer.ts';
import { readCapturedBody } from '../../../../../testing/fixtures/captured-bodies.ts';
import { seedRun } from '../testing/seed-run.ts';
import { setColumns } from '../../store/postgres/testing/set-columns.ts';
import { setUpReportingRun } from '../testing/reporting-run.ts';

const reporting = setUpReportingRun();
const { send, get, ask } = reporting;

const shop = readShopState();
const firstHash = shop.schemas[0].version_hash;
const second = evolve(shop, 'second', (tables) => {
  addColumn(tables['orders'], 'discount_code', 'text');
  addColumn(tables['customers'], 'email', 'text');
});
const third = evolve(second, 'third', (tables) => {
  addColumn(tables['orders'], 'amount', 'decimal', { precision: 38, scale: 9 });
});

const path = 'datasets/shop_data/tables/orders';
const table = () => ask('get_table_overview', path);

/** The first writer of the table. */
async function readWriter(at = path) {
  const { writers } = await ask('get_table_overview', at);
  const [writer] = writers;
  if (!writer) throw new Error('The table has no writer');
  return writer;
}

const loadTrace = (transactionId = 'first') =>
  send('trace', {
    ...(readCapturedBody('ok/002-trace') as Record<string, unknown>),
    transaction_id: transactionId,
  });

describe('a table', () => {
  it('has its schema, and the version and run that added and changed each column', async () => {
    for (const state of [shop, second, third]) await send('state', state);
    const { columns, versions, ...writer } = await readWriter();
    expect(writer).toMatchObject({
      pipeline_name: 'orders_pipeline',
      schema_name: 'shop',
      version_hash: 'third',
      parent: null,
      are_columns_cut: false,
      are_versions_cut: false,
    });
    const run = { id: reporting.seeded.run.id, job_ref: 'jobs.m.f', number: 1 };
    const column = (name: string) => columns.find((each) => each.name === name);
    expect(column('discount_code')).toMatchObject({
      data_type: 'text',
      added: { version_hash: 'second', job_run: run },
      changed: null,
    });
    expect(column('amount')).toMatchObject({
      data_type: 'decimal',
      added: { version_hash: firstHash, job_run: run },
      changed: { version_hash: 'third', job_run: run },
    });
    expect(versions.map(({ version_hash, changes_total }) => [version_hash, changes_total])).toEqual([
      ['third', 1],
      ['second', 1],
      [firstHash, 0],
    ]);
    expect(versions[1]?.changes).toMatchObject([{ kind: 'column_added', column: 'discount_code' }]);
  });

  it('has its loads with their runs, the jobs that load it, and its freshness', async () => {
    await send('state', shop);
    await loadTrace('first');
    await loadTrace('second');
    const { api, seeded } = reporting;
    const finishedAt = ago({ hours: 2 });
    await setColumns(
      api.testDatabase.database,
      'pipeline_runs',
      { createdAt: finishedAt, finishedAt },
      { workspaceId: seeded.workspaceId, transactionId: 'first' },
    );
    const { loads, jobs, freshness, destinations, loads_run_count: searched } = await table();
    const { tables } = await ask('get_dataset_overview', 'datasets/shop_data');
    const sum = tables.find(({ table_name: name }) => name === 'orders')?.rows_last_loaded ?? 0;
    // The dataset has what the attempt loaded, the table each of its two calls.
    const rows = sum / 2;
    expect(rows).toBeGreaterThan(0);
    expect(loads).toMatchObject([
      { pipeline_name: 'orders_pipeline', schema_name: 'shop', rows_loaded: rows },
      {
        loaded_at: finishedAt.toISOString(),
        rows_loaded: rows,
        job_run: { id: seeded.run.id, job_id: seeded.run.jobId, job_ref: 'jobs.m.f', number: 1 },
      },
    ]);
    expect(jobs).toMatchObject([{ job_ref: 'jobs.m.f', pipeline_name: 'orders_pipeline' }]);
    expect(freshness).toMatchObject({ state: 'not_scheduled', is_stale: false });
    expect(destinations).toEqual([{ name: 'duckdb', type: 'dlt.destinations.duckdb' }]);
    expect(searched).toBe(200);
  });

  it('finds a column in a version with more changes than are stored with it', async () => {
    const wide = evolve(shop, 'wide', (tables) => {
      for (let number = 0; number < 120; number += 1)
        addColumn(tables['customers'], `column_${number}`, 'text');
      addColumn(tables['orders'], 'late', 'text');
    });
    for (const state of [shop, wide]) await send('state', state);
    const { columns, are_versions_cut: isCut } = await readWriter();
    expect(columns.find(({ name }) => name === 'late')?.added?.version_hash).toBe('wide');
    expect(isCut).toBe(false);
  });

  it('reports that older versions are missing instead of guessing', async () => {
    let state = shop;
    await send('state', state);
    for (let number = 1; number <= 100; number += 1) {
      state = evolve(state, `version ${number}`, (tables) =>
        addColumn(tables['orders'], `column_${number}`, 'text'),
      );
      await send('state', state);
    }
    const { columns, versions, are_versions_cut: isCut } = await readWriter();
    expect([versions.length, isCut]).toEqual([100, true]);
    expect(columns.find(({ name }) => name === 'column_1')?.added?.version_hash).toBe('version 1');
    expect(columns.find(({ name }) => name === 'amount')?.added).toBeNull();
  });

  it('has each schema that writes it, the one that loaded it last first', async () => {
    await send('state', { ...shop, pipeline_name: 'a_pipeline' });
    await send('state', shop);
    await loadTrace();
    const listNames = async () => (await table()).writers.map(({ pipeline_name: name }) => name);
    expect(await listNames()).toEqual(['orders_pipeline', 'a_pipeline']);
    const trace = readCapturedBody('ok/002-trace') as Record<string, unknown>;
    await send('trace', { ...trace, pipeline_name: 'a_pipeline', transaction_id: 'another' });
    expect(await listNames()).toEqual(['a_pipeline', 'orders_pipeline']);
  });

  it('searches fewer runs for loads if their reports are large', async () => {
    await send('state', shop);
    for (const name of ['first', 'second', 'third']) await loadTrace(name);
    expect((await table()).loads).toHaveLength(3);
    await reporting.api.testDatabase.database.execute(
      `update pipeline_runs set facts = json_build_object('tables', (
                select json_agg(json_build_object('tableName', case number when 1 then 'orders' else md5(random()::text) end,
                                                  'schemaName', 'shop', 'rowsLoaded', 7))
                  from generate_series(1, 12000) as numbers (number)))
        where workspace_id = $1 and transaction_id = 'third'`,
      [reporting.seeded.workspaceId],
    );
    expect((await table()).loads.map((load) => load.rows_loaded)).toEqual([7]);
  });

  it('names the parent of a nested table', async () => {
    await send('state', shop);
    await loadTrace();
    expect((await readWriter('datasets/shop_data/tables/orders__lines')).parent).toBe('orders');
  });

  it.each(['datasets/shop_data/tables/none', 'datasets/none/tables/orders'])(
    'is not found at %s',
    async (missing) => {
      await send('state', shop);
      expect((await get(missing)).json()).toMatchObject({ code: 'not_found' });
    },
  );

  it('is not shown to other workspaces, nor to callers without access', async () => {
    await send('state', shop);
    const elsewhere = await seedRun(reporting.api);
    expect((await get(path, elsewhere)).json()).toMatchObject({ code: 'not_found' });
    const stranger = { ...reporting.seeded, owner: elsewhere.owner };
    expect((await get(path, stranger)).json()).toMatchObject({ status_code: 404 });
  });

  it('is unaffected by runs of another workspace that write a table of the same name', async () => {
    await send('state', shop);
    const elsewhere = await seedRun(reporting.api);
    await (
      await openSpool(reporting.api, elsewhere.run)
    )('state', third);
    const other = readAnswer('get_table_overview', await get(path, elsewhere));
    expect(other.writers[0]?.version_hash).toBe('third');
    expect((await readWriter()).version_hash).toBe(firstHash);
  });
});
