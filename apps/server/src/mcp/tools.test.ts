import type { ApiFixture } from '../api/testing/api-fixture.ts';
import type { McpConnection } from './testing/mcp-client.ts';
import type { SeededRun } from '../api/testing/seed-run.ts';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addColumn, evolve, readShopState } from '../api/testing/evolve-schema.ts';
import { connectMcp, readText } from './testing/mcp-client.ts';
import { createApiFixture } from '../api/testing/api-fixture.ts';
import { openSpool } from '../api/testing/open-spool.ts';
import { readCapturedBody } from '../../../../testing/fixtures/captured-bodies.ts';
import { seedRun } from '../api/testing/seed-run.ts';
import { tools } from './tools.ts';
import { setAttempt } from '../store/postgres/testing/attempts.ts';

const publicUrl = 'https://pumphouse.test/at';
const randomId = randomUUID();

let api: ApiFixture;
let mcp: McpConnection;
let listed: Awaited<ReturnType<McpConnection['listTools']>>;
let good: SeededRun;
let workspace: string;
/** A run of the same job that failed after the successful one. */
let failedId: string;

beforeAll(async () => {
  api = await createApiFixture({ publicUrl });
  good = await seedRun(api);
  workspace = `${publicUrl}/w/${good.workspaceId}`;
  await reportShop();
  await api.finishRun(good.run.id, { status: 'completed' });
  failedId = await startFailing();
  const url = await api.app.listen({ host: '127.0.0.1', port: 0 });
  mcp = await connectMcp(url, good.owner.key);
  listed = await mcp.listTools();
});
afterAll(async () => {
  await mcp.close();
  await api.close();
});

const at = (args: object = {}) => ({ workspace_id: good.workspaceId, ...args });

const time = '2026-03-10T10:00:01Z';
const printed = [
  'reading orders',
  'Traceback (most recent call last):',
  '  File "/work/W/orders.py", line 7, in <module>',
  '    load()',
  'shop.PriceError: no luck today',
];

/** Reports of a pipeline whose schema has a new column. */
async function reportShop(): Promise<void> {
  const send = await openSpool(api, good.run);
  const shop = readShopState();
  await send('state', shop);
  await send(
    'state',
    evolve(shop, 'grown', (each) => addColumn(each['orders'], 'discount_code', 'text')),
  );
  await send('trace', readCapturedBody('ok/002-trace'));
}

async function startFailing(): Promise<string> {
  const { run } = await api.startRuns.createRun({
    workspaceId: good.workspaceId,
    membershipId: good.owner.membershipId,
    jobId: good.run.jobId,
    trigger: 'manual:',
    profile: null,
    refresh: false,
    skipFreshness: false,
    mode: 'always',
  });
  const { id } = await api.createAttempt(run);
  await setAttempt(api.testDatabase.database, id, { begunBy: 'nonce', begunAt: new Date() });
  const records = [
    ...printed.map((text) => ({ kind: 'log', at: time, io: 'stderr', text })),
    { kind: 'exit', at: time, code: 1, signal: null, reason: null },
  ];
  const spool = records.map((record, n) => `${JSON.stringify({ n, ...record })}\n`).join('');
  await api.services.recordSpool.record(id, 0, Buffer.from(spool));
  return run.id;
}

describe('the list of tools', () => {
  it('contains every tool, marked as read-only', () => {
    expect(listed.map(({ name }) => name)).toEqual(tools.map(({ name }) => name));
    expect(listed).toHaveLength(16);
    for (const { name, annotations, inputSchema, outputSchema } of listed) {
      expect({ name, ...annotations }).toMatchObject({ name, readOnlyHint: true, destructiveHint: false });
      expect({ name, inputSchema }).toMatchObject({ name, inputSchema: { additionalProperties: false } });
      expect(outputSchema?.properties, name).toHaveProperty('url');
    }
  });

  it('is short enough for the beginning of a conversation', () => {
    expect(JSON.stringify(listed).length).toBeLessThan(100_000);
    for (const { name, description, inputSchema } of listed) {
      expect({ name, length: JSON.stringify({ description, inputSchema }).length }).toEqual({
        name,
        length: expect.toSatisfy((length: number) => length < 2500) as number,
      });
    }
  });

  it('marks output of user code as untrusted', () => {
    for (const { name, description, outputSchema } of listed) {
      const gives = JSON.stringify(outputSchema).includes('"untrusted_');
      expect({ name, isMarked: description?.includes('never as instructions') || !gives }).toEqual({
        name,
        isMarked: true,
      });
      expect(JSON.stringify(outputSchema), name).not.toMatch(/"(error_message|error_traceback|content_of)"/);
    }
  });
});

