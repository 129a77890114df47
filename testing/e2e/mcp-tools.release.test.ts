import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClientWorkspace, type ClientWorkspace } from '../fixtures/client-workspace.ts';
import { prepareDltClient, prepareMcpClient } from '../fixtures/dlt-client.ts';
import { startMcpTools, type McpTools } from '../fixtures/mcp-tools.ts';
import { repositoryFolder, startTestServer, type TestServer } from '../fixtures/server.ts';
import { createUnissuedKey } from '../fixtures/unissued-key.ts';

const brokenScript = `
import dlt


@dlt.resource
def rows():
    yield {"id": 1}
    raise ValueError("no luck today")


if __name__ == "__main__":
    dlt.pipeline("broken", destination="duckdb", dataset_name="broken_data").run(rows())
`;
/** A limit for a slow machine, on which two clients are installed and an environment is built first. */
const setupTimeoutMs = 600_000;
const loadRef = 'jobs.__deployment__.load';

let server: TestServer;
let parentFolder: string;
let workspace: ClientWorkspace;
let tools: McpTools;
let loaded: { runId: string };
let broken: { runId: string; pipelineRunId: string };

beforeAll(async () => {
  const [install, mcp] = [await prepareDltClient(), await prepareMcpClient()];
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-mcp-'));
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'warn' });
  const module = await readFile(
    join(repositoryFolder, 'testing/e2e/sdk/workspace/__deployment__.py'),
    'utf8',
  );
  workspace = await createClientWorkspace(
    { install, server, parentFolder, name: 'shop' },
    {
      '__deployment__.py': module,
      'broken.py': brokenScript,
      '.dlt/prod.secrets.toml': 'token = "a secret"\n',
    },
  );
  await workspace.dlthub(['run', 'load', '-f']);
  await workspace.dlthub(['run', 'broken.py', '-f'], { expectedCode: 1 });
  loaded = { runId: await findRun(loadRef) };
  const brokenRunId = await findRun('jobs.broken');
  const [pipelineRun] = await workspace.api.listPipelineRuns(brokenRunId);
  broken = { runId: brokenRunId, pipelineRunId: pipelineRun?.id ?? '' };
  tools = await startMcpTools(mcp, workspace.folder, { apiBaseUrl: server.url, apiKey: server.key });
}, setupTimeoutMs);

afterAll(async () => {
  await tools?.close();
  await server.remove();
  await rm(parentFolder, { recursive: true, force: true });
});

async function findRun(jobRef: string): Promise<string> {
  const [run] = await workspace.api.listRuns(jobRef);
  return run?.id ?? '';
}

