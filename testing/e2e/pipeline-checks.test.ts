/** What the configuration expects of pipelines, evaluated from the telemetry of real runs of dlt. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiWorkspace, type ApiWorkspace } from '../fixtures/api-workspace.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
  uploadConfiguration,
} from '../fixtures/deploy-workspace.ts';
import { eventually } from '../fixtures/eventually.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';

const load = (pipeline: string, rows: string) => `
import os, dlt

@dlt.resource(name="orders", columns={"id": {"nullable": False}, "never": {"nullable": True}})
def orders():
    yield ${rows}

if __name__ == "__main__":
    destination = dlt.destinations.duckdb(os.path.abspath(".dlt/data/prod/${pipeline}.duckdb"))
    dlt.pipeline("${pipeline}", destination=destination, dataset_name="d").run(orders())
    print("done")
`;
/** Its second run loads more rows with another column, and no customers. */
const growing = `
import os, dlt

marker = os.path.abspath(".dlt/data/prod/second")
is_second = os.path.exists(marker)
rows = [{"id": 1}, {"id": 2}] + ([{"id": 3, "added": "x"}] if is_second else [])

if __name__ == "__main__":
    destination = dlt.destinations.duckdb(os.path.abspath(".dlt/data/prod/growing.duckdb"))
    data = [dlt.resource(rows, name="orders")] + ([] if is_second else [dlt.resource([{"id": 1}], name="customers")])
    dlt.pipeline("growing", destination=destination, dataset_name="d").run(data)
    open(marker, "w").close()
`;
/** Loads orders and invoices in a call each, then polls again without data. */
const twoCalls = (pipeline: string) => `
import os, dlt

if __name__ == "__main__":
    destination = dlt.destinations.duckdb(os.path.abspath(".dlt/data/prod/${pipeline}.duckdb"))
    pipeline = dlt.pipeline("${pipeline}", destination=destination, dataset_name="d")
    pipeline.run([{"id": number} for number in range(500)], table_name="orders")
    pipeline.run([{"id": 1}], table_name="invoices")
    pipeline.run([], table_name="orders")
`;
const config = `
[pumphouse.pipelines.marked]
expect = [
  { table = "orders", min_rows = 2 },
  { table = "orders", max_rows = 2 },
  { table = "orders", fresh_within = "1d" },
  { table = "orders", column = "id", no_nulls = true },
  { table = "orders", column = "note", no_nulls = true },
  { table = "orders", column = "never", no_nulls = true },
  { table = "orders", column = "undeclared", no_nulls = true },
  { schema = "unchanged" },
  { table = "customers", min_rows = 1 },
]
[pumphouse.pipelines.growing]
expect = [
  { table = "orders", min_rows = 3 },
  { table = "orders", max_rows = 2 },
  { table = "customers", fresh_within = "1d" },
  { table = "returns", fresh_within = "1d" },
  { schema = "unchanged" },
]
[pumphouse.pipelines.calls]
on_failure = "fail"
expect = [{ table = "orders", min_rows = 1 }, { table = "invoices", min_rows = 1 }, { table = "orders", max_rows = 500 }]
[pumphouse.pipelines.demanded]
on_failure = "fail"
expect = [{ table = "orders", min_rows = 1 }]
`;

let server: TestServer;
let api: ApiWorkspace;

beforeAll(async () => {
  server = await startTestServer();
  api = createApiWorkspace(server, await createWorkspace(server, 'checks'));
  await deployWorkspace(server, api.id, {
    files: {
      'marked.py': load('marked', '[{"id": 1, "note": "a", "undeclared": None}, {"id": 2}]'),
      'growing.py': growing,
      'calls.py': twoCalls('calls'),
      'demanded.py': load('demanded', '[]'),
      'after.py': 'print("after")\n',
      'after_failure.py': 'print("after a failure")\n',
    },
    jobs: [
      defineScriptJob('marked'),
      defineScriptJob('growing'),
      defineScriptJob('calls'),
      defineScriptJob('demanded'),
      defineScriptJob('after', ['job.success:jobs.demanded']),
      defineScriptJob('after_failure', ['job.fail:jobs.demanded']),
    ],
    requirements: ['dlt[duckdb]==1.31.0'],
    configuration: { 'config.toml': config },
  });
});
afterAll(() => server.remove());