it('lists what the key gives access to', async () => {
  expect(await mcp.ask('list_workspaces', {})).toMatchObject({
    url: `${publicUrl}/`,
    organizations: [
      { name: 'Acme', total: 1, workspaces: [{ id: good.workspaceId, name: 'W', url: workspace }] },
    ],
    notes: [],
  });
});

describe('jobs', () => {
  it('are listed with their state, and can be filtered', async () => {
    const failing = await mcp.ask('list_jobs', at({ status: ['failed'] }));
    expect(failing).toMatchObject({
      url: `${workspace}/jobs`,
      total: 1,
      next_cursor: null,
      items: [
        {
          id: good.run.jobId,
          ref: 'jobs.m.f',
          url: `${workspace}/jobs/${good.run.jobId}`,
          failing_since: { job_run_id: failedId, count: 1 },
          last_run: { id: failedId, status: 'failed', url: `${workspace}/runs/${failedId}` },
        },
      ],
    });
    expect(await mcp.ask('list_jobs', at({ status: ['completed'] }))).toMatchObject({ items: [], total: 0 });
    expect(await mcp.ask('list_jobs', at({ search: 'M.F', is_paused: false }))).toMatchObject({ total: 1 });
    expect(await mcp.ask('list_jobs', at({ tags: ['none'] }))).toMatchObject({ total: 0 });
  });

  it('are returned one by one, with their definition and next start', async () => {
    const answer = await mcp.ask('get_job', at({ job_id: good.run.jobId }));
    expect(answer).toMatchObject({
      url: `${workspace}/jobs/${good.run.jobId}`,
      job: {
        ref: 'jobs.m.f',
        failing_since: { count: 1 },
        recent_runs: [{ status: 'completed' }, { id: failedId, status: 'failed' }],
      },
      version: { version: 1, job_ref: 'jobs.m.f' },
      definition: { job_ref: 'jobs.m.f' },
      next_ticks: expect.any(Array) as unknown[],
    });
  });

  it('are listed by next start, including waiting ones', async () => {
    expect(await mcp.ask('list_next_starts', at())).toMatchObject({ url: workspace, is_truncated: false });
  });
});

describe('runs', () => {
  it('can be filtered', async () => {
    const ids = async (args: object) => {
      const { items } = await mcp.ask<{ items: { id: string }[] }>('list_runs', at(args));
      return items.map(({ id }) => id);
    };
    expect(await ids({})).toEqual([failedId, good.run.id]);
    expect(await ids({ status: ['completed'] })).toEqual([good.run.id]);
    expect(await ids({ job_id: good.run.jobId, pipeline_name: ['orders_pipeline'] })).toEqual([good.run.id]);
    expect(await ids({ since: '2100-01-01T00:00:00Z' })).toEqual([]);
    expect(await ids({ until: '2100-01-01T00:00:00+02:00', is_active: false })).toHaveLength(2);
  });

  it('continue with a cursor', async () => {
    const first = await mcp.ask('list_runs', at({ limit: 1 }));
    expect(first).toMatchObject({ items: [{ id: failedId }], total: 2, notes: [] });
    const second = await mcp.ask('list_runs', at({ limit: 1, cursor: first['next_cursor'] }));
    expect(second).toMatchObject({ items: [{ id: good.run.id }], next_cursor: null });
  });

  it('are returned with their pipelines, tables and rows', async () => {
    const answer = await mcp.ask('get_run', at({ job_run_id: good.run.id }));
    expect(answer).toMatchObject({
      url: `${workspace}/runs/${good.run.id}`,
      run: { status: 'completed', next: { job_run_id: failedId }, untrusted_reason: null },
      failure: null,
      attempts: [{ number: 1, untrusted_reason: null }],
      pipeline_runs: [
        {
          pipeline_name: 'orders_pipeline',
          untrusted_error_message: null,
          url: `${workspace}/pipelines/orders_pipeline`,
        },
      ],
      are_pipeline_runs_cut: false,
    });
    const [{ tables }] = answer['pipeline_runs'] as [{ tables: object[] }];
    expect(tables).toContainEqual(
      expect.objectContaining({ table_name: 'orders', rows_loaded: expect.any(Number) as number }),
    );
  });

  it('are returned with failure reasons, in fields marked as untrusted', async () => {
    const answer = await mcp.ask('get_run', at({ job_run_id: failedId }));
    expect(answer).toMatchObject({ run: { untrusted_reason: { summary: 'PriceError: no luck today' } } });
    expect(answer).toMatchObject({
      failure: { code: 'exit_code' },
      attempts: [{ untrusted_reason: { location: { file: 'orders.py', line: 7 } } }],
    });
    expect(answer['run']).not.toHaveProperty('reason');
    const runs = await mcp.ask('list_runs', at({ status: ['failed'] }));
    expect(runs).toMatchObject({ items: [{ untrusted_reason: { message: 'no luck today' } }] });
    const jobs = await mcp.ask('list_jobs', at());
    expect(jobs).toMatchObject({ items: [{ last_run: { untrusted_reason: { message: 'no luck today' } } }] });
  });

  it('are compared with the last successful one', async () => {
    const compared = await mcp.ask('compare_run_with_last_good', at({ job_run_id: failedId }));
    expect(compared).toMatchObject({
      url: `${workspace}/runs/${failedId}/compare`,
      comparison: { base: { id: good.run.id }, target: { id: failedId }, is_code_changed: false },
      log_outcome: 'compared',
    });
    expect(JSON.stringify(compared['untrusted_log_hunks'])).toContain('no luck today');
    const alone = await mcp.call('compare_run_with_last_good', at({ job_run_id: good.run.id }));
    expect(alone.structuredContent).toMatchObject({ comparison: { base: null }, log_outcome: 'no_base' });
    expect(readText(alone)).toContain('no run to compare with');
  });
});

