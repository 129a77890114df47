import type { ApiFixture } from '../testing/api-fixture.ts';
import type { JsonOperationId, RouteResponse } from '@pumphouse/contract';
import type { SeededRun } from '../testing/seed-run.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiFixture } from '../testing/api-fixture.ts';
import { readAnswer } from '../testing/check-answer.ts';
import { seedRun } from '../testing/seed-run.ts';
import { addPipelineRun } from '../../store/postgres/testing/pipelines.ts';

let api: ApiFixture;
let seeded: SeededRun;

interface Seed {
  at: string;
  pipeline: string;
  dataset: string | null;
  destination: string;
  status?: 'failed';
  durationMs?: number;
  rows?: number;
}

/** Three pipelines and two datasets; the last run of `events` failed, `empty` never loaded. */
const seeds: Seed[] = [
  {
    at: '2026-03-01T10:00:00Z',
    pipeline: 'orders',
    dataset: 'shop',
    destination: 'duckdb',
    durationMs: 1000,
    rows: 10,
  },
  {
    at: '2026-03-01T23:30:00Z',
    pipeline: 'orders',
    dataset: 'shop',
    destination: 'duckdb',
    durationMs: 2001,
    rows: 20,
  },
  {
    at: '2026-03-02T10:00:00Z',
    pipeline: 'orders',
    dataset: 'lake',
    destination: 'postgres',
    durationMs: 4000,
    rows: 5,
  },
  {
    at: '2026-03-02T11:00:00Z',
    pipeline: 'events',
    dataset: 'shop',
    destination: 'duckdb',
    durationMs: 500,
    rows: 100,
  },
  {
    at: '2026-03-03T11:00:00Z',
    pipeline: 'events',
    dataset: 'shop',
    destination: 'duckdb',
    status: 'failed',
  },
  { at: '2026-03-03T12:00:00Z', pipeline: 'empty', dataset: null, destination: 'postgres', durationMs: 100 },
];

beforeAll(async () => {
  api = await createApiFixture();
  seeded = await seedRun(api);
  const attempt = await api.createAttempt(seeded.run);
  for (const [index, seed] of seeds.entries()) {
    await addPipelineRun(api.testDatabase.database, {
      workspaceId: seeded.workspaceId,
      jobRunId: seeded.run.id,
      attemptId: attempt.id,
      transactionId: `t${index}`,
      createdAt: new Date(seed.at),
      pipelineName: seed.pipeline,
      datasetName: seed.dataset,
      destinationName: seed.destination,
      status: seed.status ?? 'succeeded',
      durationMs: seed.durationMs ?? null,
      totalRowsExtracted: (seed.rows ?? 0) + 1,
      totalRowsLoaded: seed.rows ?? 0,
      totalBytesLoaded: (seed.rows ?? 0) * 100,
      hasSchemaMigration: index === 0,
      facts: { sourceNames: [`source_of_${seed.pipeline}_${index}`] },
    });
  }
  for (const [schemaName, tableNames] of [
    ['a', ['orders', 'orders__lines']],
    ['b', ['orders', 'users']],
  ] as const) {
    await api.persistence.store.telemetry.upsertDatasetSchema({
      workspaceId: seeded.workspaceId,
      datasetName: 'shop',
      pipelineName: 'orders',
      schemaName,
      tableNames,
    });
  }
});
afterAll(() => api.close());

async function get(path: string, bearer: string) {
  return api.app.inject({ url: path, headers: { authorization: `Bearer ${bearer}` } });
}

async function ask<Id extends JsonOperationId>(
  id: Id,
  path: string,
  bearer = seeded.token,
): Promise<RouteResponse<Id>> {
  return readAnswer(id, await get(path, bearer));
}

const pipelinesPath = (query = '') =>
  `/telemetry/v1/workspaces/${seeded.workspaceId}/pipelines/-/stats?${query}`;
const datasetsPath = (query = '') =>
  `/telemetry/v1/workspaces/${seeded.workspaceId}/datasets/-/stats?${query}`;
const dailyPath = (subject: 'pipelines' | 'datasets', query = '') =>
  `/pumphouse/v1/workspaces/${seeded.workspaceId}/${subject}/-/daily?${query}`;

const pipelineNames = async (query: string) =>
  (await ask('list_pipeline_stats', pipelinesPath(query))).items.map((item) => item.pipeline_name);
const datasetNames = async (query: string) =>
  (await ask('list_dataset_stats', datasetsPath(query))).items.map((item) => item.dataset_name);

