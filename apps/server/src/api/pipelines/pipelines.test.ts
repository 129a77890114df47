import type { RouteResponse } from '@pumphouse/contract';
import { describe, expect, it } from 'vitest';
import { addColumn, evolve, readShopState } from '../testing/evolve-schema.ts';
import { defineJob } from '../testing/api-fixture.ts';
import { openSpool, type Send } from '../testing/open-spool.ts';
import { readAnswer } from '../testing/check-answer.ts';
import { readCapturedBody } from '../../../../../testing/fixtures/captured-bodies.ts';
import { seedRun } from '../testing/seed-run.ts';
import { setUpReportingRun } from '../testing/reporting-run.ts';
import type { JobColumns } from '../../store/postgres/testing/jobs.ts';
import { ago } from '../../../../../testing/fixtures/relative-times.ts';
import { setColumns } from '../../store/postgres/testing/set-columns.ts';
import { setJob } from '../../store/postgres/testing/jobs.ts';
import type { Span } from '../../../../../testing/fixtures/relative-times.ts';

const reporting = setUpReportingRun();
const { send, get, ask } = reporting;

const shop = readShopState();
const grown = evolve(shop, 'grown', (tables) => addColumn(tables['orders'], 'discount_code', 'text'));

const shopTrace = () => readCapturedBody('ok/002-trace') as Record<string, unknown>;

/** The same trace for another run; `changes` apply to its top level. */
function again(transactionId: string, changes: object = {}): object {
  return { ...shopTrace(), transaction_id: transactionId, ...changes };
}

/** Moves a trace, which was just sent, into the past. */
async function moveBack(transactionId: string, span: Span): Promise<void> {
  const { api, seeded } = reporting;
  const finishedAt = ago(span);
  const startedAt = new Date(finishedAt.getTime() - 60_000);
  await setColumns(
    api.testDatabase.database,
    'pipeline_runs',
    { createdAt: finishedAt, startedAt, finishedAt },
    { workspaceId: seeded.workspaceId, transactionId },
  );
  const of = { workspaceId: seeded.workspaceId };
  await setColumns(api.testDatabase.database, 'pipeline_results', { createdAt: finishedAt }, of);
}

async function setTriggers(triggers: string[], others: JobColumns = {}): Promise<void> {
  const { api, seeded } = reporting;
  await setJob(api.testDatabase.database, { id: seeded.run.jobId }, { triggers, ...others });
}

