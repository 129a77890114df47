import { createServer, request, type Server } from 'node:http';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestServer } from '../fixtures/server.ts';
import { createApiWorkspace, joinLines, type ApiWorkspace } from '../fixtures/api-workspace.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { startS3Store, type S3Store } from '../fixtures/s3-store.ts';
import { startTestServer } from '../fixtures/server.ts';

let s3: S3Store;
let server: TestServer;
let workspace: ApiWorkspace;
let workspaceId: string;
let publicStore: Server;
/** Paths that were read at the public address of the store. */
let reads: string[] = [];
/** What the store answers there instead. */
let refuses = false;

beforeAll(async () => {
  s3 = await startS3Store();
  publicStore = createServer((incoming, answer) => {
    reads.push(incoming.url ?? '');
    if (refuses) {
      answer.writeHead(403).end();
      return;
    }
    const { method, url: path, headers } = incoming;
    request(new URL(s3.endpoint), { method, path, headers }, (stored) => {
      answer.writeHead(stored.statusCode ?? 500, stored.headers);
      stored.pipe(answer);
    }).end();
  }).listen(0, '127.0.0.1');
  await once(publicStore, 'listening');
  const address = publicStore.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  server = await startTestServer({
    ...s3.variables('direct'),
    PUMPHOUSE_S3_DIRECT_READS: '1',
    PUMPHOUSE_S3_PUBLIC_ENDPOINT: `http://127.0.0.1:${port}`,
    PUMPHOUSE_LOG_LEVEL: 'debug',
  });
  workspaceId = await createWorkspace(server, 'direct');
  workspace = createApiWorkspace(server, workspaceId);
  await deployWorkspace(server, workspaceId, {
    files: {
      'size.py': 'import os\nprint("size", os.path.getsize("noise.txt"))\n',
      'noise.txt': randomBytes(300_000).toString('base64'),
    },
    jobs: [defineScriptJob('size')],
  });
});
afterAll(async () => {
  await server.remove();
  publicStore.close();
  await s3.remove();
});

async function run(): Promise<void> {
  reads = [];
  const jobRunId = await triggerJob(server, workspaceId, 'jobs.size');
  const { status } = await workspace.awaitEnd(jobRunId);
  const log = joinLines(await workspace.readLog(jobRunId));
  expect(status, log).toBe('completed');
  expect(log).toContain('size 400000');
  expect(log).not.toContain('X-Amz-Signature');
}

it('a run reads its code from the store at its public address', async () => {
  await run();
  expect(reads).toEqual([
    expect.stringMatching(/^\/pumphouse\/direct\/deployments\/.*\?.*X-Amz-Expires=300&.*X-Amz-Signature=/),
  ]);
});

it('reads it through the server if the store refuses or is away', async () => {
  refuses = true;
  await run();
  expect(reads).toHaveLength(1);
  publicStore.closeAllConnections();
  publicStore.close();
  await run();
  expect(reads).toEqual([]);
});

it('leaves the URL in no log of the server', () => {
  expect(server.log()).not.toContain('X-Amz-Signature');
});