describe('statistics of pipelines', () => {
  it('sum up the runs, and show the state of the newest', async () => {
    const { items, total } = await ask('list_pipeline_stats', pipelinesPath());
    expect(total).toBe(3);
    expect(items.map((item) => item.pipeline_name)).toEqual(['empty', 'events', 'orders']);
    expect(items[2]).toEqual({
      pipeline_name: 'orders',
      total_pipeline_run_count: 3,
      succeeded_pipeline_run_count: 3,
      success_ratio: 1,
      total_rows_extracted: 38,
      total_rows_loaded: 35,
      total_bytes_loaded: 3500,
      total_duration_ms: 7001,
      average_duration_ms: 2334,
      latest_status: 'succeeded',
      latest_pipeline_run_at: '2026-03-02T10:00:00.000Z',
      latest_dataset_name: 'lake',
      latest_destination_name: 'postgres',
      latest_source_names: ['source_of_orders_2'],
    });
    expect(items[1]).toMatchObject({ success_ratio: 0.5, latest_status: 'failed', average_duration_ms: 500 });
  });

  it.each([
    ['pipeline_name=orders&pipeline_name=events', ['events', 'orders']],
    ['q=E', ['empty', 'events', 'orders']],
    ['q=VENT', ['events']],
    ['latest_status=failed', ['events']],
    ['latest_destination_name=postgres', ['empty', 'orders']],
    ['latest_destination_name=postgres&latest_status=failed', []],
    ['start=2026-03-03T11:00:00', ['empty', 'events']],
    ['end=2026-03-01T10:00:00', []],
    ['end=2026-03-01T11:00:00.001000&timezone=Europe/Berlin', ['orders']],
    ['start=2026-03-02T10:30:00&end=2026-03-03T11:00:00', ['events']],
    ['start=0001-01-01T00:00:00&end=9999-12-31T23:59:59', ['empty', 'events', 'orders']],
    ['start=2026-03-03T00:00:00&end=2026-03-01T00:00:00', []],
    ['sort=total_pipeline_run_count&order=desc', ['orders', 'events', 'empty']],
    ['sort=success_ratio&order=asc', ['events', 'empty', 'orders']],
    ['sort=total_rows_loaded&order=desc', ['events', 'orders', 'empty']],
    ['sort=average_duration_ms&order=asc', ['empty', 'events', 'orders']],
    ['sort=latest_pipeline_run_at&order=desc', ['empty', 'events', 'orders']],
    ['sort=pipeline_name&order=desc', ['orders', 'events', 'empty']],
    ['limit=1&offset=1', ['events']],
  ])('answer %s with %j', async (query, expected) => {
    expect(await pipelineNames(query)).toEqual(expected);
  });

  it('have no average without finished runs, and sort it last in both directions', async () => {
    const window = 'start=2026-03-03T00:00:00&sort=average_duration_ms';
    for (const order of ['asc', 'desc']) {
      const { items } = await ask('list_pipeline_stats', pipelinesPath(`${window}&order=${order}`));
      expect(items.map((item) => [item.pipeline_name, item.average_duration_ms])).toEqual([
        ['empty', 100],
        ['events', null],
      ]);
    }
  });

  it('are read to the end by cursors, each row once', async () => {
    const [found, cursors]: [string[], string[]] = [[], []];
    for (let query = 'limit=2&sort=total_rows_loaded&order=desc'; ;) {
      const page = await ask('list_pipeline_stats', pipelinesPath(query));
      found.push(...page.items.map((item) => item.pipeline_name));
      if (typeof page.next_cursor !== 'string') break;
      cursors.push(page.next_cursor);
      query = `limit=2&sort=total_rows_loaded&order=desc&cursor=${encodeURIComponent(page.next_cursor)}`;
    }
    expect(found).toEqual(['events', 'orders', 'empty']);
    expect(cursors).toHaveLength(1);
    const elsewhere = await get(datasetsPath(`cursor=${encodeURIComponent(cursors[0] ?? '')}`), seeded.token);
    expect(elsewhere.statusCode).toBe(400);
  });

  it('count all matching rows, regardless of the page', async () => {
    const { items, total } = await ask('list_pipeline_stats', pipelinesPath('limit=1&q=e'));
    expect([items.length, total]).toEqual([1, 3]);
  });

  it('continue after a cursor, which is valid only for this list and these filters', async () => {
    const names = [];
    let page = await ask('list_pipeline_stats', pipelinesPath('limit=1'));
    const cursor = encodeURIComponent(page.next_cursor ?? '');
    names.push(...page.items.map((item) => item.pipeline_name));
    while (page.next_cursor) {
      const next = encodeURIComponent(page.next_cursor);
      page = await ask('list_pipeline_stats', pipelinesPath(`limit=1&cursor=${next}`));
      names.push(...page.items.map((item) => item.pipeline_name));
    }
    expect(names).toEqual(['empty', 'events', 'orders']);
    for (const path of [datasetsPath(`cursor=${cursor}`), pipelinesPath(`q=e&cursor=${cursor}`)]) {
      const answer = await get(path, seeded.token);
      expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([400, 'invalid_request']);
    }
  });

  it.each([
    'start=yesterday',
    'timezone=Mars/Olympus',
    'sort=dataset_name&order=asc',
    'latest_status=running',
  ])('reject %s', async (query) => {
    const answer = await get(pipelinesPath(query), seeded.token);
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([400, 'invalid_request']);
  });
});

