import type { DltClientInstall } from '../fixtures/dlt-client.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinLines } from '../fixtures/api-workspace.ts';
import { createClientWorkspace, type ClientWorkspace } from '../fixtures/client-workspace.ts';
import { prepareDltClient } from '../fixtures/dlt-client.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';

const deploymentModule = `
"""Jobs that the job commands are shown with."""
import time

import dlt
from dlt.hub.run import TJobRunContext, job, pipeline, result

__all__ = ["load_orders", "nightly", "nap", "summary", "retired"]


@pipeline("orders", expose={"tags": ["sales"]})
def load_orders():
    dlt.pipeline("orders", destination="duckdb", dataset_name="orders_data").run([{"id": 1}], table_name="orders")
    print("orders are loaded")


@job(trigger="0 6 * * *", expose={"tags": ["sales"]})
def nightly():
    print("night")


@job(execute={"timeout": {"grace_period": 1}})
def nap(run_context: TJobRunContext):
    print("asleep, refresh is", run_context["refresh"])
    time.sleep(600)


@job
def summary():
    return result({"orders": 1}, type="summary")


@job
def retired():
    print("never again")
`;

/** Exit code of the client for a rejected command. */
const refused = { expectedCode: 255 };
const ref = (name: string) => `jobs.__deployment__.${name}`;

let install: DltClientInstall;
let server: TestServer;
let parentFolder: string;
let workspace: ClientWorkspace;

beforeAll(async () => {
  install = await prepareDltClient();
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-e2e-'));
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'warn' });
  const files = { '__deployment__.py': deploymentModule };
  workspace = await createClientWorkspace({ install, server, parentFolder, name: 'commands' }, files);
  await workspace.dlthub(['deploy']);
});

afterAll(async () => {
  await server.remove();
  await rm(parentFolder, { recursive: true, force: true });
});

describe('dlthub job list and info', () => {
  it('lists the jobs that match selectors', async () => {
    const all = await workspace.dlthub(['job', 'list']);
    for (const name of ['load_orders', 'nightly', 'nap', 'summary', 'retired']) expect(all).toContain(name);
    const scheduled = await workspace.dlthub(['job', 'list', 'schedule:']);
    expect(scheduled).toContain('nightly');
    expect(scheduled).not.toContain('nap');
    const tagged = await workspace.dlthub(['job', 'list', 'tag:sales']);
    expect(tagged).toContain('nightly');
    expect(tagged).toContain('load_orders');
    expect(tagged).not.toContain('summary');
  });

  it('hides archived jobs by default', async () => {
    const { id } = await workspace.api.findJob(ref('retired'));
    await server.client.call('archive_job', { params: { workspace_id: workspace.api.id, job_id: id } });
    expect(await workspace.dlthub(['job', 'list'])).not.toContain('retired');
    expect(await workspace.dlthub(['job', 'list', '--archived'])).toMatch(/retired.*\(archived\)/);
  });

  it('describes a job, and reports an unknown one as missing', async () => {
    const info = await workspace.dlthub(['job', 'info', 'nightly']);
    expect(info).toContain(ref('nightly'));
    expect(info).toContain('schedule:0 6 * * *');
    expect(await workspace.dlthub(['job', 'info', 'nobody'], refused)).toContain("Job 'nobody' not found");
  });
});

describe('dlthub job pause and resume', () => {
  const isPaused = async () => (await workspace.api.findJob(ref('nightly'))).is_paused;

  it('turns a schedule off and on', async () => {
    expect(await workspace.dlthub(['job', 'pause', 'nightly'])).toContain('are paused');
    expect(await isPaused()).toBe(true);
    expect(await workspace.dlthub(['job', 'pause', 'schedule:'])).toContain('already paused');
    expect(await workspace.dlthub(['job', 'info', 'nightly'])).toContain('(paused)');
    expect(await workspace.dlthub(['job', 'resume', 'nightly'])).toContain('are resumed');
    expect(await isPaused()).toBe(false);
  });

  it('reports a job without a schedule', async () => {
    const output = await workspace.dlthub(['job', 'pause', 'nap'], refused);
    expect(output).toContain(`${ref('nap')} has no schedule`);
    expect(output).toContain('[job_not_pausable]');
  });
});

