/** Names that a release before decision 0124 has stored as `***`, and the next run of the pipeline. */
import type { ApiFixture } from '../testing/api-fixture.ts';
import type { DeployedJobs } from '../testing/deployed-jobs.ts';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApiFixture, defineJob, type TestCaller } from '../testing/api-fixture.ts';
import { deployJobs } from '../testing/deployed-jobs.ts';
import { readCapturedBody } from '../../../../../testing/fixtures/captured-bodies.ts';

const bodies = { state: readCapturedBody('ok/001-state'), trace: readCapturedBody('ok/002-trace') };
const names = ['orders_pipeline', 'shop_data', 'duckdb', 'customers', 'amount'];
const at = '2026-11-24T10:00:00Z';

let api: ApiFixture;
let workspaceId: string;
let owner: TestCaller;
let jobs: DeployedJobs;
/** A data plane token of the owner. */
let token: string;

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  const created = await api.createWorkspaceFixture();
  workspaceId = created.workspace.id;
  owner = created.owner;
  ({ token } = await api.credentials.issueDataplaneToken(owner.principal, workspaceId));
  jobs = await deployJobs(
    api,
    workspaceId,
    owner,
    ['jobs.m.f', 'jobs.m.g'].map((ref) => defineJob(ref)),
  );
});

/** The bodies of one `pipeline.run()`, with other texts in place of these. */
function report(replaced: Readonly<Record<string, string>> = {}): { type: string; body: string }[] {
  return Object.entries(bodies).map(([type, body]) => {
    let text = JSON.stringify({ ...(body as object), transaction_id: randomUUID() });
    for (const [from, to] of Object.entries(replaced)) text = text.replaceAll(from, to);
    return { type, body: text };
  });
}

/** As the old code masked the strings of a secrets file, in names too. */
const mask = (values: readonly string[]) => Object.fromEntries(values.map((value) => [value, '***']));

/** Runs a job whose attempt sends these bodies and ends. */
async function run(sent: readonly { type: string; body: string }[], jobRef = 'jobs.m.f'): Promise<string> {
  const started = await jobs.start(jobRef);
  const attempt = await api.createAttempt(started);
  const records = [
    ...sent.map(({ type, body }) => ({ kind: 'beacon', at, type, body })),
    { kind: 'exit', at, code: 0, signal: null, reason: null },
  ];
  const lines = records.map((record, n) => `${JSON.stringify({ n, ...record })}\n`).join('');
  await api.services.recordSpool.record(attempt.id, 0, Buffer.from(lines));
  return started.id;
}

async function get(path: string): Promise<{ status: number; text: string }> {
  const url = `/${path.replace('WORKSPACE', `v1/workspaces/${workspaceId}`)}`;
  const bearer = path.startsWith('telemetry') ? token : owner.key;
  const response = await api.app.inject({ url, headers: { authorization: `Bearer ${bearer}` } });
  return { status: response.statusCode, text: response.body };
}

/** Everything that lists pipelines, datasets, schemas, tables and columns. */
async function readLists(): Promise<Record<string, string>> {
  const paths = [
    'pumphouse/WORKSPACE/pipelines/-/freshness',
    'pumphouse/WORKSPACE/lineage',
    'pumphouse/WORKSPACE/data-search?q=*',
    'pumphouse/WORKSPACE/pipelines/-/daily',
    'pumphouse/WORKSPACE/datasets/-/daily',
    'pumphouse/WORKSPACE/schema-changes',
    'pumphouse/WORKSPACE/pipelines/orders_pipeline',
    'pumphouse/WORKSPACE/pipelines/orders_pipeline/schemas',
    'pumphouse/WORKSPACE/datasets/shop_data',
    'pumphouse/WORKSPACE/datasets/shop_data/tables/customers',
    'telemetry/WORKSPACE/pipelines/-/stats',
    'telemetry/WORKSPACE/datasets/-/stats',
    'telemetry/WORKSPACE/pipeline-runs',
  ];
  const read = await Promise.all(
    paths.map(async (path) => {
      const { status, text } = await get(path);
      return [path, status === 200 ? text : `${status} ${text}`] as const;
    }),
  );
  return Object.fromEntries(read);
}

const listPipelines = async () => {
  const { text } = await get('pumphouse/WORKSPACE/pipelines/-/freshness');
  const { items } = JSON.parse(text) as { items: { pipeline_name: string }[] };
  return items.map((item) => item.pipeline_name).toSorted();
};