describe('the overview of a pipeline', () => {
  const overview = () => ask('get_pipeline_overview', 'pipelines/orders_pipeline');
  const sendAsNextAttempt: Send = async (kind, body) =>
    (await openSpool(reporting.api, reporting.seeded.run))(kind, body);

  it('counts what an attempt did in several calls as one run', async () => {
    await send('state', shop);
    await send('trace', shopTrace());
    const once = await overview();
    const rowsOf = ({ tables }: typeof once, times = 1) =>
      tables.map((table) => [table.table_name, times * (table.rows_last_loaded ?? 0), table.run_count]);
    await sendAsNextAttempt('trace', again('a'));
    for (const call of ['b', 'c']) await sendAsNextAttempt('trace', again(call));
    const attempts = await overview();
    expect(attempts.last_run?.rows_loaded).toBe(once.last_run?.rows_loaded);
    expect(attempts.usual.run_count).toBe(4);

    const sendCall = await openSpool(reporting.api, reporting.seeded.run);
    for (const call of ['d', 'e', 'f']) await sendCall('trace', again(call));
    const { rows_loaded: rows = 0, bytes_loaded: bytes = 0, duration_ms: ms } = once.last_run ?? {};
    const summed = await overview();
    expect(summed.last_run).toMatchObject({ rows_loaded: 3 * rows, bytes_loaded: 3 * bytes });
    expect(summed.last_run?.duration_ms).toBeCloseTo(3 * (ms ?? 0), -2);
    // Its sum is one of five.
    expect(summed.usual).toMatchObject({ run_count: 5, median_rows_loaded: rows });
    expect(rowsOf(summed)).toEqual(rowsOf(once, 3).map(([name, count]) => [name, count, 5]));
  });

  it('returns the last run, its jobs, typical values, and the rows of its tables', async () => {
    for (const state of [shop, grown]) await send('state', state);
    await send('trace', shopTrace());
    await sendAsNextAttempt('trace', again('second'));
    const { last_run, freshness, jobs, usual, tables, ...rest } = await overview();
    expect(rest).toEqual({
      pipeline_name: 'orders_pipeline',
      destination_name: 'duckdb',
      destination_type: 'dlt.destinations.duckdb',
      dataset_name: 'shop_data',
      schema_names: ['shop'],
      are_tables_cut: false,
      tables_run_count: 2,
      schema_change_count_30_days: 1,
      pending_packages: [],
    });
    expect(last_run).toMatchObject({
      status: 'succeeded',
      error_step: null,
      rows_loaded: usual.median_rows_loaded,
      job_run: {
        id: reporting.seeded.run.id,
        number: 1,
        job_id: reporting.seeded.run.jobId,
        job_ref: 'jobs.m.f',
        status: 'running',
      },
    });
    expect(usual).toMatchObject({ run_count: 2, median_duration_ms: last_run?.duration_ms });
    expect(freshness).toMatchObject({ is_stale: false, state: 'not_scheduled', stale_at: null });
    expect(jobs).toMatchObject([
      { job_ref: 'jobs.m.f', is_paused: false, is_archived: false, expected_every_seconds: null },
    ]);
    const lastRows = (rows: number | undefined) => ({
      rows_last_loaded: rows,
      rows_loaded: (rows ?? 0) * 2,
      run_count: 2,
    });
    expect(tables).toHaveLength(3);
    const rowsOf = (name: string) =>
      tables.find((each) => each.table_name === name)?.rows_last_loaded ?? undefined;
    expect(tables.map((each) => rowsOf(each.table_name) ?? 0).reduce((sum, rows) => sum + rows, 0)).toBe(
      last_run?.rows_loaded,
    );
    expect(tables[0]).toMatchObject({
      table_name: 'orders',
      schema_name: 'shop',
      write_disposition: 'merge',
      column_count: 4,
      incremental_columns: [],
      ...lastRows(rowsOf('orders')),
    });
    expect(tables[2]).toMatchObject({
      table_name: 'orders__lines',
      parent: 'orders',
      ...lastRows(rowsOf('orders__lines')),
    });
    expect(rowsOf('orders')).toBeGreaterThan(0);
  });

  it('expects new data when the job is due whose success starts its job, through another', async () => {
    const { api, seeded } = reporting;
    await send('trace', shopTrace());
    await moveBack(String(shopTrace()['transaction_id']), { hours: 3 });
    const clock = { triggers: ['every:1h'] };
    const middle = { triggers: ['job.success:jobs.m.clock'] };
    await api.dependencies.services.deploy({
      workspaceId: seeded.workspaceId,
      membershipId: seeded.owner.membershipId,
      jobs: [
        defineJob('jobs.m.f', { triggers: ['job.success:jobs.m.middle'] }),
        defineJob('jobs.m.middle', middle),
        defineJob('jobs.m.clock', clock),
      ],
      deploymentModule: null,
      dryRun: false,
    });
    expect((await overview()).freshness).toMatchObject({
      state: 'stale',
      is_stale: true,
      expected_every_seconds: 3600,
    });
  });

  it('returns when each table last changed', async () => {
    await send('state', shop);
    await setColumns(
      reporting.api.testDatabase.database,
      'schema_changes',
      { createdAt: ago({ days: 40 }) },
      { workspaceId: reporting.seeded.workspaceId },
    );
    await send('state', grown);
    await send('trace', shopTrace());
    const { tables, schema_change_count_30_days } = await overview();
    const ages = tables.map((each) =>
      Math.round((Date.now() - Date.parse(each.last_changed_at ?? '')) / 86_400_000),
    );
    expect(ages).toEqual([0, 40, 40]);
    expect(schema_change_count_30_days).toBe(1);
  });

  it('takes typical values and table rows from successful runs, and last values from the last run', async () => {
    await send('state', shop);
    await send('trace', shopTrace());
    const before = await overview();
    const failed = readCapturedBody('fail_extract/001-trace') as object;
    await sendAsNextAttempt('trace', { ...failed, pipeline_name: 'orders_pipeline' });
    const after = await overview();
    expect(after.last_run).toMatchObject({ status: 'failed', error_step: 'extract', rows_loaded: 0 });
    expect(after.last_run?.error_message).toContain('upstream');
    expect(after.usual).toEqual(before.usual);
    expect(after.tables).toEqual(before.tables);
    expect(after.freshness.last_success_at).toBe(before.freshness.last_success_at);
    // A run that fails before it loads reports neither of them.
    expect(after).toMatchObject({ dataset_name: 'shop_data', destination_name: before.destination_name });
  });

  it('names the failure of the last run as its job run does', async () => {
    const failed = readCapturedBody('fail_extract/001-trace') as object;
    await send('trace', { ...failed, pipeline_name: 'orders_pipeline' });
    expect((await overview()).last_run?.failure_summary).toBeNull();
    const { last_run: lastRun } = await overview();
    const reason = {
      kind: 'pipeline',
      summary: 'RuntimeError: no luck',
      message: 'no luck',
      step: 'extract',
    };
    const unknown = { exceptionType: 'RuntimeError', table: null, location: null };
    const setReason = (pipelineName: string) =>
      setColumns(
        reporting.api.testDatabase.database,
        'job_runs',
        { reason: JSON.stringify({ ...reason, ...unknown, pipelineName }) },
        { id: lastRun?.job_run.id },
      );
    await setReason('other_pipeline');
    expect((await overview()).last_run?.failure_summary).toBeNull();
    await setReason('orders_pipeline');
    expect((await overview()).last_run?.failure_summary).toBe('RuntimeError: no luck');

    const unknownId = '00000000-0000-4000-8000-000000000000';
    const asked = `pipeline_run_id=${lastRun?.id}&pipeline_run_id=${unknownId}`;
    const failures = async (path: string) => (await ask('list_pipeline_run_failures', path)).items;
    expect(await failures(`pipeline-runs/-/failures?${asked}`)).toEqual([
      { pipeline_run_id: lastRun?.id, summary: 'RuntimeError: no luck' },
    ]);
    await setReason('other_pipeline');
    expect(await failures(`pipeline-runs/-/failures?${asked}`)).toEqual([]);
  });

  it('lists the load packages that are pending now, and not those of the last trace', async () => {
    await send('state', readCapturedBody('fail_load/003-state'));
    await send('trace', readCapturedBody('fail_load/004-trace'));
    const read = () => ask('get_pipeline_overview', 'pipelines/broken_pipeline');
    expect(await read()).toMatchObject({ last_run: { status: 'failed' }, pending_packages: [] });
    const { api, seeded } = reporting;
    const { pendingPackages } = api.persistence.store;
    const scope = { workspaceId: seeded.workspaceId, profile: 'prod', workerId: null };
    const name = { pipelineName: 'broken_pipeline', loadId: '1.5' };
    const counts = { tableNames: [], rowCounts: [], sizeBytes: 1, jobsLeft: 2, jobsDone: 1, tries: 0 };
    const made = { schemaName: 'broken', createdAt: new Date(), attemptId: null };
    await pendingPackages.save(scope, [{ ...name, ...counts, ...made, step: 'partly_loaded' }]);
    expect((await read()).pending_packages).toMatchObject([
      { load_id: '1.5', is_pending: true, load_status: 'normalized', job_count: 3, completed_job_count: 1 },
    ]);
    await pendingPackages.end({ ...scope, jobRunId: null }, [{ ...name, state: 'dropped' }]);
    expect((await read()).pending_packages).toEqual([]);
  });

  it('is stale once two scheduled starts have been missed', async () => {
    await send('trace', shopTrace());
    await setTriggers(['every:1d']);
    const transactionId = shopTrace()['transaction_id'] as string;
    await moveBack(transactionId, { hours: 30 });
    expect((await overview()).freshness).toMatchObject({
      is_stale: false,
      state: 'due',
      expected_every_seconds: 86_400,
    });
    await moveBack(transactionId, { hours: 60 });
    const { freshness, jobs } = await overview();
    expect(freshness).toMatchObject({
      is_stale: true,
      state: 'stale',
      age_seconds: expect.closeTo(60 * 3600, -2) as number,
    });
    expect(jobs[0]?.expected_every_seconds).toBe(86_400);
    await setTriggers(['every:1d'], { isPaused: true });
    expect((await overview()).freshness).toMatchObject({ is_stale: false, state: 'schedule_paused' });
  });

  it('finds the last success before any number of failures', async () => {
    await send('trace', shopTrace());
    const transactionId = shopTrace()['transaction_id'] as string;
    await moveBack(transactionId, { days: 9 });
    const next = await reporting.api.createAttempt(reporting.seeded.run);
    await reporting.api.testDatabase.database.execute(
      `insert into pipeline_runs (workspace_id, job_run_id, attempt_id, transaction_id, pipeline_name, status, facts, trace_blob_key, created_at)
       select workspace_id, job_run_id, $3, 'failed ' || n, pipeline_name, 'failed', '{}', '', now() - n * interval '10 minutes'
         from pipeline_runs cross join generate_series(1, 1000) as n where workspace_id = $1 and transaction_id = $2`,
      [reporting.seeded.workspaceId, transactionId, next.id],
    );
    const { freshness, last_run, usual } = await overview();
    expect(last_run?.status).toBe('failed');
    expect(usual.run_count).toBe(1);
    expect(freshness.age_seconds).toBeGreaterThan(8 * 86_400);
  });

  it('is 404 for a pipeline without telemetry, and from other workspaces', async () => {
    await send('trace', shopTrace());
    expect((await get('pipelines/nobody')).json()).toMatchObject({ code: 'not_found' });
    const elsewhere = await seedRun(reporting.api);
    expect((await get('pipelines/orders_pipeline', elsewhere)).json()).toMatchObject({ code: 'not_found' });
  });

  it('covers a pipeline whose trace has not arrived yet', async () => {
    await send('state', shop);
    expect(await overview()).toMatchObject({
      last_run: null,
      freshness: { state: 'never_succeeded' },
      usual: { run_count: 0 },
    });
  });
});