describe('statistics of datasets', () => {
  it('count pipelines, migrations and tables, and leave out runs without a dataset', async () => {
    const { items, total } = await ask('list_dataset_stats', datasetsPath());
    expect(total).toBe(2);
    const [lake, shop] = items;
    expect(lake).toMatchObject({ dataset_name: 'lake', distinct_pipeline_count: 1, table_count: 0 });
    expect(shop).toMatchObject({
      dataset_name: 'shop',
      distinct_pipeline_count: 2,
      schema_migration_count: 1,
      table_count: 3,
      total_pipeline_run_count: 4,
      succeeded_pipeline_run_count: 3,
      success_ratio: 0.75,
      total_rows_loaded: 130,
      total_bytes_loaded: 13_000,
      average_duration_ms: 1167,
      latest_pipeline_name: 'events',
      latest_destination_name: 'duckdb',
      latest_status: 'failed',
      latest_pipeline_run_at: '2026-03-03T11:00:00.000Z',
    });
    const runs = `/telemetry/v1/workspaces/${seeded.workspaceId}/pipeline-runs?dataset_name=shop&limit=1`;
    const [newest] = (await ask('list_pipeline_runs', runs)).items;
    expect(shop?.latest_pipeline_run_id).toBe(newest?.id);
  });

  it.each([
    ['dataset_name=lake', ['lake']],
    ['q=SHO', ['shop']],
    ['latest_status=failed', ['shop']],
    ['latest_status=failed&latest_status=succeeded', ['lake', 'shop']],
    ['latest_destination_name=postgres', ['lake']],
    ['end=2026-03-02T00:00:00', ['shop']],
    ['sort=dataset_name&order=desc', ['shop', 'lake']],
    ['sort=total_pipeline_run_count&order=asc', ['lake', 'shop']],
    ['sort=success_ratio&order=desc', ['lake', 'shop']],
    ['sort=average_duration_ms&order=desc', ['lake', 'shop']],
    ['sort=total_rows_loaded&order=desc', ['shop', 'lake']],
    ['sort=latest_pipeline_run_at&order=asc', ['lake', 'shop']],
  ])('answer %s with %j', async (query, expected) => {
    expect(await datasetNames(query)).toEqual(expected);
  });
});

it('use the same runs in a window as the list of pipeline runs', async () => {
  const window = 'start=2026-03-02T00:30:00&end=2026-03-03T12:00:00&timezone=Europe/Berlin';
  const listed = await ask(
    'list_pipeline_runs',
    `/telemetry/v1/workspaces/${seeded.workspaceId}/pipeline-runs?${window}`,
  );
  const { items } = await ask('list_pipeline_stats', pipelinesPath(window));
  const counted = items.reduce((sum, item) => sum + item.total_pipeline_run_count, 0);
  expect(listed.total).toBe(3);
  expect(counted).toBe(listed.total);
});

