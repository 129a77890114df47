import { describe, expect, it } from 'vitest';
import { defineJob } from '../testing/api-fixture.ts';
import { deployJobs } from '../testing/deployed-jobs.ts';
import { readAnswer } from '../testing/check-answer.ts';
import { readCapturedBody } from '../../../../../testing/fixtures/captured-bodies.ts';
import { addColumn, evolve, readShopState } from '../testing/evolve-schema.ts';
import { seedRun } from '../testing/seed-run.ts';
import { setUpReportingRun } from '../testing/reporting-run.ts';
import { setColumns } from '../../store/postgres/testing/set-columns.ts';

const reporting = setUpReportingRun();
const { send, get, ask } = reporting;

const shop = readShopState();
const shopTrace = () => readCapturedBody('ok/002-trace') as object;
const failedTrace = () => ({
  ...(readCapturedBody('fail_extract/001-trace') as object),
  pipeline_name: 'orders_pipeline',
});

const lineage = (query = '') => ask('get_lineage', `lineage${query}`);
const around = (key: string, more = '') => `?around=${encodeURIComponent(key)}${more}`;
const keysOf = ({ nodes }: Awaited<ReturnType<typeof lineage>>) => nodes.map(({ key }) => key);
const table = 'table:shop_data/orders';

async function load(): Promise<void> {
  await send('state', shop);
  await send('trace', shopTrace());
}

/** Deploys jobs besides the reporting one, which it keeps. */
async function deployFollowers(): Promise<void> {
  const { api, seeded } = reporting;
  await deployJobs(api, seeded.workspaceId, seeded.owner, [
    defineJob('jobs.m.f', { triggers: ['tag:nightly'] }),
    defineJob('jobs.m.report', { triggers: ['job.success:jobs.m.f'] }),
    defineJob('jobs.m.watch', { freshness: ['job.is_fresh:jobs.m.report'] }),
    defineJob('jobs.m.alone'),
  ]);
}

describe('the lineage of a workspace', () => {
  it('is empty before anything ran, and counts the jobs', async () => {
    expect(await lineage()).toEqual({
      nodes: [],
      edges: [],
      failures: [],
      unconnected_job_count: 1,
      is_truncated: false,
    });
  });

  it('leads from the job to what it loaded, with the state, age, rows and schema change of each', async () => {
    await load();
    await send(
      'state',
      evolve(shop, 'grown', (tables) => addColumn(tables['orders'], 'discount', 'text')),
    );
    const { nodes, edges, failures } = await lineage();
    const { last_run: run } = await ask('get_pipeline_overview', 'pipelines/orders_pipeline');
    expect(nodes).toMatchObject([
      {
        key: 'dataset:shop_data',
        rows_loaded: run?.rows_loaded,
        updated_at: run?.finished_at,
        schema_changed_at: expect.any(String) as string,
        dataset: { destination_names: ['duckdb'], table_count: 3, is_expanded: false },
      },
      {
        key: 'pipeline:orders_pipeline',
        is_failing: false,
        freshness_state: 'not_scheduled',
        rows_loaded: run?.rows_loaded,
        schema_changed_at: expect.any(String) as string,
        pipeline: { last_run: { id: run?.id }, freshness: { state: 'not_scheduled' } },
      },
      {
        key: 'job:jobs.m.f',
        is_failing: false,
        job: { ref: 'jobs.m.f', tags: [], last_run: { number: 1, status: 'running' } },
      },
    ]);
    const load1 = { last_at: run?.finished_at, rows_loaded: run?.rows_loaded, is_failed: false, text: null };
    expect(edges).toEqual([
      { from: 'job:jobs.m.f', to: 'pipeline:orders_pipeline', kind: 'runs', ...load1 },
      { from: 'pipeline:orders_pipeline', to: 'dataset:shop_data', kind: 'loads', ...load1 },
    ]);
    expect(failures).toEqual([]);
  });

  it('describes how jobs are tied, and has tags', async () => {
    await load();
    await deployFollowers();
    const { nodes, edges, unconnected_job_count: unconnected } = await lineage();
    expect(edges.filter(({ text }) => text !== null).map(({ kind, text }) => [kind, text])).toEqual([
      ['success', 'after m.f succeeds'],
      ['freshness', 'when m.report is fresh'],
    ]);
    expect(nodes.find(({ key }) => key === 'job:jobs.m.f')?.job?.tags).toEqual(['nightly']);
    expect(unconnected).toBe(1);
  });

  it('has tables only of expanded datasets, with the rows of their last load', async () => {
    await load();
    expect((await lineage()).nodes.some(({ kind }) => kind === 'table')).toBe(false);
    const { nodes } = await lineage('?expanded=shop_data&expanded=none');
    const overview = await ask('get_dataset_overview', 'datasets/shop_data');
    expect(nodes.find(({ key }) => key === table)).toMatchObject({
      name: 'orders',
      rows_loaded: overview.tables.find(({ table_name: name }) => name === 'orders')?.rows_last_loaded,
      schema_changed_at: expect.any(String) as string,
      table: { dataset_name: 'shop_data', pipeline_names: ['orders_pipeline'] },
    });
    expect(nodes.filter(({ kind }) => kind === 'table')).toHaveLength(3);
    expect(nodes.find(({ kind }) => kind === 'dataset')?.dataset?.is_expanded).toBe(true);
  });
});

