import type { ManifestBuildResponse } from '@pumphouse/contract';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiWorkspace, joinLines, type ApiWorkspace } from '../fixtures/api-workspace.ts';
import { createWorkspace, uploadCode, uploadConfiguration } from '../fixtures/deploy-workspace.ts';
import { prepareDltClient } from '../fixtures/dlt-client.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';

const files = {
  '__deployment__.py': `"""What the shop loads."""
from jobs import load_orders, report

__all__ = ["load_orders", "report", "missing"]
__tags__ = ["shop"]
print('{"manifest": "printed"}')
`,
  'jobs.py': `
import os
from dlt.hub import run

# Not through Python's stdout, which dlt redirects while it imports.
os.write(2, b'{"manifest": "written"}\\n')


@run.job(trigger="0 6 * * *", require={"timezone": "Europe/Berlin"}, execute={"timeout": "30m"})
def load_orders(limit: int = 5):
    """Loads the orders."""


@run.job(trigger=load_orders.success, expose={"tags": ["small"]})
def report():
    ...
`,
};

/** Runs dlt's worker with \`from dlt.hub import run\`, which needs the submodule to be imported first. */
const worker = `
import runpy, sys
import dlt.hub.run
sys.argv = ["worker", "__deployment__"]
runpy.run_module("dlt._workspace.deployment._manifest_worker", run_name="__main__", alter_sys=True)
`;

let server: TestServer;
let workspaceId: string;
let workspace: ApiWorkspace;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-manifests-'));
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'warn' });
  workspaceId = await createWorkspace(server, 'shop');
  workspace = createApiWorkspace(server, workspaceId);
  await uploadConfiguration(server, workspaceId, { 'config.toml': '' });
});

afterAll(async () => {
  await server.remove();
  await rm(folder, { recursive: true, force: true });
});

async function startBuild(code: Record<string, string>): Promise<Build> {
  const deploymentId = await uploadCode(server, workspaceId, {
    files: code,
    requirements: ['dlt[duckdb]==1.31.0'],
  });
  const params = { workspace_id: workspaceId, deployment_id: deploymentId };
  const answer = await server.client.call('build_manifest', { params, body: {} });
  return { deploymentId, jobRunId: answer.job_run_id };
}

interface Build {
  deploymentId: string;
  jobRunId: string;
}

function readBuild({ deploymentId, jobRunId }: Build): Promise<ManifestBuildResponse> {
  const params = { workspace_id: workspaceId, deployment_id: deploymentId, job_run_id: jobRunId };
  return server.client.call('get_manifest_build', { params });
}

async function awaitBuild(build: Build): Promise<ManifestBuildResponse> {
  await workspace.awaitEnd(build.jobRunId);
  return readBuild(build);
}

/** The manifest that dlt's own worker prints on this machine. */
async function buildLocally(code: Record<string, string>): Promise<{ manifest: object; warnings: string[] }> {
  const { python } = await prepareDltClient();
  const root = join(folder, 'local');
  await mkdir(join(root, '.dlt'), { recursive: true });
  for (const [name, text] of Object.entries({ ...code, '.dlt/.workspace': '' }))
    await writeFile(join(root, name), text);
  const { stdout } = await promisify(execFile)(python, ['-c', worker], { cwd: root });
  return JSON.parse(stdout) as { manifest: object; warnings: string[] };
}

const withoutTime = (manifest: object = {}) => ({ ...manifest, created_at: null });

describe('the manifest of a deployment', () => {
  it('equals that of dlt, and deploys the jobs', async () => {
    const build = await startBuild(files);
    const { manifest, ...rest } = await awaitBuild(build);
    const local = await buildLocally(files);
    expect(rest).toMatchObject({ status: 'completed', run_status: 'completed', warnings: local.warnings });
    expect(withoutTime(manifest)).toEqual(withoutTime(local.manifest));
    expect(joinLines(await workspace.readLog(build.jobRunId))).toContain('{"manifest": "written"}');

    const { job_receipt: receipt } = await server.client.call('deploy_workspace', {
      params: { workspace_id: workspaceId },
      body: {
        job_definition_engine_version: manifest?.engine_version ?? 0,
        job_definition_hash: 'hash',
        jobs: manifest?.jobs ?? [],
        deployment_module: '__deployment__',
      },
    });
    expect(receipt.succeeded.map(({ job, outcome }) => [job.job_ref, outcome])).toEqual([
      ['jobs.jobs.load_orders', 'created'],
      ['jobs.jobs.report', 'created'],
      ['jobs.workspace.dashboard', 'created'],
    ]);
  });

  it('is built once, and shows nowhere else', async () => {
    const { id } = await workspace.latestDeployment();
    const params = { workspace_id: workspaceId, deployment_id: id };
    const again = await server.client.call('build_manifest', { params, body: {} });
    expect((await readBuild({ deploymentId: id, jobRunId: again.job_run_id })).status).toBe('completed');
    const query = { include_system_job_runs: true };
    const { items } = await server.client.call('list_job_runs', {
      params: { workspace_id: workspaceId },
      query,
    });
    expect(items).toEqual([]);
  });
});

describe('code that cannot be imported', () => {
  it('is an error with the file and the line', async () => {
    const build = await startBuild({
      '__deployment__.py': 'import broken\n',
      'broken.py': '\nprices = = 1\n',
    });
    const { status, run_status, manifest, error } = await awaitBuild(build);
    expect({ status, run_status, manifest }).toEqual({
      status: 'failed',
      run_status: 'failed',
      manifest: undefined,
    });
    expect(error).toMatchObject({ code: 'manifest_failed', type: 'SyntaxError' });
    expect(error?.message).toContain('broken.py, line 2');
    expect(error?.traceback).toBe(
      [
        '  File "__deployment__.py", line 1, in <module>',
        '    import broken',
        '  File "broken.py", line 2',
        '    prices = = 1',
      ].join('\n'),
    );
  });

  it('ends when it is cancelled, or after ten minutes', async () => {
    const code = 'import os, time\nos.write(1, b"going on for ever\\n")\nwhile True:\n    time.sleep(1)\n';
    const build = await startBuild({ '__deployment__.py': code });
    await workspace.awaitLine(build.jobRunId, 'going on for ever');
    expect(await readBuild(build)).toMatchObject({ status: 'running', run_status: 'running' });
    expect((await workspace.getRun(build.jobRunId)).job_version.max_run_time_seconds).toBe(600);
    const params = { workspace_id: workspaceId, job_run_id: build.jobRunId };
    await server.client.call('cancel_job_run', { params });
    const { status, run_status, error } = await awaitBuild(build);
    expect([status, run_status, error?.code]).toEqual(['failed', 'cancelled', 'manifest_cancelled']);
  });
});