describe('dlthub job trigger', () => {
  it('starts nothing in a dry run', async () => {
    const output = await workspace.dlthub(['job', 'trigger', 'tag:sales', '--dry-run']);
    expect(output).toContain('[DRY RUN] Triggered (2)');
    expect(await workspace.api.listRuns(ref('nightly'))).toEqual([]);
    expect(await workspace.api.listRuns(ref('load_orders'))).toEqual([]);
  });

  it('reports that nothing matches, and what is wrong with a profile', async () => {
    expect(await workspace.dlthub(['job', 'trigger', 'nobody'])).toContain('No jobs matched');
    const output = await workspace.dlthub(['job', 'trigger', 'nap', '--profile', 'dev'], refused);
    expect(output).toContain("profile 'dev' is for local use only");
    expect(output).toContain('[invalid_profile]');
    expect(await workspace.api.listRuns(ref('nap'))).toEqual([]);
  });
});

describe('dlthub pipeline run', () => {
  it('runs the job of a pipeline, by its name', async () => {
    const output = await workspace.dlthub(['pipeline', 'run', 'orders', '-f']);
    expect(output).toContain('orders are loaded');
    expect(output).toContain(`Run # 1 of job ${ref('load_orders')} finished with status: completed`);
    const [run] = await workspace.api.listRuns(ref('load_orders'));
    expect(joinLines(await workspace.api.readLog(run?.id ?? ''), 'user')).toContain('orders are loaded');
    const [pipelineRun] = await workspace.api.listPipelineRuns(run?.id ?? '');
    expect(pipelineRun).toMatchObject({ pipeline_name: 'orders', status: 'succeeded', total_rows_loaded: 1 });
  });

  it('lists the existing pipelines when it finds none', async () => {
    const output = await workspace.dlthub(['pipeline', 'run', 'unknown'], refused);
    expect(output).toContain('pipeline_name:unknown');
    expect(output).toContain('pipeline_name:orders');
  });
});

describe('a run', () => {
  it('is started with a profile and a refresh, shown, and cancelled once', async () => {
    const started = await workspace.dlthub(['job', 'trigger', 'nap', '--profile', 'staging', '--refresh']);
    expect(started).toContain('1 job(s) triggered, 0 skipped');
    const [run] = await workspace.api.listRuns(ref('nap'));
    const runId = run?.id ?? '';
    await workspace.api.awaitLine(runId, 'asleep, refresh is True');
    const again = await workspace.dlthub(['job', 'trigger', ref('nap')]);
    expect(again).toContain('Concurrency limit reached');
    expect(await workspace.dlthub(['job', 'runs', 'list', 'nap'])).toMatch(/nap\s+1\s+running.*staging/);
    const info = await workspace.dlthub(['job', 'runs', 'info', 'nap', '1']);
    expect(info).toContain(runId);
    expect(info).toMatch(/Profile\s+staging/);
    const cancelled = await workspace.dlthub(['job', 'runs', 'cancel', 'nap', '1']);
    expect(cancelled).toContain('requested cancellation of run # 1');
    expect(await workspace.api.awaitEnd(runId)).toMatchObject({ status: 'cancelled', profile: 'staging' });
    expect(await workspace.dlthub(['job', 'runs', 'cancel', 'nap', '1'], refused)).toContain(
      'already in a terminal state: cancelled',
    );
    const log = await workspace.dlthub(['job', 'runs', 'logs', 'nap', '1']);
    expect(log).toContain('asleep, refresh is True');
  });

  it('that does not exist is not found, by number or by id', async () => {
    const info = ['job', 'runs', 'info'];
    expect(await workspace.dlthub([...info, 'nap', '9'], refused)).toContain('Run number 9 not found');
    const nobody = '00000000-0000-4000-8000-000000000000';
    expect(await workspace.dlthub([...info, nobody], refused)).toContain('not found');
  });

  it('shows its declared result, or that it declared none', async () => {
    await workspace.dlthub(['job', 'trigger', 'summary']);
    const [run] = await workspace.api.listRuns(ref('summary'));
    expect(await workspace.api.awaitEnd(run?.id ?? '')).toMatchObject({ status: 'completed' });
    expect(await workspace.dlthub(['job', 'runs', 'result', 'summary'])).toContain('"orders": 1');
    expect(await workspace.dlthub(['job', 'runs', 'result', 'nap', '1'], refused)).toContain(
      'declared no job result',
    );
  });
});
