import { writeFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askApp, defineAppJob, findApp } from '../fixtures/app-site.ts';
import { createApiWorkspace, joinLines, type ApiWorkspace } from '../fixtures/api-workspace.ts';
import { createClientWorkspace } from '../fixtures/client-workspace.ts';
import { createRunsLocation } from '../fixtures/runs-location.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { eventually } from '../fixtures/eventually.ts';
import { prepareDltClient } from '../fixtures/dlt-client.ts';
import { runAdmin, startTestServer, type TestServer } from '../fixtures/server.ts';
import { startTestWorker, type TestWorker } from '../fixtures/worker.ts';
import { writeEchoApp } from '../fixtures/echo-app.ts';

/** Runs until a file exists, in the local data of the machine that executes it. */
const held = `
import os, time

go = f".dlt/data/{os.environ['WORKSPACE__PROFILE']}/go"
print("begun")
while not os.path.exists(go):
    time.sleep(0.02)
print("done")
`;

const withLabels = (job: Record<string, unknown>, labels: Record<string, string>) => ({
  ...job,
  require: { instance: { labels } },
});

let server: TestServer;
let worker: TestWorker;
let workspaceId: string;
let api: ApiWorkspace;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-workers-'));
  server = await startTestServer({
    PUMPHOUSE_ROLES: 'api,scheduler',
    PUMPHOUSE_LEASE_SECONDS: '4',
    PUMPHOUSE_RETENTION: 'caches=5s',
  });
  worker = await startTestWorker(server, { labels: ['zone=eu'] });
  workspaceId = await createWorkspace(server, 'workers');
  api = createApiWorkspace(server, workspaceId);
  await deployWorkspace(server, workspaceId, {
    files: { 'hello.py': 'print("hello from a worker")\n', 'held.py': held, 'echo.py': writeEchoApp() },
    jobs: [
      defineScriptJob('hello'),
      defineScriptJob('held'),
      withLabels({ ...defineScriptJob('held'), job_ref: 'jobs.needs_gpu' }, { gpu: 'a100', zone: 'eu' }),
      defineAppJob('echo', 'module'),
    ],
  });
});
afterAll(async () => {
  await worker.remove();
  await server.remove();
  await rm(folder, { recursive: true, force: true });
});

const release = (on: TestWorker) =>
  writeFileSync(join(createRunsLocation(on.dataDir).locateLocalData(workspaceId, 'prod'), 'go'), '');
const hold = (on: TestWorker) =>
  rm(join(createRunsLocation(on.dataDir).locateLocalData(workspaceId, 'prod'), 'go'), { force: true });

describe('a server without the role supervisor', () => {
  it('runs what the official client deploys on its worker, and streams the log', async () => {
    const install = await prepareDltClient();
    const own = await createClientWorkspace(
      { install, server, parentFolder: folder, name: 'client' },
      {
        'pipeline.py': `
import dlt

if __name__ == "__main__":
    dlt.pipeline("shop", destination="duckdb", dataset_name="d").run([{"id": 1}], table_name="orders")
    print("loaded on a worker")
`,
      },
    );
    const output = await own.dlthub(['run', 'pipeline.py', '-f']);
    expect(output).toContain('loaded on a worker');
    expect(output).toContain('finished with status: completed');
  });

  it('removes caches on the disk of its worker past their retention', async () => {
    await eventually('the caches are removed', async () => {
      const caches = await readdir(join(worker.dataDir, 'uv-caches'));
      return caches.length === 0;
    });
    await server.awaitLogged('removed data of a worker past its retention');
  });

  it('shows lines while a run goes on, and cancels it', async () => {
    const id = await triggerJob(server, workspaceId, 'jobs.held');
    await api.awaitLine(id, 'begun');
    const params = { workspace_id: workspaceId, job_run_id: id };
    await server.client.call('cancel_job_run', { params });
    expect((await api.awaitEnd(id)).status).toBe('cancelled');
    await eventually('the worker has no attempt left', async () => {
      const attempts = createRunsLocation(worker.dataDir).listAttempts();
      return attempts.length === 0;
    });
  });

  it('serves an app of its worker through the proxy', async () => {
    const app = await findApp(server, api, 'jobs.echo');
    const answer = await eventually('the app answers', async () => {
      const response = await askApp(app, '/some/path', { key: server.key });
      return response.status === 200 && response.text();
    });
    expect(answer).toContain('/some/path');
  });

  it('keeps a run waiting for labels, says what is missing, and runs it on the worker that has them', async () => {
    const id = await triggerJob(server, workspaceId, 'jobs.needs_gpu');
    const lines = await api.awaitLine(id, 'No worker has the labels');
    expect(joinLines(lines)).toContain('No worker has the labels gpu=a100, zone=eu: edge-1 lacks gpu=a100.');
    const second = await startTestWorker(server, { name: 'edge-2', labels: ['gpu=a100', 'zone=eu'] });
    try {
      await api.awaitLine(id, 'begun');
      expect(createRunsLocation(second.dataDir).listAttempts()).toHaveLength(1);
      // A drained worker ends with its last run.
      await runAdmin(server, ['drain-worker', 'edge-2']);
      const next = await triggerJob(server, workspaceId, 'jobs.needs_gpu');
      await api.awaitLine(next, 'Waiting for a worker with gpu=a100, zone=eu: edge-2 is draining.');
      release(second);
      expect((await api.awaitEnd(id)).status).toBe('completed');
      expect(await second.ended).toBe(0);
      await server.client.call('cancel_job_run', { params: { workspace_id: workspaceId, job_run_id: next } });
    } finally {
      await second.remove();
    }
  });

  it('gives a paused worker no runs', async () => {
    await runAdmin(server, ['pause-worker', 'edge-1']);
    const id = await triggerJob(server, workspaceId, 'jobs.hello');
    await api.awaitLine(id, 'Waiting for a worker: edge-1 is paused');
    await runAdmin(server, ['resume-worker', 'edge-1']);
    expect((await api.awaitEnd(id)).status).toBe('completed');
  });

  it('ends the connection of a revoked token at once; the run goes on and ends with a new token', async () => {
    await hold(worker);
    const id = await triggerJob(server, workspaceId, 'jobs.held');
    await api.awaitLine(id, 'begun');
    const token = (await runAdmin(server, ['replace-worker-token', 'edge-1'])).trim();
    expect(await worker.ended).toBe(1);
    expect(worker.log()).not.toContain(token);
    await writeFile(join(worker.dataDir, 'token'), token);
    expect((await api.getRun(id)).status).toBe('running');
    worker = await worker.restart();
    release(worker);
    expect((await api.awaitEnd(id)).status).toBe('completed');
    expect(joinLines(await api.readLog(id))).toMatch(/begun\n(.*\n)*done/);
  });
});
