import type { RouteResponse } from '@pumphouse/contract';
import { describe, expect, it } from 'vitest';
import { addColumn, evolve, readShopState } from '../testing/evolve-schema.ts';
import { openSpool } from '../testing/open-spool.ts';
import { readCapturedBody } from '../../../../../testing/fixtures/captured-bodies.ts';
import { seedRun } from '../testing/seed-run.ts';
import { setUpReportingRun } from '../testing/reporting-run.ts';

const reporting = setUpReportingRun();
const { send, get, ask } = reporting;

const shop = readShopState();
const firstHash = shop.schemas[0].version_hash;
const second = evolve(shop, 'second/+hash=', (tables) => {
  addColumn(tables['orders'], 'discount_code', 'text');
  addColumn(tables['customers'], 'name__v_json', 'json', { variant: true });
});
const third = evolve(second, 'third', (tables) => {
  delete tables['customers'];
  addColumn(tables['orders'], 'amount', 'decimal', { precision: 38, scale: 9 });
});

const versionsPath = 'pipelines/orders_pipeline/schemas/shop/versions';
const versionPath = (hash: string) => `${versionsPath}/${encodeURIComponent(hash)}`;
const hashesOf = (page: { items: { version_hash: string }[] }) => page.items.map((item) => item.version_hash);

const describeChanges = ({ changes }: RouteResponse<'compare_schema_versions'>) =>
  changes.map(
    ({ kind, table, column, before, after }) => `${kind} ${table}.${column}: ${before} -> ${after}`,
  );

