import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiWorkspace, joinLines, type ApiWorkspace } from '../fixtures/api-workspace.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';
import { startTestWorker, type TestWorker } from '../fixtures/worker.ts';

let server: TestServer;
let worker: TestWorker;
let workspaceId: string;
let api: ApiWorkspace;

beforeAll(async () => {
  server = await startTestServer({ PUMPHOUSE_ROLES: 'api,scheduler' });
  worker = await startTestWorker(server, { labels: ['zone=eu'] });
  workspaceId = await createWorkspace(server, 'workers');
  api = createApiWorkspace(server, workspaceId);
  await deployWorkspace(server, workspaceId, {
    files: { 'hello.py': 'print("hello from a worker")\n' },
    jobs: [defineScriptJob('hello')],
  });
});
afterAll(async () => {
  await worker.remove();
  await server.remove();
});

describe('a server without the role supervisor', () => {
  it('runs jobs on its worker', async () => {
    const id = await triggerJob(server, workspaceId, 'jobs.hello');
    await api.awaitEnd(id);
    expect(joinLines(await api.readLog(id))).toContain('hello from a worker');
  });
});