describe('names that are stored masked', () => {
  it('are shown as they are after the next run of the pipeline, and nowhere a second time', async () => {
    const first = await run(report(mask(names)));
    await run(report(mask(names)));
    expect(await listPipelines()).toEqual(['***']);
    await run(report());
    const lists = await readLists();
    expect(Object.keys(lists).filter((path) => lists[path]?.includes('***'))).toEqual([]);
    expect(Object.values(lists).filter((text) => /^\d/.test(text))).toEqual([]);
    const counted = JSON.parse(lists['telemetry/WORKSPACE/pipelines/-/stats'] ?? '') as { items: object[] };
    expect(counted.items).toMatchObject([{ pipeline_name: 'orders_pipeline', total_pipeline_run_count: 3 }]);
    // The page of an earlier run has them too.
    expect(JSON.parse((await get(`pumphouse/WORKSPACE/job-runs/${first}/pipeline-runs`)).text)).toMatchObject(
      {
        pipeline_runs: [
          {
            pipeline_name: 'orders_pipeline',
            dataset_name: 'shop_data',
            destination_name: 'duckdb',
            destination_type: 'dlt.destinations.duckdb',
          },
        ],
        pipeline_results: [{ pipeline_name: 'orders_pipeline', dataset_name: 'shop_data', call_count: 1 }],
      },
    );
  });

  it('of a dataset, a schema, a table, a column and a destination are replaced in a pipeline that kept its name', async () => {
    const schema = { '"shop"': '"warehouse"' };
    await run(report({ ...schema, ...mask(['warehouse', 'shop_data', 'duckdb', 'customers', 'amount']) }));
    expect(await listPipelines()).toEqual(['orders_pipeline']);
    await run(report(schema));
    const lists = await readLists();
    // The list of changes tells what the first version had.
    delete lists['pumphouse/WORKSPACE/schema-changes'];
    expect(Object.values(lists).filter((text) => /^\d/.test(text))).toEqual([]);
    expect(Object.keys(lists).filter((path) => lists[path]?.includes('***'))).toEqual([]);
    const { text } = await get('pumphouse/WORKSPACE/data-search?q=amount');
    expect(JSON.parse(text)).toMatchObject({
      items: [{ dataset_name: 'shop_data', table_name: 'orders', column_name: 'amount' }],
    });
  });

  it.each<[what: string, stored: string[], next: string[]]>([
    ['of two pipelines of a job', ['***', '***'], ['analytics', 'postgres']],
    ['of a pipeline that still has the secret', ['***'], ['***', 'analytics']],
  ])('%s stay, because they may mean either', async (_, stored, next) => {
    const calls = (names: readonly string[]) =>
      run(names.flatMap((name) => report({ orders_pipeline: name, shop_data: 'raw_data' })));
    await calls(stored);
    await calls(next);
    expect(await listPipelines()).toEqual(['***', ...next.filter((name) => name !== '***')].toSorted());
  });

  it('replace names of a known schema version, once a secret occurs in them', async () => {
    const findColumn = async () =>
      JSON.parse((await get('pumphouse/WORKSPACE/data-search?q=amount')).text) as { items: object[] };
    await run(report());
    expect((await findColumn()).items).toHaveLength(1);
    await run(report(mask(['amount'])));
    expect((await findColumn()).items).toEqual([]);
    const { text } = await get('pumphouse/WORKSPACE/datasets/shop_data/tables/orders');
    expect(text).toContain('***');
    expect(text).not.toContain('amount');
  });

  it('of another job stay until it runs', async () => {
    await run(report(mask(names)), 'jobs.m.g');
    await run(report());
    expect(await listPipelines()).toEqual(['***', 'orders_pipeline']);
    await run(report({ orders_pipeline: 'analytics' }), 'jobs.m.g');
    expect(await listPipelines()).toEqual(['analytics', 'orders_pipeline']);
  });

  it('are replaced without an alert about the runs before', async () => {
    const url = `/pumphouse/v1/workspaces/${workspaceId}/alerts/rules`;
    const payload = { name: 'r', kind: 'zero_rows', scope: {}, conditions: {} };
    const headers = { authorization: `Bearer ${owner.key}` };
    expect((await api.app.inject({ method: 'POST', url, payload, headers })).statusCode).toBe(201);
    await run(report(mask(names)));
    const { database } = api.testDatabase;
    const listEvents = () =>
      database.query(
        `select subject_id from alert_events where workspace_id = $1 and kind = 'attempt-closed' order by id`,
        [workspaceId],
      );
    const before = await listEvents();
    await run(report());
    expect(before).toHaveLength(1);
    expect(await listEvents()).toHaveLength(2);
    expect(await listPipelines()).toEqual(['orders_pipeline']);
  });
});
