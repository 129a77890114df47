import { mkdtemp, rm } from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestServer } from '../fixtures/server.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApiWorkspace } from '../fixtures/api-workspace.ts';
import { createRunsLocation } from '../fixtures/runs-location.ts';
import { createTestDatabase, type TestDatabase } from '../fixtures/postgres.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { eventually } from '../fixtures/eventually.ts';
import { startTestServer } from '../fixtures/server.ts';

const heldScript = `
import os, time

print("begun")
while not os.path.exists(f".dlt/data/{os.environ['WORKSPACE__PROFILE']}/go"):
    time.sleep(0.02)
print("done")
`;

let folder: string;
let database: TestDatabase;
const servers: TestServer[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-roles-'));
  database = await createTestDatabase();
});
afterAll(async () => {
  for (const server of servers) await server.end('SIGTERM');
  await database.drop();
  // The program of the package store outlives its server by what it is writing.
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
});

/** Settings shared by the servers of one installation. */
const shared = () => ({
  PUMPHOUSE_DATABASE_URL: database.url,
  PUMPHOUSE_BLOBS_URL: `file://${join(folder, 'blobs')}`,
  PUMPHOUSE_SECRET_KEY: 'the same for each server of this installation',
});

/** A server with one role and its own data folder. */
async function startWith(role: string): Promise<TestServer> {
  const own = { PUMPHOUSE_ROLES: role, PUMPHOUSE_DATA_DIR: join(folder, role) };
  const [first] = servers;
  const server = first ? await first.startBeside(own) : await startTestServer({ ...shared(), ...own });
  servers.push(server);
  return server;
}

async function readReadiness({ url }: TestServer) {
  const response = await fetch(`${url}/readyz`);
  return { status: response.status, body: await response.json() };
}

it('servers with one role each form one installation', async () => {
  const api = await startWith('api');
  const workspaceId = await createWorkspace(api, 'roles');
  const workspace = createApiWorkspace(api, workspaceId);
  await deployWorkspace(api, workspaceId, {
    files: { 'held.py': heldScript },
    jobs: [defineScriptJob('held', ['schedule:* * * * * */2'])],
  });
  const asked = await triggerJob(api, workspaceId, 'jobs.held');

  const supervisor = await startWith('supervisor');
  // A server that does not drive the run sees its lines and its end.
  await workspace.awaitLine(asked, 'begun');
  const elsewhere = Array.fromAsync(api.client.followLog({ workspaceId, jobRunId: asked }));
  const localData = createRunsLocation(join(folder, 'supervisor')).locateLocalData(workspaceId, 'prod');
  writeFileSync(join(localData, 'go'), '');
  const lines = (await elsewhere).map(({ content }) => content);
  expect(lines).toEqual(expect.arrayContaining(['begun', 'done']));
  expect((await workspace.awaitEnd(asked)).status).toBe('completed');
  const own = await createApiWorkspace(supervisor, workspaceId).readLog(asked);
  expect(own.map(({ content }) => content)).toEqual(lines);
  expect((await workspace.listRuns('jobs.held')).map(({ id }) => id)).toEqual([asked]);

  const scheduler = await startWith('scheduler');
  await eventually('a tick leads to a run that completes', async () =>
    (await workspace.listRuns('jobs.held')).some(({ id, status }) => id !== asked && status === 'completed'),
  );
  for (const server of [api, supervisor, scheduler])
    await expect
      .poll(() => readReadiness(server))
      .toMatchObject({ status: 200, body: { status: 'ready', reasons: [], degraded: [] } });

  // Make sure nothing keeps running when its servers are gone.
  const { id: jobId } = await workspace.findJob('jobs.held');
  await api.client.call('pause_job', { params: { workspace_id: workspaceId, job_id: jobId } });
  for (const run of await workspace.listRuns('jobs.held')) await workspace.awaitEnd(run.id);
});