describe('the overview of a dataset', () => {
  const overview = () => ask('get_dataset_overview', 'datasets/shop_data');

  it('lists all pipelines that write to it, with their tables', async () => {
    await send('state', shop);
    await send('trace', shopTrace());
    const refunds = evolve(shop, 'refunds', (tables) => {
      tables['refunds'] = structuredClone(tables['customers'] ?? { columns: {} });
      Object.assign(tables['refunds'], { name: 'refunds' });
      for (const name of ['orders', 'customers', 'orders__lines']) delete tables[name];
    });
    await send('state', { ...refunds, pipeline_name: 'refunds_pipeline' });
    await send('trace', again('refunds', { pipeline_name: 'refunds_pipeline' }));
    const { pipelines, tables, destinations, last_run, ...rest } = await overview();
    expect(rest).toMatchObject({
      dataset_name: 'shop_data',
      schema_change_count_30_days: 0,
      are_tables_cut: false,
    });
    expect(destinations).toEqual([{ name: 'duckdb', type: 'dlt.destinations.duckdb' }]);
    expect(pipelines.map((each) => [each.pipeline_name, each.last_run?.status])).toEqual([
      ['orders_pipeline', 'succeeded'],
      ['refunds_pipeline', 'succeeded'],
    ]);
    expect(last_run?.pipeline_name).toBe('refunds_pipeline');
    expect(tables.map((each) => [each.pipeline_name, each.table_name, each.column_count])).toEqual([
      ['orders_pipeline', 'orders', 3],
      ['orders_pipeline', 'customers', 2],
      ['orders_pipeline', 'orders__lines', 2],
      ['refunds_pipeline', 'refunds', 2],
    ]);
    expect(tables[0]?.rows_last_loaded).toBeGreaterThan(0);
    expect(tables[3]).toMatchObject({ rows_last_loaded: null, rows_loaded: 0, run_count: 0 });
  });

  it('is stale if one of its pipelines is stale', async () => {
    await send('trace', shopTrace());
    await send('trace', again('other', { pipeline_name: 'other_pipeline' }));
    // The captured trace has a fixed time, which moves further into the past each day.
    await moveBack('other', { hours: 1 });
    await moveBack(shopTrace()['transaction_id'] as string, { days: 10 });
    expect((await overview()).freshness).toMatchObject({
      is_stale: false,
      age_seconds: expect.any(Number) as number,
    });
    await setTriggers(['every:1d']);
    const { freshness, pipelines } = await overview();
    expect(freshness).toMatchObject({ is_stale: true, state: 'stale' });
    expect(pipelines.map((each) => each.freshness.is_stale)).toEqual([true, false]);
  });

  it('separates runs of a pipeline by dataset', async () => {
    await send('trace', shopTrace());
    await moveBack(shopTrace()['transaction_id'] as string, { days: 3 });
    await send('trace', JSON.parse(JSON.stringify(again('elsewhere')).replaceAll('shop_data', 'dev_data')));
    const { last_run, freshness } = await overview();
    expect(last_run?.job_run.id).toBe(reporting.seeded.run.id);
    expect(Math.round((freshness.age_seconds ?? 0) / 86_400)).toBe(3);
    expect((await ask('get_dataset_overview', 'datasets/dev_data')).freshness.age_seconds).toBeLessThan(
      Infinity,
    );
  });

  it('is 404 for a dataset without writes, and from other workspaces', async () => {
    await send('trace', shopTrace());
    expect((await get('datasets/nothing')).json()).toMatchObject({ code: 'not_found' });
    const elsewhere = await seedRun(reporting.api);
    expect((await get('datasets/shop_data', elsewhere)).json()).toMatchObject({ code: 'not_found' });
  });
});

