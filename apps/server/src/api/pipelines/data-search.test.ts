import { describe, expect, it } from 'vitest';
import { addColumn, evolve, readShopState, type SentState } from '../testing/evolve-schema.ts';
import { readCapturedBody } from '../../../../../testing/fixtures/captured-bodies.ts';
import { seedRun } from '../testing/seed-run.ts';
import { setUpReportingRun } from '../testing/reporting-run.ts';

const reporting = setUpReportingRun();
const { send, get, ask } = reporting;

const shop = readShopState();

/** Each found name as `kind dataset.table.column`. */
async function search(text: string, others = ''): Promise<string[]> {
  const { items } = await ask('search_data', `data-search?q=${encodeURIComponent(text)}${others}`);
  return items.map(({ kind, dataset_name: dataset, table_name: table, column_name: column }) =>
    [kind, [dataset, table, column].filter((name) => name !== null).join('.')].join(' '),
  );
}

/** Sets the columns of all schemas back to what a server of the previous release leaves. */
const forgetColumns = () =>
  reporting.api.testDatabase.database.execute(
    'update dataset_schemas set column_tables = null, column_names = null, columns_version_hash = null',
  );

const fill = () => reporting.api.services.fillDatasetColumns();

describe('the search for data', () => {
  it('finds datasets, tables and columns, equal names first, then names with that start', async () => {
    await send('state', shop);
    expect(await search('orders')).toEqual(['table shop_data.orders', 'table shop_data.orders__lines']);
    expect(await search('AMOUNT')).toEqual(['column shop_data.orders.amount']);
    expect(await search('shop')).toEqual(['dataset shop_data']);
    expect(await search('rder')).toEqual(['table shop_data.orders', 'table shop_data.orders__lines']);
    expect(await search('none_of_this')).toEqual([]);
  });

  it('takes words between spaces and dots as parts of the whole name', async () => {
    await send('state', shop);
    expect(await search('orders.amount')).toEqual(['column shop_data.orders.amount']);
    expect(await search('amount orders')).toEqual(['column shop_data.orders.amount']);
    expect(await search('customers amount')).toEqual([]);
  });

  it('takes the signs of patterns literally', async () => {
    await send(
      'state',
      evolve(shop, 'odd', (tables) => addColumn(tables['orders'], '100%_a\\b', 'text')),
    );
    expect(await search('%_a\\b')).toEqual(['column shop_data.orders.100%_a\\b']);
    expect(await search('o_d_r')).toEqual([]);
    expect(await search('%')).toEqual(['column shop_data.orders.100%_a\\b']);
  });

  it('leaves out the columns of dlt, and those that the last version does not have', async () => {
    const renamed = evolve(shop, 'renamed', (tables) => {
      delete tables['orders']?.columns['amount'];
      addColumn(tables['orders'], 'total', 'double');
    });
    await send('state', shop);
    await send('state', renamed);
    expect(await search('amount')).toEqual([]);
    expect(await search('total')).toEqual(['column shop_data.orders.total']);
    expect(await search('_dlt_id')).toEqual([]);
    // The pipeline goes back to a version that is stored already.
    await send('state', shop);
    expect(await search('amount')).toEqual(['column shop_data.orders.amount']);
  });

  it('lists a table once, however many pipelines write it', async () => {
    await send('state', { ...shop, pipeline_name: 'another' });
    await send('state', shop);
    expect(await search('customers')).toEqual(['table shop_data.customers']);
  });

  it('has as many names as asked for, and tells that there are more', async () => {
    await send('state', shop);
    expect(await search('orders', '&limit=1')).toEqual(['table shop_data.orders']);
    expect((await ask('search_data', 'data-search?q=orders&limit=1')).is_cut).toBe(true);
    expect((await ask('search_data', 'data-search?q=orders&limit=2')).is_cut).toBe(false);
    expect((await get('data-search?q=orders&limit=101')).statusCode).toBe(400);
    expect((await get(`data-search?q=${'a'.repeat(301)}`)).statusCode).toBe(400);
    expect(await search(' . ')).toEqual([]);
  });

  it('is limited to the workspace, and to callers with access', async () => {
    await send('state', shop);
    const elsewhere = await seedRun(reporting.api);
    expect((await get('data-search?q=orders', elsewhere)).json()).toMatchObject({ items: [] });
    const stranger = { ...reporting.seeded, owner: elsewhere.owner };
    expect((await get('data-search?q=orders', stranger)).statusCode).toBe(404);
  });

  it('finds columns that a server of the previous release stored, once they are filled in', async () => {
    const events = readCapturedBody('ok/004-state') as SentState;
    await send('state', shop);
    await send('state', events);
    await forgetColumns();
    expect(await search('amount')).toEqual([]);
    expect(await search('orders')).toHaveLength(2);
    expect(await fill()).toBeGreaterThanOrEqual(2);
    expect(await search('amount')).toEqual(['column shop_data.orders.amount']);
    expect(await fill()).toBe(0);
  });

  it('is filled by several servers together, each schema once', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await send('state', { ...shop, pipeline_name: name });
    await fill();
    await forgetColumns();
    const counts = await Promise.all([fill(), fill()]);
    const total = counts.reduce((sum, count) => sum + count, 0);
    expect(total).toBeGreaterThanOrEqual(4);
    expect(await search('amount')).toEqual(['column shop_data.orders.amount']);
    expect(await fill()).toBe(0);
  });
});