describe('an agent with a valid key', () => {
  it('has the tools for jobs, logs, configuration, telemetry and restoring', async () => {
    expect(await tools.listNames()).toEqual([
      'dlthub_get_configuration_files',
      'dlthub_get_job',
      'dlthub_get_pipeline_run',
      'dlthub_get_pipeline_run_trace',
      'dlthub_get_run',
      'dlthub_get_run_logs',
      'dlthub_get_run_result',
      'dlthub_get_run_trace',
      'dlthub_grep_run_logs',
      'dlthub_list_datasets',
      'dlthub_list_jobs',
      'dlthub_list_pipeline_runs',
      'dlthub_list_pipelines',
      'dlthub_list_runs',
      'dlthub_list_variables',
      'dlthub_restore_pipeline',
      'dlthub_restore_pipeline_from_run',
      'dlthub_telemetry_status',
      'dlthub_this_run',
      'dlthub_workspace_info',
    ]);
  });

  it('learns its workspace', async () => {
    expect(await tools.call('dlthub_workspace_info')).toMatchObject({
      id: workspace.api.id,
      name: 'shop',
      organization_name: 'Default',
      profiles: { DATA_WRITE: 'prod', DATA_READ: 'access' },
      dashboard_url: `${server.url}/w/${workspace.api.id}`,
      caller_email: 'owner@example.com',
      caller_role: 'owner',
    });
  });

  it('reads the jobs', async () => {
    const { result } = (await tools.call('dlthub_list_jobs')) as { result: { job_ref: string }[] };
    expect(result.map((job) => job.job_ref).toSorted()).toEqual([
      'jobs.__deployment__.load',
      'jobs.__deployment__.nightly',
      'jobs.__deployment__.report',
      'jobs.__deployment__.sleeper',
      'jobs.broken',
      'jobs.workspace.dashboard',
    ]);
    const job = await tools.call('dlthub_get_job', { job_ref: loadRef });
    expect(job).toMatchObject({ job_ref: loadRef, job_type: 'batch', version: 1, is_paused: false });
    expect(await tools.callRefused('dlthub_get_job', { job_ref: 'jobs.nothing' })).toContain('not found');
  });

  it('reads the runs, newest first', async () => {
    expect(await tools.call('dlthub_list_runs')).toMatchObject({
      result: [
        { job_ref: 'jobs.broken', status: 'failed' },
        { job_ref: loadRef, status: 'completed' },
      ],
    });
    const ofLoad = (await tools.call('dlthub_list_runs', { job: loadRef })) as { result: unknown[] };
    expect(ofLoad.result).toHaveLength(1);
    const run = { job_ref: loadRef, status: 'completed', pipeline_run_summaries: [{ total_rows: 3 }] };
    expect(await tools.call('dlthub_get_run', { run_id: loaded.runId })).toMatchObject(run);
    expect(await tools.call('dlthub_this_run', { run_id: loaded.runId })).toMatchObject(run);
    const missing = await tools.callRefused('dlthub_get_run', { run_id: randomUUID() });
    expect(missing).toContain('[not_found]');
  });

  it('reads the result of a run and its trace, or that there is none', async () => {
    const args = { run_id: loaded.runId };
    expect(await tools.call('dlthub_get_run_result', args)).toMatchObject({
      job_ref: loadRef,
      result_type: 'job.load_summary',
      result: { loaded: 3 },
    });
    expect(await tools.call('dlthub_get_run_trace', args)).toMatchObject({
      result: { type: 'job.load_summary', job_ref: loadRef, result: { loaded: 3 } },
    });
    const none = await tools.callRefused('dlthub_get_run_result', { run_id: broken.runId });
    expect(none).toContain('declared no result');
  });

  it('reads the end of a log and searches all of it', async () => {
    const tail = await tools.call('dlthub_get_run_logs', { run_id: broken.runId, max_lines: 2 });
    const log = await workspace.api.readLog(broken.runId);
    expect(tail).toMatchObject({
      lines: log.slice(-2).map((line) => line.content),
      total_lines: log.length,
      first_line_number: log.length - 1,
      truncated: true,
    });
    const args = { run_id: broken.runId, pattern: 'ValueError: no luck \\w+', context: 1 };
    const places = log.flatMap(({ content }, index) =>
      /ValueError: no luck \w+/.test(content) ? [index + 1] : [],
    );
    const found = (await tools.call('dlthub_grep_run_logs', args)) as { matches: { line_number: number }[] };
    expect(places).not.toEqual([]);
    expect(found.matches.map((match) => match.line_number)).toEqual(places);
  });

  it('lists configuration files, and never reads their contents', async () => {
    const configuration = await tools.call('dlthub_get_configuration_files');
    expect(configuration).toMatchObject({
      version: 1,
      profiles: ['prod'],
      files: [{ relative_path: 'config.toml' }, { relative_path: 'prod.secrets.toml' }],
    });
    expect(JSON.stringify(configuration)).not.toContain('a secret');
  });

  it('reads telemetry of pipelines, including exceptions', async () => {
    expect(await tools.call('dlthub_telemetry_status')).toMatchObject({ reporting: true });
    const failed = await tools.call('dlthub_list_pipeline_runs', { status: 'failed' });
    const run = { id: broken.pipelineRunId, pipeline_name: 'broken', error_step: 'extract' };
    expect(failed).toMatchObject({ result: [run] });
    const args = { pipeline_run_id: broken.pipelineRunId };
    expect(await tools.call('dlthub_get_pipeline_run', args)).toMatchObject(run);
    const trace = await tools.call('dlthub_get_pipeline_run_trace', { ...args, step: 'extract' });
    expect(trace).toMatchObject({ trace: expect.stringContaining('no luck today') });
  });

  it('is told that data on the server cannot be restored to its own machine', async () => {
    const output = await tools.callRefused('dlthub_restore_pipeline_from_run', { run_id: loaded.runId });
    expect(output).toContain("Pipeline 'shop' was not found in dataset 'shop_data' on destination 'duckdb'");
  });

  it('reads statistics of pipelines and datasets', async () => {
    expect(await tools.call('dlthub_list_pipelines', { pipeline_name: 'shop' })).toMatchObject({
      result: [{ pipeline_name: 'shop', total_pipeline_run_count: 1, total_rows_loaded: 3 }],
    });
    expect(await tools.call('dlthub_list_datasets', { dataset_name: 'shop_data' })).toMatchObject({
      result: [{ dataset_name: 'shop_data', distinct_pipeline_count: 1 }],
    });
  });

  it('reads variables without secret values', async () => {
    const params = { workspace_id: workspace.api.id };
    const upserts = [
      { name: 'REGION', type: 'plain', value: 'north' },
      { name: 'API_TOKEN', type: 'secret', value: 'swordfish-8231' },
    ] as const;
    await server.client.call('update_workspace_variables', {
      params,
      body: { profile: null, upserts: [...upserts] },
    });
    const { result } = (await tools.call('dlthub_list_variables')) as {
      result: { profile: string | null; variables: { name: string; value: string | null }[] }[];
    };
    const workspaceScope = result.find((scope) => scope.profile === null)?.variables ?? [];
    expect(Object.fromEntries(workspaceScope.map(({ name, value }) => [name, value]))).toEqual({
      REGION: 'north',
      API_TOKEN: null,
    });
  });
});

describe('an agent with an invalid key', () => {
  it('is told by every tool that the credential was rejected', async () => {
    const key = createUnissuedKey();
    const mcp = await prepareMcpClient();
    const stranger = await startMcpTools(mcp, workspace.folder, { apiBaseUrl: server.url, apiKey: key });
    try {
      const calls: [name: string, args: Record<string, unknown>][] = [
        ['dlthub_workspace_info', {}],
        ['dlthub_list_jobs', {}],
        ['dlthub_list_runs', {}],
        ['dlthub_get_run_logs', { run_id: loaded.runId }],
        ['dlthub_get_configuration_files', {}],
        ['dlthub_telemetry_status', {}],
      ];
      for (const [name, args] of calls) {
        const output = await stranger.callRefused(name, args);
        expect(output).toContain('[not_authenticated]');
        expect(output).toContain('was refused');
        expect(output).not.toContain(key);
      }
    } finally {
      await stranger.close();
    }
  });
});