const params = () => ({ workspace_id: api.id });
const run = async (name: string) => api.awaitEnd(await triggerJob(server, api.id, `jobs.${name}`));
async function readChecks(jobRunId: string) {
  const { pipeline_results: found } = await server.client.call('list_job_run_pipeline_runs', {
    params: { ...params(), job_run_id: jobRunId },
  });
  return found[0]?.checks ?? null;
}

const seen = { is_unseen: false };

describe('checks of a pipeline', () => {
  it('mark the pipeline run, with what telemetry can tell and what it cannot', async () => {
    const { id, status } = await run('marked');
    expect(status).toBe('completed');
    expect(await readChecks(id)).toEqual({
      status: 'failed',
      on_failure: 'mark',
      results: [
        { check: 'orders: at least 2 rows', status: 'passed', detail: 'this run loaded 2 rows' },
        { check: 'orders: at most 2 rows', status: 'passed', detail: 'this run loaded 2 rows' },
        { check: 'orders: rows loaded within 1d', status: 'passed', detail: 'this run loaded 2 rows' },
        {
          check: 'orders.id: no nulls',
          status: 'passed',
          detail: 'the schema forbids nulls, and dlt refuses them',
        },
        {
          check: 'orders.note: no nulls',
          status: 'unknown',
          detail: 'the schema allows nulls, and dlt does not report whether there are any',
        },
        {
          check: 'orders.never: no nulls',
          status: 'failed',
          detail: 'it has no type: every value so far was null',
        },
        {
          check: 'orders.undeclared: no nulls',
          status: 'unknown',
          detail: 'the schema has no such column: dlt adds it with the first value that is not null',
        },
        { check: 'schema: unchanged', status: 'passed', detail: 'the first run created the tables' },
        {
          check: 'customers: at least 1 row',
          status: 'unknown',
          detail: 'table customers not seen: neither this run nor the schema of the pipeline has it',
          is_unseen: true,
        },
      ].map((result) => ({ ...seen, ...result })),
    });
    const again = await readChecks((await run('marked')).id);
    expect(again?.results[7]).toMatchObject({
      check: 'schema: unchanged',
      detail: 'this run changed no table',
    });
  });

  it('pass and fail from run to run, as the rows, the schema and the loads change', async () => {
    const statuses = async () => {
      const checks = await readChecks((await run('growing')).id);
      return Object.fromEntries(checks?.results.map(({ check, status }) => [check, status]) ?? []);
    };
    expect(await statuses()).toEqual({
      'orders: at least 3 rows': 'failed',
      'orders: at most 2 rows': 'passed',
      'customers: rows loaded within 1d': 'passed',
      'returns: rows loaded within 1d': 'unknown',
      'schema: unchanged': 'passed',
    });
    expect(await statuses()).toEqual({
      'orders: at least 3 rows': 'passed',
      'orders: at most 2 rows': 'failed',
      'customers: rows loaded within 1d': 'passed',
      'returns: rows loaded within 1d': 'unknown',
      'schema: unchanged': 'failed',
    });
    const overview = await server.client.call('get_pipeline_overview', {
      params: { ...params(), pipeline_name: 'growing' },
    });
    expect(overview.last_run?.check_status).toBe('failed');
  });

  it('fail the job run before other jobs follow it, if the configuration demands it', async () => {
    const { id, status } = await run('demanded');
    expect(status).toBe('failed');
    const timeline = await server.client.call('get_job_run_life', {
      params: { ...params(), job_run_id: id },
    });
    expect(timeline.failure).toMatchObject({
      code: 'check_failed',
      detail: 'Checks of the pipeline demanded failed: orders: at least 1 row (this run loaded 0 rows).',
    });
    expect(await api.listRuns('jobs.after')).toEqual([]);
    expect(await api.listRuns('jobs.after_failure')).toHaveLength(1);
  });

  it('and alerts about rows count what all calls of a run loaded', async () => {
    for (const kind of ['zero_rows', 'row_count_off', 'run_succeeded'] as const) {
      const conditions = kind === 'run_succeeded' ? {} : { minimum_runs: 3 };
      const body = { name: kind, kind, scope: { job_patterns: ['jobs.calls'] }, conditions };
      await server.client.call('create_alert_rule', { params: params(), body });
    }
    const first = await run('calls');
    expect(first.status).toBe('completed');
    const { pipeline_runs: calls, pipeline_results: results } = await server.client.call(
      'list_job_run_pipeline_runs',
      { params: { ...params(), job_run_id: first.id } },
    );
    expect(calls).toHaveLength(3);
    expect(results).toMatchObject([
      { pipeline_name: 'calls', call_count: 3, rows_loaded: 501, checks: { status: 'passed' } },
    ]);
    for (let number = 0; number < 3; number += 1) expect((await run('calls')).status).toBe('completed');
    // Events are evaluated in order, so the end of the last run is reported after its rows.
    const incidents = await eventually('the last run is evaluated', async () => {
      const { items } = await server.client.call('list_alert_incidents', { params: params() });
      return items.filter(({ kind }) => kind === 'run_succeeded').length === 4 && items;
    });
    expect(incidents.filter(({ kind }) => kind !== 'run_succeeded')).toEqual([]);
  });

  it.each([
    [
      'pipeline',
      'cals',
      'orders',
      'Checks of the pipeline cals failed: orders: at least 1 row (unknown: pipeline cals did not report in this run).',
    ],
    [
      'table',
      'calls',
      'odrers',
      'Checks of the pipeline calls failed: odrers: at least 1 row (unknown: table odrers not seen: neither this run nor the schema of the pipeline has it).',
    ],
  ])(
    'of a %s whose name is misspelled fail the run that completed',
    async (what, pipeline, table, detail) => {
      const other = createApiWorkspace(server, await createWorkspace(server, `misspelled ${what}`));
      await deployWorkspace(server, other.id, {
        files: { 'calls.py': twoCalls('calls') },
        jobs: [defineScriptJob('calls')],
        requirements: ['dlt[duckdb]==1.31.0'],
        configuration: {
          'config.toml': `[pumphouse.pipelines.${pipeline}]\non_failure = "fail"\nexpect = [{ table = "${table}", min_rows = 1 }]\n`,
        },
      });
      const { id, status } = await other.awaitEnd(await triggerJob(server, other.id, 'jobs.calls'));
      expect(status).toBe('failed');
      const { failure } = await server.client.call('get_job_run_life', {
        params: { workspace_id: other.id, job_run_id: id },
      });
      expect(failure).toMatchObject({ code: 'check_failed', detail });
      const { pipeline_results: results } = await server.client.call('list_job_run_pipeline_runs', {
        params: { workspace_id: other.id, job_run_id: id },
      });
      expect(results.find((one) => one.pipeline_name === pipeline)?.checks).toMatchObject({
        status: 'unknown',
        results: [{ status: 'unknown', is_unseen: true }],
      });
    },
  );

  it.each([
    ['{ table = "orders", minimum = 2 }', 'Unrecognized key: "minimum"'],
    ['{ table = "orders" }', 'must have one rule'],
    ['{ table = "orders", min_rows = 1, fresh_within = "1d" }', 'must have one rule'],
    ['{ min_rows = 1 }', 'must name a table'],
    ['{ table = "orders", no_nulls = true }', 'no_nulls must name a column'],
    ['{ table = "orders", column = "at", fresh_within = "1d" }', 'dlt reports no values of columns'],
    ['{ table = "orders", fresh_within = "2 moons" }', 'must be seconds or a text like "30m"'],
    ['{ table = "orders", min_rows = 3, max_rows = 2 }', 'min_rows is more than max_rows'],
    ['{ schema = "unchanged", table = "orders" }', 'leave out table and column'],
  ])('are refused at the upload if they cannot be read: %s', async (expectation, problem) => {
    const wrong = `[pumphouse.pipelines.marked]\nexpect = [${expectation}]\n`;
    const refused = uploadConfiguration(server, api.id, { 'config.toml': wrong });
    await expect(refused).rejects.toMatchObject({
      code: 'invalid_run_settings',
      message: expect.stringContaining(problem),
    });
    await expect(refused).rejects.toThrow('config.toml: pumphouse.pipelines.marked.expect.0');
  });
});