describe('the freshness of all pipelines', () => {
  const namesOf = (page: RouteResponse<'list_pipeline_freshness'>) =>
    page.items.map((item) => item.pipeline_name);
  const list = (query = '') => ask('list_pipeline_freshness', `pipelines/-/freshness?${query}`);

  async function seedPipelines(): Promise<void> {
    const ages = { fresh: { hours: 1 }, old: { days: 9 }, older: { days: 10 }, newest: { minutes: 1 } };
    for (const [name, age] of Object.entries(ages)) {
      await send('trace', again(name, { pipeline_name: name }));
      await moveBack(name, age);
    }
    await setTriggers(['every:1d']);
  }

  it('lists stale pipelines first, then by oldest success', async () => {
    await seedPipelines();
    const page = await list();
    expect(namesOf(page)).toEqual(['older', 'old', 'newest', 'fresh']);
    expect(page.items.map((item) => item.freshness.is_stale)).toEqual([true, true, false, false]);
    expect(page.items[0]).toMatchObject({
      dataset_name: 'shop_data',
      destination_name: 'duckdb',
      last_run: { status: 'succeeded' },
    });
  });

  it('is filtered, sorted and paged', async () => {
    await seedPipelines();
    expect(namesOf(await list('is_stale=true'))).toEqual(['older', 'old']);
    expect(namesOf(await list('is_stale=false'))).toEqual(['newest', 'fresh']);
    expect(namesOf(await list('sort=pipeline_name&order=asc'))).toEqual(['fresh', 'newest', 'old', 'older']);
    const page = await list('limit=3');
    expect(page.total).toBe(4);
    expect(namesOf(await list(`limit=3&cursor=${page.next_cursor}`))).toEqual(['fresh']);
  });

  it('is empty before the first run', async () => {
    expect(await list()).toMatchObject({ items: [], total: 0 });
  });
});

