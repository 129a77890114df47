/** Features that meet in runs of dlt: inputs, retries, pending packages, refreshes, rollbacks, masking and holds. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiWorkspace, joinLines, type ApiWorkspace } from '../../fixtures/api-workspace.ts';
import { createRunsLocation, runsAreContainers } from '../../fixtures/runs-location.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
  uploadCode,
} from '../../fixtures/deploy-workspace.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { countForkedRuns, isForked } from '../../faults/forked-runs.ts';
import { startTestServer, type TestServer } from '../../fixtures/server.ts';
import { versioned } from './program.ts';

const password = 'swordfish-8231';
const configuration = {
  'config.toml': `
[pumphouse.jobs.shop.retried]
retries = { count = 1, backoff = 0, on = ["failed"] }
[pumphouse.pipelines.orders]
on_failure = "fail"
expect = [{ table = "orders", min_rows = 2 }, { table = "orders", max_rows = 2 }]
[pumphouse.pipelines.right]
on_failure = "fail"
expect = [{ table = "days", min_rows = 1 }]
[pumphouse.pipelines.analytics]
on_failure = "fail"
expect = [{ table = "events", min_rows = 1000 }]
`,
  'secrets.toml': `[destination.postgres.credentials]\ndatabase = "analytics"\npassword = "${password}"\n`,
};
const olderScript = `
import dlt

if __name__ == "__main__":
    dlt.pipeline("older", destination="duckdb", dataset_name="d").run([{"id": 1}], table_name="rows")
`;
const requirements = ['dlt[duckdb]==1.31.0'];
const older = versioned('day: str', '{"day": day}');
const newer = versioned('count: int = 1', '{"day": "new", "amount": count}');

function defineFunctionJob(name: string, keys: object = {}) {
  const entry_point = {
    module: 'shop',
    function: name,
    job_type: 'batch',
    launcher: 'dlt._workspace.deployment.launchers.job',
  };
  const job = { ...defineScriptJob(name), job_ref: `jobs.shop.${name}`, entry_point };
  return { ...job, execute: { concurrency: null, timeout: { timeout: 300, grace_period: 1 } }, ...keys };
}

let server: TestServer;
let api: ApiWorkspace;
let localData: string;

beforeAll(async () => {
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'warn' });
  api = createApiWorkspace(server, await createWorkspace(server, 'crossings'));
  const names = ['retried', 'paired', 'analysed', 'versioned'];
  await deployWorkspace(server, api.id, {
    files: { 'shop.py': older },
    jobs: [
      ...names.map((name) => defineFunctionJob(name)),
      ...['reloaded', 'both'].map((name) =>
        defineFunctionJob(name, { auto_refresh_pipeline_mode: 'drop_sources' }),
      ),
      defineFunctionJob('windowed', { triggers: ['schedule:0 0 * * *'], incremental_mode: 'interval' }),
    ],
    requirements,
    configuration,
  });
  const rule = { name: 'checks', kind: 'check_failed' as const, scope: { pipeline_names: ['analytics'] } };
  await server.client.call('create_alert_rule', { params: params(), body: rule });
  localData = createRunsLocation(server.dataDir).locateLocalData(api.id, 'prod');
});
afterAll(() => server.remove());

const params = () => ({ workspace_id: api.id });

async function start(name: string, input: object = {}, options: { refresh?: boolean } = {}): Promise<string> {
  const { id } = await api.findJob(`jobs.shop.${name}`);
  const body = { input, ...options };
  const started = await server.client.call('start_job', { params: { ...params(), job_id: id }, body });
  expect(started).toMatchObject({ status: 'triggered' });
  return started.job_run_id ?? '';
}

/** Awaits the end of a run, and reads its log. */
async function finish(id: string) {
  const { status } = await api.awaitEnd(id);
  return { id, status, log: joinLines(await api.readLog(id)) };
}

const run = async (...request: Parameters<typeof start>) => finish(await start(...request));
const release = (name: string) => writeFile(join(localData, name), '');
const readTimeline = (jobRunId: string) =>
  server.client.call('get_job_run_life', { params: { ...params(), job_run_id: jobRunId } });
const readPipelines = (jobRunId: string) =>
  server.client.call('list_job_run_pipeline_runs', { params: { ...params(), job_run_id: jobRunId } });

/** Runs a job that leaves packages which are extracted and not loaded. */
async function leavePending(name: string, input: object = {}): Promise<string> {
  const { id, status, log } = await run(name, { ...input, stop: true });
  expect(status, log).toBe('failed');
  return id;
}

/** Lists packages by the name of their pipeline, once there are any. */
async function listPending(query: object) {
  const list = () => server.client.call('list_pending_packages', { params: params(), query });
  return eventually('packages are listed', async () => {
    const { packages } = await list();
    return packages.length > 0 && packages.toSorted((a, b) => a.pipeline_name.localeCompare(b.pipeline_name));
  });
}

/** Expects that a run, which goes on, was forked from a template. */
async function expectForked(jobRunId: string): Promise<void> {
  const attempt = (await readTimeline(jobRunId)).attempts.at(-1);
  expect(isForked(server.dataDir, attempt?.id ?? '') || runsAreContainers).toBe(true);
}

