import type { ClientWorkspace } from '../../fixtures/client-workspace.ts';
import type { DltClientInstall } from '../../fixtures/dlt-client.ts';
import type { DetailedJobRunResponse } from '@pumphouse/contract';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askApp, awaitApp } from '../../fixtures/app-site.ts';
import { deployExample, type ExampleName } from '../../fixtures/example-workspace.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { isTerminalRunState } from '@pumphouse/contract';
import { joinLines } from '../../fixtures/api-workspace.ts';
import { prepareAppClient } from '../../fixtures/dlt-client.ts';
import { startTestServer, type TestServer } from '../../fixtures/server.ts';

let install: DltClientInstall;
let server: TestServer;
let parentFolder: string;

beforeAll(async () => {
  install = await prepareAppClient();
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-e2e-'));
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'warn' });
});

afterAll(async () => {
  await server?.remove();
  await rm(parentFolder, { recursive: true, force: true });
});

const deploy = (name: ExampleName) => deployExample({ install, server, parentFolder }, name);

/** Run number `number` of a job, counted from 1, once it has ended. Skipped runs count. */
async function awaitRun(
  { api }: ClientWorkspace,
  jobRef: string,
  number = 1,
): Promise<DetailedJobRunResponse & { text: string }> {
  const { id } = await eventually(`${jobRef} has a run #${number}`, async () =>
    (await api.listRuns(jobRef)).find((run) => run.number === number),
  );
  const run = await api.awaitEnd(id);
  return { ...run, text: joinLines(await api.readLog(id), 'user') };
}

async function expectCompleted(workspace: ClientWorkspace, jobRef: string, number = 1): Promise<string> {
  const { status, text } = await awaitRun(workspace, jobRef, number);
  expect([jobRef, status, text]).toEqual([jobRef, 'completed', text]);
  return text;
}

/** Waits until no batch job of the workspace has an active run, and each has a completed one. */
async function expectAllCompleted(workspace: ClientWorkspace): Promise<void> {
  const { items } = await server.client.call('list_jobs', {
    params: { workspace_id: workspace.api.id },
    query: { limit: 100 },
  });
  const batch = items.filter(({ job_type: type }) => type === 'batch').map(({ job_ref: jobRef }) => jobRef);
  expect(batch.length).toBeGreaterThan(0);
  const isComplete = async (jobRef: string) => {
    const runs = await workspace.api.listRuns(jobRef);
    return (
      runs.some(({ status }) => status === 'completed') &&
      runs.every(({ status }) => isTerminalRunState(status))
    );
  };
  // Some of the runs were started by others that the test has awaited.
  await expect
    .poll(async () => Promise.all(batch.map(async (jobRef) => [jobRef, await isComplete(jobRef)])))
    .toEqual(batch.map((jobRef) => [jobRef, true]));
}

describe('meter-readings', () => {
  it('loads its files', async () => {
    const workspace = await deploy('meter-readings');
    const text = await expectCompleted(workspace, 'jobs.pipeline');
    for (const meter of ['cellar', 'roof', 'workshop']) expect(text).toContain(`${meter}: 14 readings`);
  });
});

describe('nightly-shop', () => {
  const ref = (name: string) => `jobs.__deployment__.${name}`;
  let workspace: ClientWorkspace;
  beforeAll(async () => {
    workspace = await deploy('nightly-shop');
  });

  it('runs at the deploy those jobs that wait for one, or for a past time', async () => {
    expect(await expectCompleted(workspace, ref('import_archive'))).toContain('archive imported');
    expect(await expectCompleted(workspace, ref('on_deploy'))).toContain('deployed');
  });

  it('delays the report until the orders are loaded', async () => {
    const output = await workspace.dlthub(['job', 'trigger', 'build_report']);
    expect(output).toContain('0 job(s) triggered, 1 skipped');
    expect((await workspace.api.listRuns(ref('build_report'))).map(({ status }) => status)).not.toContain(
      'completed',
    );
  });

  it('covers the declared windows by tag, and downstream jobs start automatically', async () => {
    await workspace.dlthub(['job', 'trigger', 'tag:backfill']);
    const orders = await expectCompleted(workspace, ref('load_orders'));
    expect(orders).toContain('orders from 2026-01-01T05:00:00+01:00 to ');
    const end = /to (\S+)/.exec(orders)?.[1] ?? '';
    // One every six hours; the order at exactly 4:00 UTC is not included.
    const expected = Math.floor((Date.parse(end) - 1 - Date.parse('2026-01-01T00:00:00Z')) / (6 * 3600_000));
    expect(orders).toContain(`orders in total: ${expected}`);
    expect(await expectCompleted(workspace, ref('load_rates'))).toContain(
      'rates from 2026-11-01T00:00:00+00:00 to ',
    );
    const reports = await eventually('a report is built', async () => {
      const runs = await workspace.api.listRuns(ref('build_report'));
      return runs.some(({ status }) => status === 'completed') && runs;
    });
    expect(reports.length).toBeGreaterThan(0);
    expect(await expectCompleted(workspace, ref('publish_report'))).toMatch(/report\s+built/);
  });

  it('depends on the result of the stock check, with a variable as threshold', async () => {
    await workspace.dlthub(['job', 'trigger', 'check_stock']);
    expect(await expectCompleted(workspace, ref('check_stock'))).toContain('have at least 5');
    expect(await expectCompleted(workspace, ref('log_outcome'))).toContain(
      'job.success:jobs.__deployment__.check_stock',
    );
    const name = 'JOBS____DEPLOYMENT____CHECK_STOCK__MINIMUM_STOCK';
    await workspace.dlthub(['variable', 'set', name, '--value', '9', '--plain', '--workspace']);
    await workspace.dlthub(['job', 'trigger', 'check_stock']);
    const failed = await awaitRun(workspace, ref('check_stock'), 2);
    expect(failed.status).toBe('failed');
    expect(await expectCompleted(workspace, ref('notify'))).toContain(
      'job.fail:jobs.__deployment__.check_stock',
    );
    expect(await expectCompleted(workspace, ref('log_outcome'), 2)).toContain('job.fail:');
  });

  it('refreshes with each run of the catalog, and not its upstream history', async () => {
    await workspace.dlthub(['job', 'trigger', 'rebuild_catalog']);
    expect(await expectCompleted(workspace, ref('rebuild_catalog'))).toContain('refresh is True');
    const history = await eventually('the history has run', async () =>
      (await workspace.api.listRuns(ref('price_history'))).find(({ status }) => status === 'completed'),
    );
    expect(joinLines(await workspace.api.readLog(history.id), 'user')).toContain('refresh is False');
  });

  it('runs under a profile of its own', async () => {
    await workspace.dlthub(['job', 'trigger', 'check_prices']);
    expect(await expectCompleted(workspace, ref('check_prices'))).toContain('no price above 500');
    expect((await awaitRun(workspace, ref('check_prices'))).profile).toBe('checks');
  });

  it('has completed every batch job', async () => {
    await workspace.dlthub(['job', 'trigger', 'tag:stock']);
    await expectCompleted(workspace, ref('load_stock'));
    await expectAllCompleted(workspace);
  });
});