describe('the pipeline runs inside a job run', () => {
  const list = () => ask('list_job_run_pipeline_runs', `job-runs/${reporting.seeded.run.id}/pipeline-runs`);

  it('are returned together with steps, tables, packages and the schema changes of each', async () => {
    await send('state', shop);
    await send('trace', shopTrace());
    await send('state', readCapturedBody('ok/004-state'));
    await send('trace', readCapturedBody('ok/005-trace'));
    const { pipeline_runs, is_cut } = await list();
    expect(is_cut).toBe(false);
    expect(
      pipeline_runs.map((run) => [
        run.pipeline_name,
        run.attempt_number,
        run.schema_changes.map((each) => each.schema_name),
      ]),
    ).toEqual([
      ['orders_pipeline', 1, ['shop']],
      ['events_pipeline', 1, ['events']],
    ]);
    const [run] = pipeline_runs;
    expect(run).toMatchObject({
      status: 'succeeded',
      destination_type: 'dlt.destinations.duckdb',
      dlt_version: '1.31.0',
      error_cause: null,
    });
    expect(run?.steps.map(({ step, failed }) => [step, failed])).toEqual([
      ['extract', false],
      ['normalize', false],
      ['load', false],
    ]);
    expect(run?.tables?.map((each) => each.table_name).toSorted()).toEqual([
      'customers',
      'orders',
      'orders__lines',
    ]);
    expect(run?.load_packages).toHaveLength(1);
    const single = await reporting.api.app.inject({
      url: `/telemetry/v1/workspaces/${reporting.seeded.workspaceId}/pipeline-runs/${run?.id}`,
      headers: { authorization: `Bearer ${reporting.seeded.token}` },
    });
    expect(run).toMatchObject(readAnswer('get_pipeline_run', single));
  });

  it('assign a new schema to the run that loaded it, not to an earlier run of the same pipeline', async () => {
    await send('state', shop);
    await send('trace', shopTrace());
    await send('state', grown);
    const [before] = shop.schemas;
    await send('trace', JSON.parse(JSON.stringify(again('second')).replaceAll(before.version_hash, 'grown')));
    const { pipeline_runs } = await list();
    expect(pipeline_runs.map((run) => run.schema_changes.map((each) => each.version_hash))).toEqual([
      [before.version_hash],
      ['grown'],
    ]);
  });

  it('include failure reasons with a bounded traceback, for every attempt', async () => {
    await send('trace', readCapturedBody('fail_extract/001-trace'));
    await (
      await openSpool(reporting.api, reporting.seeded.run)
    )('trace', readCapturedBody('fail_normalize/001-trace'));
    const { pipeline_runs } = await list();
    expect(pipeline_runs.map((run) => [run.attempt_number, run.error_step, run.status])).toEqual([
      [1, 'extract', 'failed'],
      [2, 'normalize', 'failed'],
    ]);
    for (const run of pipeline_runs) {
      expect(run.error_traceback).toContain('Traceback');
      expect(run.error_cause).toMatch(/\w+: /);
    }
  });

  it('are limited to 100, and empty for a run without pipelines', async () => {
    expect(await list()).toEqual({
      pipeline_runs: [],
      pipeline_results: [],
      repeated_loads: [],
      is_cut: false,
    });
    for (let n = 0; n < 101; n += 1) await send('trace', again(`t${n}`, { steps: [] }));
    const { pipeline_runs, is_cut } = await list();
    expect([pipeline_runs.length, is_cut]).toEqual([100, true]);
  });

  it('are 404 for a run that does not exist, and from other workspaces', async () => {
    const elsewhere = await seedRun(reporting.api);
    for (const id of ['00000000-0000-4000-8000-000000000000', elsewhere.run.id])
      expect((await get(`job-runs/${id}/pipeline-runs`)).json()).toMatchObject({ code: 'not_found' });
  });
});