async function startFinishing(pipelineName: string): Promise<string> {
  const { job_run_id: id } = await server.client.call('finish_pending_packages', {
    params: { ...params(), pipeline_name: pipelineName },
    body: { profile: 'prod' },
  });
  return id;
}

describe('a retry', () => {
  it('gets the same inputs, and is checked on what it loaded with each pipeline', async () => {
    const { id, status, log } = await run('retried', { day: '2026-11-29' });
    expect(status, log).toBe('completed');
    expect(log).toContain('first attempt of 2026-11-29');
    expect(log).toContain("retried 2026-11-29 {'day': '2026-11-29'}");
    expect((await readTimeline(id)).attempts).toHaveLength(2);
    const { pipeline_runs: calls, pipeline_results: results } = await readPipelines(id);
    expect(calls.map(({ pipeline_name: name }) => name).toSorted()).toEqual(['items', 'orders', 'orders']);
    expect(
      results.map(({ pipeline_name, rows_loaded, checks }) => [pipeline_name, rows_loaded, checks?.status]),
    ).toEqual(
      expect.arrayContaining([
        ['orders', 2, 'passed'],
        ['items', 1, undefined],
      ]),
    );
  });
});

describe('pending packages', () => {
  it('of two pipelines are finished by a run with another input, which loads its own after them', async () => {
    await leavePending('paired', { day: 'first' });
    const id = await start('paired', { day: 'second', until: 'paired' });
    await api.awaitLine(id, 'days [');
    await expectForked(id);
    await release('paired');
    const { status, log } = await finish(id);
    expect(status, log).toBe('completed');
    for (const name of ['left', 'right'])
      expect(log).toMatch(
        new RegExp(`Finished the load package .* of the pipeline ${name}, extracted by run`),
      );
    expect(log).toContain("days ['first', 'second'] ['first', 'second']");
  });

  it('are finished on request by a function that needs an input, as it was given to the run before', async () => {
    const extractedBy = await leavePending('paired', { day: 'third' });
    const { id, status, log } = await finish(await startFinishing('right'));
    expect(status, log).toBe('completed');
    expect(log).toContain('called with third');
    expect(log).toContain('Skipped writing with the pipeline left');
    const { pipeline_results: results } = await readPipelines(id);
    expect(
      results.map(({ pipeline_name, rows_loaded, checks }) => [pipeline_name, rows_loaded, checks?.status]),
    ).toEqual(
      expect.arrayContaining([
        ['left', 1, undefined],
        ['right', 1, 'passed'],
      ]),
    );
    expect(await listPending({ job_run_id: extractedBy })).toMatchObject([
      { pipeline_name: 'left', state: 'finished' },
      { pipeline_name: 'right', state: 'finished' },
    ]);
  });

  it('are dropped by a refresh with what was loaded, and its inputs decide what is there then', async () => {
    expect((await run('reloaded', { rows: 3 })).log).toContain('numbers 3 refresh False');
    await leavePending('reloaded', { rows: 2 });
    const { log } = await run('reloaded', { rows: 5 }, { refresh: true });
    expect(log).toContain('numbers 5 refresh True');
    expect((await run('reloaded', { rows: 1 })).log).toContain('numbers 6 refresh False');
  });
});

describe('a refresh', () => {
  it('waits for the pipeline, and drops what the run before it has loaded', async () => {
    const holder = await start('reloaded', { rows: 4, until: 'released' });
    await api.awaitLine(holder, 'refresh False');
    const waiting = await start('reloaded', { rows: 2 }, { refresh: true });
    await api.awaitLine(waiting, 'Waiting for the pipeline reloaded: run');
    await expectForked(waiting);
    await release('released');
    expect((await finish(holder)).status).toBe('completed');
    expect((await finish(waiting)).log).toContain('numbers 2 refresh True');
  });

  it('drops what each pipeline of the run had', async () => {
    expect((await run('both', { rows: 3 })).log).toContain('refresh False [3, 3]');
    expect((await run('both', { rows: 2 }, { refresh: true })).log).toContain('refresh True [2, 2]');
  });
});

describe('a name that is also a value of secrets.toml', () => {
  it('is that of the checks, of the pipeline that a run waits for, and of what is pending', async () => {
    const first = await run('analysed');
    expect((await readTimeline(first.id)).failure).toMatchObject({
      code: 'check_failed',
      detail: 'Checks of the pipeline analytics failed: events: at least 1000 rows (this run loaded 1 row).',
    });
    const holder = await start('analysed', { until: 'analysed' });
    await api.awaitLine(holder, 'wrote with ***');
    await expectForked(holder);
    const waiting = await start('analysed');
    await api.awaitLine(waiting, 'Waiting for the pipeline analytics: run');
    await eventually('the run shows what it waits for', async () =>
      (await readTimeline(waiting)).waiting?.reason?.startsWith('Waiting for the pipeline analytics'),
    );
    await release('analysed');
    expect((await finish(holder)).status).toBe('failed');
    expect((await finish(waiting)).log).not.toContain(password);
    const incidents = await eventually('the failed checks are reported', async () => {
      const { items } = await server.client.call('list_alert_incidents', { params: params() });
      return items.length > 0 && items;
    });
    expect(incidents).toMatchObject([{ title: 'Check of analytics failed: events: at least 1000 rows' }]);
    const left = await leavePending('analysed');
    expect(await listPending({ job_run_id: left })).toMatchObject([{ pipeline_name: 'analytics' }]);
    expect((await run('analysed')).log).toMatch(/Finished the load package .* of the pipeline analytics/);
  });
});