describe('warehouse', () => {
  it('runs its jobs with arguments from the configuration, and has their results', async () => {
    const workspace = await deploy('warehouse');
    await workspace.dlthub(['job', 'trigger', 'sync_stock', 'recount', 'explain', 'export']);
    for (const name of ['sync_stock', 'recount', 'explain', 'export'])
      await expectCompleted(workspace, `jobs.warehouse.${name}`);
    await expectCompleted(workspace, 'jobs.warehouse.count_stock');
    const result = await workspace.dlthub(['job', 'runs', 'result', 'count_stock']);
    expect(result).toContain('"items": 3');
    expect(result).toContain('washers');
    await expectAllCompleted(workspace);
  });
});

describe('events', () => {
  it('loads the declared window, the changes, and the order delivered by a webhook', async () => {
    const workspace = await deploy('events');
    const ref = (name: string) => `jobs.__deployment__.${name}`;
    await workspace.dlthub(['job', 'trigger', 'tag:history', 'load_changes']);
    const events = await expectCompleted(workspace, ref('load_events'));
    expect(events).toContain('interval 2026-11-01T00:00:00+00:00 2026-11-03T00:00:00+00:00');
    expect(events).toContain('events 96 2026-11-01T00:00:00+00:00 2026-11-02T23:30:00+00:00');
    expect(await expectCompleted(workspace, ref('load_changes'))).toContain('changes since 0');
    await workspace.dlthub(['job', 'trigger', 'load_changes']);
    expect(await expectCompleted(workspace, ref('load_changes'), 2)).toContain('changes since 4');

    const params = { workspace_id: workspace.api.id };
    const { webhooks } = await server.client.call('list_webhooks', { params });
    const sent = await fetch(webhooks[0]?.url ?? '', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ id: 1, total: 40 }),
    });
    expect(sent.status).toBe(202);
    expect(await expectCompleted(workspace, ref('take_order'))).toContain('stored order 1');
    await expectAllCompleted(workspace);
  });
});

describe('crm-sync', () => {
  it('copies the database, then reads the API', async () => {
    const workspace = await deploy('crm-sync');
    await workspace.dlthub(['job', 'trigger', 'load_crm']);
    await expectCompleted(workspace, 'jobs.load_crm');
    await expectCompleted(workspace, 'jobs.load_tickets');
    const rowsOf = async (jobRef: string) => {
      const [run] = await workspace.api.listRuns(jobRef);
      const [pipelineRun] = await workspace.api.listPipelineRuns(run?.id ?? '');
      return workspace.api.readLoadedRows(pipelineRun?.id ?? '');
    };
    expect(await rowsOf('jobs.load_crm')).toMatchObject({ customers: 3, deals: 3 });
    expect(await rowsOf('jobs.load_tickets')).toMatchObject({ tickets: 30 });
    await expectAllCompleted(workspace);
  });
});

describe('apps', () => {
  it('respond with the data that the job loaded', async () => {
    const workspace = await deploy('apps');
    await workspace.dlthub(['job', 'trigger', 'load_visits']);
    await expectCompleted(workspace, 'jobs.__deployment__.load_visits');
    const open = async (jobRef: string) => {
      const { id } = await workspace.api.findJob(jobRef);
      const params = { workspace_id: workspace.api.id, job_id: id };
      await server.client.call('restart_app', { params });
      return awaitApp(server, workspace.api, jobRef, ({ state }) => state === 'ready' || state === 'failed');
    };
    const get = async (jobRef: string, path: string) =>
      (await askApp(await open(jobRef), path, { key: server.key })).text();
    expect(JSON.parse(await get('jobs.__deployment__.counts', '/'))).toEqual({
      '/': 315,
      '/docs': 210,
      '/pricing': 105,
    });
    expect(await get('jobs.board', '/_stcore/health')).toBe('ok');
    expect(await get('jobs.notebook', '/health')).toContain('healthy');
    const answer = await askApp(await open('jobs.tools'), '/mcp', {
      key: server.key,
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'initialize',
        params: {
          protocolVersion: '2025-03-26',
          capabilities: {},
          clientInfo: { name: 'test', version: '1' },
        },
      }),
    });
    expect(await answer.text()).toContain('visits');
    await expectAllCompleted(workspace);
  });
});