describe('the list of schema changes', () => {
  it('lists what each version changed, newest first, with the run', async () => {
    for (const state of [shop, second, third]) await send('state', state);
    const page = await ask('list_schema_changes', 'schema-changes');
    expect(
      page.items.map(({ version_hash, base_hash, version, changes_total }) => [
        version_hash,
        base_hash,
        version,
        changes_total,
      ]),
    ).toEqual([
      ['third', 'second/+hash=', 4, 2],
      ['second/+hash=', firstHash, 3, 2],
      [firstHash, null, 2, 1],
    ]);
    expect(page.items[1]).toMatchObject({
      pipeline_name: 'orders_pipeline',
      schema_name: 'shop',
      dataset_name: 'shop_data',
      job_run: {
        id: reporting.seeded.run.id,
        job_id: reporting.seeded.run.jobId,
        job_ref: 'jobs.m.f',
        number: 1,
      },
      table_count: 3,
      column_count: 9,
      counts: { columns_added: 2, type_conflicts: 1, tables_added: 0 },
      changes: [
        { kind: 'type_conflict', table: 'customers', column: 'name__v_json', before: 'text', after: 'json' },
        { kind: 'column_added', table: 'orders', column: 'discount_code', before: null, after: 'text' },
      ],
    });
    expect(page.items[2]?.changes).toEqual([
      {
        kind: 'schema_created',
        table: null,
        column: null,
        hint: null,
        before: null,
        after: '3 tables, 7 columns',
      },
    ]);
  });

  it('lists a version once, however many runs report it', async () => {
    await send('state', shop);
    await send('state', shop);
    await (
      await openSpool(reporting.api, reporting.seeded.run)
    )('state', shop);
    expect(hashesOf(await ask('list_schema_changes', 'schema-changes'))).toEqual([firstHash]);
  });

  it('compares with the version dlt names, even when others were reported since', async () => {
    const elsewhere = evolve(shop, 'of another branch', (tables) => addColumn(tables['orders'], 'x', 'text'));
    for (const state of [shop, elsewhere, second]) await send('state', state);
    const bases = (await ask('list_schema_changes', 'schema-changes')).items.map((item) => item.base_hash);
    expect(bases).toEqual([firstHash, firstHash, null]);
  });

  it('compares with the previous version when dlt names no known one', async () => {
    const orphan = structuredClone(second);
    orphan.schemas[0].previous_hashes = ['unknown'];
    await send('state', shop);
    await send('state', orphan);
    expect((await ask('list_schema_changes', 'schema-changes')).items[0]).toMatchObject({
      base_hash: firstHash,
      changes_total: 2,
    });
  });

  it('is filtered by pipeline, dataset, schema, job and run, and paged', async () => {
    for (const state of [shop, second, third, readCapturedBody('ok/004-state')]) await send('state', state);
    const count = async (query: string) =>
      (await ask('list_schema_changes', `schema-changes?${query}`)).items.length;
    expect(await count('pipeline_name=orders_pipeline')).toBe(3);
    expect(await count('pipeline_name=orders_pipeline&pipeline_name=events_pipeline')).toBe(4);
    expect(await count('dataset_name=event_data')).toBe(1);
    expect(await count('schema_name=shop&dataset_name=event_data')).toBe(0);
    expect(await count(`job_run_id=${reporting.seeded.run.id}`)).toBe(4);
    expect(await count(`job_id=${reporting.seeded.run.jobId}`)).toBe(4);
    expect(await count(`job_id=${reporting.seeded.run.id}`)).toBe(0);
    const all = hashesOf(await ask('list_schema_changes', 'schema-changes'));
    const walked: string[] = [];
    let cursor: string | null | undefined = '';
    do {
      const next: RouteResponse<'list_schema_changes'> = await ask(
        'list_schema_changes',
        `schema-changes?limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      expect(next.total).toBe(4);
      walked.push(...hashesOf(next));
      cursor = next.next_cursor;
    } while (cursor);
    expect(walked).toEqual(all);
  });

  it('shows at most 50 changes of a version, with the total count', async () => {
    const wide = evolve(shop, 'wide', (tables) => {
      for (let n = 0; n < 120; n += 1) addColumn(tables['orders'], `c${n}`, 'text');
    });
    await send('state', shop);
    await send('state', wide);
    const [row] = (await ask('list_schema_changes', 'schema-changes')).items;
    expect([row?.changes.length, row?.changes_total, row?.counts.columns_added]).toEqual([50, 120, 120]);
    const difference = await ask('compare_schema_versions', `${versionPath('wide')}/difference`);
    expect(difference.changes).toHaveLength(120);
  });

  it('survives documents that are not schemas', async () => {
    const hostile = {
      ...shop,
      schemas: [{ name: 'shop', version_hash: 'h', tables: { a: [], b: { columns: { c: 5 } } } }],
    };
    await send('state', shop);
    await send('state', hostile);
    const [row] = (await ask('list_schema_changes', 'schema-changes')).items;
    expect(row).toMatchObject({ version_hash: 'h', table_count: 0, counts: { tables_removed: 3 } });
    expect((await ask('get_schema_version', versionPath('h'))).tables).toEqual([]);
  });
});

describe('a pipeline’s schemas', () => {
  it('are listed with the last reported version, which may be an older one again', async () => {
    for (const state of [shop, second, third]) await send('state', state);
    const latest = async () => {
      const { schemas } = await ask('list_pipeline_schemas', 'pipelines/orders_pipeline/schemas');
      return schemas.map((schema) => [schema.schema_name, schema.version_count, schema.latest.version_hash]);
    };
    expect(await latest()).toEqual([['shop', 3, 'third']]);
    await send('state', second);
    expect(await latest()).toEqual([['shop', 3, 'second/+hash=']]);
    expect(await ask('get_schema_version', versionPath('second/+hash='))).toMatchObject({ is_latest: true });
    expect(await ask('get_schema_version', versionPath('third'))).toMatchObject({ is_latest: false });
  });

  it('have a paged history', async () => {
    for (const state of [shop, second, third]) await send('state', state);
    expect(hashesOf(await ask('list_schema_versions', versionsPath))).toEqual([
      'third',
      'second/+hash=',
      firstHash,
    ]);
    const page = await ask('list_schema_versions', `${versionsPath}?limit=2`);
    const rest = await ask('list_schema_versions', `${versionsPath}?limit=2&cursor=${page.next_cursor}`);
    expect(hashesOf(rest)).toEqual([firstHash]);
    const other = await get(`schema-changes?cursor=${page.next_cursor}`);
    expect(other.json()).toMatchObject({ code: 'invalid_request' });
  });

  it('have versions with tables, columns and references', async () => {
    await send('state', third);
    const version = await ask('get_schema_version', versionPath('third'));
    expect(version).toMatchObject({
      is_cut: false,
      is_latest: true,
      base_hash: null,
      destination_name: 'duckdb',
    });
    expect(
      version.tables.map(({ name, parent, write_disposition, resource }) => [
        name,
        parent,
        write_disposition,
        resource,
      ]),
    ).toEqual([
      ['orders', null, 'merge', 'orders'],
      ['orders__lines', 'orders', null, null],
    ]);
    const column = (name: string) => version.tables[0]?.columns.find((each) => each.name === name);
    expect(column('id')).toMatchObject({
      primary_key: true,
      nullable: false,
      data_type: 'bigint',
      is_dlt: false,
    });
    expect(column('amount')).toMatchObject({ data_type: 'decimal', precision: 38, scale: 9 });
    expect(column('_dlt_load_id')).toMatchObject({ is_dlt: true });
    expect(version.references).toEqual([
      {
        kind: 'parent',
        table: 'orders__lines',
        columns: ['_dlt_parent_id'],
        referenced_table: 'orders',
        referenced_columns: ['_dlt_id'],
        label: null,
        cardinality: null,
      },
    ]);
  });

  it('can be compared with the previous version or any other', async () => {
    for (const state of [shop, second, third]) await send('state', state);
    const compare = (hash: string, base?: string) =>
      ask(
        'compare_schema_versions',
        `${versionPath(hash)}/difference${base === undefined ? '' : `?base_hash=${encodeURIComponent(base)}`}`,
      );
    expect(describeChanges(await compare('third'))).toEqual([
      'table_removed customers.null: 3 columns -> null',
      'data_type_changed orders.amount: double -> decimal(38,9)',
    ]);
    expect(describeChanges(await compare('third', firstHash))).toEqual([
      'table_removed customers.null: 2 columns -> null',
      'column_added orders.discount_code: null -> text',
      'data_type_changed orders.amount: double -> decimal(38,9)',
    ]);
    expect(describeChanges(await compare(firstHash, 'third'))).toEqual([
      'table_added customers.null: null -> 2 columns',
      'column_removed orders.discount_code: text -> null',
      'data_type_changed orders.amount: decimal(38,9) -> double',
    ]);
    expect(await compare(firstHash)).toMatchObject({ base_hash: null, changes_total: 1 });
    const unknown = await get(`${versionPath('third')}/difference?base_hash=unknown`);
    expect(unknown.json()).toMatchObject({
      code: 'not_found',
      detail: expect.stringContaining('unknown') as string,
    });
  });

  it('are found under the longest names that dlt sends', async () => {
    const name = 'ü'.repeat(256);
    await send('state', { ...shop, pipeline_name: name });
    const { schemas } = await ask('list_pipeline_schemas', `pipelines/${encodeURIComponent(name)}/schemas`);
    expect(schemas).toHaveLength(1);
  });

  it.each([
    'pipelines/nobody/schemas',
    'pipelines/orders_pipeline/schemas/other/versions',
    versionPath('x'),
    `${versionPath('x')}/difference`,
  ])('are not found at %s', async (path) => {
    await send('state', shop);
    expect((await get(path)).json()).toMatchObject({ code: 'not_found', status_code: 404 });
    const elsewhere = await seedRun(reporting.api);
    expect((await get(path, elsewhere)).json()).toMatchObject({ code: 'not_found', status_code: 404 });
  });
});

describe('the combined schema changes of several runs', () => {
  it('are summed up per run, with first versions separate', async () => {
    const other = await seedRun(reporting.api);
    await send('state', shop);
    const later = await openSpool(reporting.api, other.run);
    await later('state', shop);
    for (const state of [second, third]) await send('state', state);
    const { schemaChanges } = reporting.api.persistence.store;
    const summaries = await schemaChanges.summarizeByRun([
      reporting.seeded.run.id,
      other.run.id,
      reporting.seeded.workspaceId,
    ]);
    expect([...summaries.keys()].toSorted()).toEqual([reporting.seeded.run.id, other.run.id].toSorted());
    expect(summaries.get(other.run.id)).toMatchObject({
      createdSchemaCount: 1,
      changeCount: 0,
      firstChange: null,
    });
    expect(summaries.get(reporting.seeded.run.id)).toMatchObject({
      jobRunId: reporting.seeded.run.id,
      createdSchemaCount: 1,
      changeCount: 4,
      firstChange: { kind: 'type_conflict', column: 'name__v_json' },
    });
  });
});