describe('daily series', () => {
  const window = 'start=2026-03-01T12:00:00&end=2026-03-04T00:00:00';

  it('have a value for each day, whole days only, sorted by number of runs', async () => {
    const answer = await ask('list_pipeline_daily_series', dailyPath('pipelines', window), seeded.owner.key);
    expect(answer.days).toEqual([
      { date: '2026-03-01', start: '2026-03-01T00:00:00.000Z', end: '2026-03-02T00:00:00.000Z' },
      { date: '2026-03-02', start: '2026-03-02T00:00:00.000Z', end: '2026-03-03T00:00:00.000Z' },
      { date: '2026-03-03', start: '2026-03-03T00:00:00.000Z', end: '2026-03-04T00:00:00.000Z' },
    ]);
    expect(answer.total.total_pipeline_run_count).toEqual([2, 2, 2]);
    expect(answer.pipelines.map((each) => each.pipeline_name)).toEqual(['orders', 'events', 'empty']);
    expect(answer.pipelines[1]?.daily).toEqual({
      total_pipeline_run_count: [0, 1, 1],
      succeeded_pipeline_run_count: [0, 1, 0],
      total_rows_extracted: [0, 101, 1],
      total_rows_loaded: [0, 100, 0],
      total_bytes_loaded: [0, 10_000, 0],
      total_duration_ms: [0, 500, 0],
      average_duration_ms: [null, 500, null],
      schema_migration_count: [0, 0, 0],
    });
  });

  it('use the days of the time zone', async () => {
    const query = `${window}&timezone=Europe/Berlin&dataset_name=shop`;
    const answer = await ask('list_dataset_daily_series', dailyPath('datasets', query), seeded.owner.key);
    expect(answer.days[0]).toEqual({
      date: '2026-03-01',
      start: '2026-02-28T23:00:00.000Z',
      end: '2026-03-01T23:00:00.000Z',
    });
    expect(answer.datasets).toEqual([{ dataset_name: 'shop', daily: answer.total }]);
    expect(answer.total.total_pipeline_run_count).toEqual([1, 2, 1]);
  });

  it('list as many names as requested, and sum up all', async () => {
    const query = `${window}&limit=1`;
    const answer = await ask('list_pipeline_daily_series', dailyPath('pipelines', query), seeded.owner.key);
    expect(answer.pipelines.map((each) => each.pipeline_name)).toEqual(['orders']);
    expect(answer.total.total_pipeline_run_count).toEqual([2, 2, 2]);
  });

  it('cover the last 30 days by default', async () => {
    const answer = await ask('list_pipeline_daily_series', dailyPath('pipelines'), seeded.owner.key);
    expect([30, 31]).toContain(answer.days.length);
    const last = Date.parse(answer.days.at(-1)?.end ?? '');
    expect(last).toBeGreaterThanOrEqual(Date.now() - 60_000);
  });

  it.each([
    'start=2026-03-02T00:00:00&end=2026-03-01T00:00:00',
    'start=2025-01-01T00:00:00&end=2026-02-06T00:00:00',
    'start=0001-01-01T00:00:00&end=9999-01-01T00:00:00',
    'timezone=Nowhere',
    'limit=101',
    'pipeline_name=p&'.repeat(101),
  ])('reject %.60s', async (query) => {
    const answer = await get(dailyPath('pipelines', query), seeded.owner.key);
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([400, 'invalid_request']);
  });

  it('accept 400 days', async () => {
    const query = 'start=2025-01-01T00:00:00&end=2026-02-05T00:00:00';
    const answer = await ask('list_pipeline_daily_series', dailyPath('pipelines', query), seeded.owner.key);
    expect(answer.days).toHaveLength(400);
    expect(answer.total.total_pipeline_run_count).toEqual(Array.from({ length: 400 }, () => 0));
  });
});

describe('read permissions on statistics', () => {
  it('deny access with a token of another workspace', async () => {
    const other = await seedRun(api);
    for (const path of [pipelinesPath(), datasetsPath()])
      expect((await get(path, other.token)).statusCode).toBe(404);
    for (const path of [dailyPath('pipelines'), dailyPath('datasets')])
      expect((await get(path, other.owner.key)).statusCode).toBe(404);
  });

  it('hide other workspaces', async () => {
    const other = await seedRun(api);
    const path = `/telemetry/v1/workspaces/${other.workspaceId}`;
    expect((await ask('list_pipeline_stats', `${path}/pipelines/-/stats`, other.token)).items).toEqual([]);
    expect((await ask('list_dataset_stats', `${path}/datasets/-/stats`, other.token)).items).toEqual([]);
  });

  it('allow reading an archived workspace', async () => {
    await api.services.workspaces.archive(seeded.workspaceId);
    try {
      expect((await ask('list_pipeline_stats', pipelinesPath())).total).toBe(3);
      const daily = await get(dailyPath('datasets'), seeded.owner.key);
      expect(daily.statusCode).toBe(200);
    } finally {
      await api.services.workspaces.unarchive(seeded.workspaceId);
    }
  });
});