describe('logs', () => {
  const ofRun = (args: object = {}) => at({ job_run_id: failedId, ...args });

  it('are read from the end by default', async () => {
    const tail = await mcp.ask('read_run_log', ofRun());
    expect(tail).toMatchObject({
      url: `${workspace}/runs/${failedId}?tab=log&line=0`,
      untrusted_lines: [
        ...printed.map((content, index) => ({ line_num: index, content })),
        { source: 'runner' },
      ],
      next_from_line: null,
      line_count: 6,
      attempts: [{ number: 1, line_count: 6 }],
    });
    const first = await mcp.ask('read_run_log', ofRun({ from_line: 0, limit: 1 }));
    expect(first).toMatchObject({ untrusted_lines: [{ line_num: 0 }], next_from_line: 1 });
    const last = await mcp.ask('read_run_log', ofRun({ from_line: 4, limit: 1 }));
    expect(last).toMatchObject({
      untrusted_lines: [{ line_num: 4 }],
      is_complete: true,
      next_from_line: 5,
    });
  });

  it('can be searched', async () => {
    const found = await mcp.ask('search_run_log', ofRun({ query: 'NO LUCK' }));
    expect(found).toMatchObject({
      url: `${workspace}/runs/${failedId}?tab=log&line=4`,
      // The second line is the failure reason at the end of the log.
      untrusted_lines: [{ line_num: 4, content: 'shop.PriceError: no luck today' }, { line_num: 5 }],
      match_count: 2,
      next_after_line: null,
    });
    const errors = await mcp.ask('search_run_log', ofRun({ only_errors: true, source: 'user' }));
    expect(errors).toMatchObject({ untrusted_lines: [{ line_num: 1 }, { line_num: 4 }] });
    const first = await mcp.ask('search_run_log', ofRun({ query: 'or', limit: 1 }));
    expect(first).toMatchObject({ untrusted_lines: [{ line_num: 0 }], match_count: 4, next_after_line: 0 });
    const second = await mcp.ask(
      'search_run_log',
      ofRun({ query: 'or', limit: 5, after_line: first['next_after_line'] }),
    );
    expect(second).toMatchObject({
      untrusted_lines: [{ line_num: 2 }, { line_num: 4 }, { line_num: 5 }],
      next_after_line: null,
    });
    expect(await mcp.ask('search_run_log', ofRun({ query: 'nowhere' }))).toMatchObject({ match_count: 0 });
  });
});

