import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApiWorkspace, joinLines } from '../fixtures/api-workspace.ts';
import { createRunsLocation } from '../fixtures/runs-location.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { runAdmin, startTestServer, type TestServer } from '../fixtures/server.ts';
import { startS3Store, type S3Store } from '../fixtures/s3-store.ts';

const heldScript = `
import os, time

print("begun", flush=True)
while not os.path.exists(f".dlt/data/{os.environ['WORKSPACE__PROFILE']}/go"):
    time.sleep(0.02)
print("done")
`;

let s3: S3Store;
let server: TestServer;

beforeAll(async () => {
  s3 = await startS3Store();
  server = await startTestServer();
});
afterAll(async () => {
  await server.remove();
  await s3.remove();
});

it('moves the blobs of a server to S3, with a run that is active meanwhile', async () => {
  const workspaceId = await createWorkspace(server, 'moving');
  await deployWorkspace(server, workspaceId, {
    files: { 'held.py': heldScript, 'short.py': 'print("short")\n' },
    jobs: [defineScriptJob('held'), defineScriptJob('short')],
  });
  const ended = await triggerJob(server, workspaceId, 'jobs.short');
  await createApiWorkspace(server, workspaceId).awaitEnd(ended);
  const active = await triggerJob(server, workspaceId, 'jobs.held');
  await createApiWorkspace(server, workspaceId).awaitLine(active, 'begun');

  const { PUMPHOUSE_BLOBS_URL: url = '', ...credentials } = s3.variables('moved');
  const { dataDir } = server;
  await runAdmin({ dataDir, variables: credentials }, ['move-blobs', '--to', url]);

  const former = { PUMPHOUSE_BLOBS_FALLBACK_URL: `file://${join(dataDir, 'blobs')}` };
  const switched = { ...credentials, PUMPHOUSE_BLOBS_URL: url, ...former };
  await server.end('SIGTERM');
  server = await server.restart(switched);
  const localData = createRunsLocation(dataDir).locateLocalData(workspaceId, 'prod');
  await writeFile(join(localData, 'go'), '');
  expect((await createApiWorkspace(server, workspaceId).awaitEnd(active)).status).toBe('completed');
  await runAdmin({ dataDir, variables: switched }, ['move-blobs', '--to', url]);

  await server.end('SIGTERM');
  await rm(join(dataDir, 'blobs'), { recursive: true });
  server = await server.restart({ PUMPHOUSE_BLOBS_FALLBACK_URL: '' });
  const workspace = createApiWorkspace(server, workspaceId);
  expect(joinLines(await workspace.readLog(ended), 'user')).toBe('short');
  expect(joinLines(await workspace.readLog(active), 'user')).toBe('begun\ndone');
  const again = await triggerJob(server, workspaceId, 'jobs.short');
  expect((await workspace.awaitEnd(again)).status).toBe('completed');
});