describe('a failure in the lineage', () => {
  it('lists what is affected by a pipeline that failed after it had loaded', async () => {
    await load();
    await deployFollowers();
    await send('trace', { ...failedTrace(), transaction_id: 'later' });
    const { failures, nodes, edges } = await lineage('?expanded=shop_data');
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({ key: 'pipeline:orders_pipeline', is_cut: false });
    expect(failures[0]?.affected.map(({ key }) => key).toSorted()).toEqual(
      [
        'dataset:shop_data',
        'job:jobs.m.report',
        'job:jobs.m.watch',
        ...nodes.filter(({ kind }) => kind === 'table').map(({ key }) => key),
      ].toSorted(),
    );
    expect(nodes.find(({ kind }) => kind === 'pipeline')?.is_failing).toBe(true);
    expect(edges.find(({ kind }) => kind === 'runs')?.is_failed).toBe(true);
    expect(edges.find(({ kind }) => kind === 'loads')?.is_failed).toBe(false);
  });

  it('lists what is affected by a job that failed before its pipeline ran', async () => {
    await load();
    await deployFollowers();
    const { api, seeded } = reporting;
    await setColumns(
      api.testDatabase.database,
      'jobs',
      { failureCount: 2, failingSinceAt: new Date(Date.now() + 60_000) },
      { id: seeded.run.jobId },
    );
    const { failures } = await lineage();
    expect(failures.map(({ key }) => key)).toEqual(['job:jobs.m.f']);
    expect(failures[0]?.affected.map(({ key }) => key)).toEqual(
      expect.arrayContaining(['pipeline:orders_pipeline', 'dataset:shop_data', 'job:jobs.m.report']),
    );
  });
});

describe('the lineage around a node', () => {
  it.each(['job:jobs.m.f', 'pipeline:orders_pipeline', 'dataset:shop_data'])('%s', async (key) => {
    await load();
    expect(keysOf(await lineage(around(key))).toSorted()).toEqual([
      'dataset:shop_data',
      'job:jobs.m.f',
      'pipeline:orders_pipeline',
    ]);
    expect(keysOf(await lineage(around(key)))[0]).toBe(key);
  });

  it('has of a dataset that is not expanded only the table that was asked for', async () => {
    await load();
    expect(keysOf(await lineage(around(table)))).toEqual([
      table,
      'dataset:shop_data',
      'pipeline:orders_pipeline',
      'job:jobs.m.f',
    ]);
  });

  it('ends at the direction and the depth', async () => {
    await load();
    expect(keysOf(await lineage(around('pipeline:orders_pipeline', '&direction=upstream')))).toEqual([
      'pipeline:orders_pipeline',
      'job:jobs.m.f',
    ]);
    expect(keysOf(await lineage(around('job:jobs.m.f', '&depth=1')))).toHaveLength(2);
  });

  it.each(['job:jobs.none', 'pipeline:none', 'dataset:none', 'table:shop_data/none', 'table:%/x'])(
    'is 404 for %s',
    async (key) => {
      await load();
      expect((await get(`lineage${around(key)}`)).json()).toMatchObject({ code: 'not_found' });
    },
  );

  it.each([
    ['a key of another kind', 'around=column:x'],
    ['an empty key', 'around='],
    ['a long key', `around=job:${'x'.repeat(4000)}`],
    ['depth 0', 'depth=0'],
    ['depth 101', 'depth=101'],
    ['an unknown direction', 'direction=sideways'],
    ['many datasets', Array.from({ length: 11 }, (_, number) => `expanded=d${number}`).join('&')],
  ])('rejects %s', async (_what, query) => {
    expect((await get(`lineage?${query}`)).json()).toMatchObject({ code: 'invalid_request' });
  });

  it('does not show another workspace', async () => {
    await load();
    const other = await seedRun(reporting.api);
    expect(readAnswer('get_lineage', await get('lineage', other)).nodes).toEqual([]);
    const ours = { ...other, workspaceId: reporting.seeded.workspaceId };
    expect((await get('lineage', ours)).statusCode).toBe(404);
  });
});