describe('data', () => {
  it('are listed by pipeline with their freshness', async () => {
    const row = {
      pipeline_name: 'orders_pipeline',
      dataset_name: 'shop_data',
      freshness: { is_stale: false },
    };
    expect(await mcp.ask('list_pipelines', at())).toMatchObject({
      url: `${workspace}/pipelines`,
      items: [{ ...row, url: `${workspace}/pipelines/orders_pipeline`, last_run: { status: 'succeeded' } }],
    });
    expect(await mcp.ask('list_pipelines', at({ is_stale: true }))).toMatchObject({ items: [] });
  });

  it('are returned by pipeline and by dataset, with tables', async () => {
    expect(await mcp.ask('get_pipeline', at({ pipeline_name: 'orders_pipeline' }))).toMatchObject({
      url: `${workspace}/pipelines/orders_pipeline`,
      pipeline: {
        last_run: { untrusted_error_message: null },
        jobs: [{ job_ref: 'jobs.m.f' }],
        tables: expect.arrayContaining([expect.objectContaining({ table_name: 'orders' })]) as unknown[],
      },
    });
    expect(await mcp.ask('list_datasets', at({ search: 'shop' }))).toMatchObject({
      url: `${workspace}/datasets`,
      items: [
        { dataset_name: 'shop_data', url: `${workspace}/datasets/shop_data`, total_pipeline_run_count: 1 },
      ],
    });
    expect(await mcp.ask('get_dataset', at({ dataset_name: 'shop_data' }))).toMatchObject({
      url: `${workspace}/datasets/shop_data`,
      dataset: { pipelines: [{ pipeline_name: 'orders_pipeline', last_run: { status: 'succeeded' } }] },
    });
  });

  it('include schema changes', async () => {
    const changes = await mcp.ask('list_schema_changes', at({ pipeline_name: ['orders_pipeline'] }));
    expect(changes).toMatchObject({
      items: [
        {
          version_hash: 'grown',
          url: `${workspace}/pipelines/orders_pipeline?tab=history`,
          job_run: { id: good.run.id },
          changes: [{ kind: 'column_added', table: 'orders', column: 'discount_code' }],
        },
        { changes: [{ kind: 'schema_created' }] },
      ],
    });
    expect(await mcp.ask('list_schema_changes', at({ job_run_id: [failedId] }))).toMatchObject({ items: [] });
  });
});

it('returns the usage of runs', async () => {
  expect(await mcp.ask('get_usage', at({ from: '2026-01-01', to: '2026-01-02' }))).toMatchObject({
    url: `${workspace}/settings/usage`,
    usage: { from: '2026-01-01', days: [{ date: '2026-01-01' }, { date: '2026-01-02' }] },
    by_job: { jobs: [], job_count: 0 },
  });
});

it('returns the costs of runs', async () => {
  expect(await mcp.ask('get_cost', at({ from: '2026-01-01', to: '2026-01-02', by: 'tag' }))).toMatchObject({
    url: `${workspace}/settings/cost`,
    cost: { from: '2026-01-01', currency: null, total: { attempt_count: 0, amount: null }, rows: [] },
  });
});

it('returns the same to text-only clients', async () => {
  const { content, structuredContent } = await mcp.call('list_jobs', at());
  expect(content).toEqual([
    { type: 'text', text: '1 of 1 jobs.' },
    { type: 'text', text: JSON.stringify(structuredContent) },
  ]);
});

describe('a rejected call', () => {
  it.each([
    ['an id that is none', 'list_jobs', { workspace_id: 'nonsense' }],
    ['a limit past the most', 'list_jobs', { limit: 101 }],
    ['an argument that there is not', 'list_jobs', { nonsense: 1 }],
    ['more lines than an answer has', 'read_run_log', { job_run_id: randomId, limit: 501 }],
    ['a status that there is not', 'list_runs', { status: ['lost'] }],
    ['a cursor of another list', 'list_jobs', { cursor: 'nonsense' }],
    ['a NUL character', 'list_jobs', { search: 'a\0' }],
    ['days in the wrong order', 'get_usage', { from: '2026-02-01', to: '2026-01-01' }],
  ])('is %s', async (_, name, args) => {
    const { code, detail } = await mcp.refusalOf(name, at(args));
    expect({ code, detail }).toEqual({
      code: 'invalid_request',
      detail: expect.stringMatching(/ is not valid: /) as string,
    });
  });

  it.each([
    ['get_job', { job_id: randomId }, /^There is no job /],
    ['get_run', { job_run_id: randomId }, /^There is no job run /],
    ['read_run_log', { job_run_id: randomId }, /^There is no job run /],
    ['search_run_log', { job_run_id: randomId }, /^There is no job run /],
    ['compare_run_with_last_good', { job_run_id: randomId }, /^There is no job run /],
    ['get_pipeline', { pipeline_name: 'nowhere' }, /nowhere/],
    ['get_dataset', { dataset_name: 'nowhere' }, /nowhere/],
  ])('is reported by %s for a missing resource', async (name, args, detail) => {
    expect(await mcp.refusalOf(name, at(args))).toEqual({
      code: 'not_found',
      detail: expect.stringMatching(detail) as string,
    });
  });

  it('is reported by the protocol for an unknown tool', async () => {
    await expect(mcp.call('drop_everything', {})).rejects.toThrow('There is no tool drop_everything');
  });
});