describe('a secret', () => {
  it('that is the input of a run is masked where the run prints it', async () => {
    const { status, log } = await run('paired', { day: password });
    expect(status, log).toBe('completed');
    expect(log).toContain('called with ***');
    expect(log).not.toContain(password);
  });
});

describe('windows of a backfill', () => {
  it('leave what a killed window has appended to a package, in local data, and its retry loads its day once', async () => {
    const { id: jobId } = await api.findJob('jobs.shop.windowed');
    const to = Math.floor(Date.now() / 86_400_000) * 86_400_000;
    const days = [3, 2, 1].map((back) => new Date(to - back * 86_400_000).toISOString().slice(0, 10));
    const { id: backfillId } = await server.client.call('create_backfill', {
      params: { ...params(), job_id: jobId },
      body: { start: `${days[0]}T00:00:00Z`, end: new Date(to).toISOString(), parallel: 1 },
    });
    const scope = { params: { ...params(), backfill_id: backfillId } };
    const awaitStatus = (status: string) =>
      eventually(
        `the backfill is ${status}`,
        async () => (await server.client.call('get_backfill', scope)).status === status,
      );
    await awaitStatus('failed');
    const [killed, second] = await api.listRuns('jobs.shop.windowed');
    expect(killed?.status).toBe('failed');
    const log = joinLines(await api.readLog(second?.id ?? ''));
    expect(log).toMatch(
      /Left the load package .* of the pipeline windowed, extracted by run 1 of .* as it is/,
    );
    expect(log).toContain(`days ['${days[1]}']`);
    await expect(startFinishing('windowed')).rejects.toMatchObject({ code: 'pending_loaded_again' });
    await server.client.call('retry_backfill', { ...scope, body: {} });
    await awaitStatus('completed');
    const last = (await api.listRuns('jobs.shop.windowed')).at(-1);
    const retried = joinLines(await api.readLog(last?.id ?? ''));
    expect(retried).toMatch(/Dropped the load package .* extracted by run 1 of .*: this run loads the time/);
    expect(retried).toContain(`days ['${days.join("', '")}']`);
    expect(await listPending({ job_run_id: killed?.id })).toMatchObject([{ state: 'dropped' }]);
  });
});

describe('a workspace with the dlt of an older client', () => {
  it('has runs that are forked and checked', async () => {
    const other = createApiWorkspace(server, await createWorkspace(server, 'older'));
    await deployWorkspace(server, other.id, {
      files: { 'load.py': olderScript },
      jobs: [{ ...defineScriptJob('load'), execute: { concurrency: null } }],
      requirements: ['dlt[duckdb]==1.26.0'],
      configuration: {
        'config.toml':
          '[pumphouse.pipelines.older]\non_failure = "fail"\nexpect = [{ table = "rows", min_rows = 2 }]\n',
      },
    });
    const forked = await countForkedRuns(server);
    await eventually('a run is forked', async () => {
      const id = await triggerJob(server, other.id, 'jobs.load');
      await other.awaitEnd(id);
      const { failure } = await server.client.call('get_job_run_life', {
        params: { workspace_id: other.id, job_run_id: id },
      });
      expect(failure).toMatchObject({
        code: 'check_failed',
        detail: 'Checks of the pipeline older failed: rows: at least 2 rows (this run loaded 1 row).',
      });
      return runsAreContainers || (await countForkedRuns(server)) > forked;
    });
  });
});

describe('a rollback of code', () => {
  it('takes the inputs and finishes the packages of the other version, with the local data as it was', async () => {
    expect((await run('versioned', { day: 'first' })).log).toContain('rows 1');
    const deployed = await uploadCode(server, api.id, { files: { 'shop.py': newer }, requirements });
    await leavePending('versioned', { count: 7 });
    const { items } = await server.client.call('list_deployments', { params: params() });
    const before = items.find(({ id }) => id !== deployed);
    await server.client.call('roll_back_deployment', {
      params: { ...params(), deployment_id: String(before?.id) },
    });
    await expect(start('versioned', { count: 7 })).rejects.toMatchObject({
      code: 'unknown_input',
      detail: expect.stringContaining('no input count. Its inputs: day, stop, until.'),
    });
    const id = await start('versioned', { day: 'last', until: 'versioned' });
    await api.awaitLine(id, 'rows 3');
    await expectForked(id);
    await release('versioned');
    const { status, log } = await finish(id);
    expect(status, log).toBe('completed');
    expect(log).toContain('Finished the load package');
  });
});
