import type { TestServer } from '../../fixtures/server.ts';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApiWorkspace, joinLines } from '../../fixtures/api-workspace.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../../fixtures/deploy-workspace.ts';
import { runOperator, startServerOn, startTestServer } from '../../fixtures/server.ts';
import { startS3Store, type S3Store } from '../../fixtures/s3-store.ts';
import { waitingScript } from './waiting-script.ts';

let s3: S3Store;
let server: TestServer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-backup-s3-'));
  s3 = await startS3Store();
  server = await startTestServer(s3.variables('live'));
});
afterAll(async () => {
  await server.remove();
  await s3.remove();
  await rm(folder, { recursive: true, force: true });
});

async function run(dataDir: string, variables: Record<string, string>, ...args: string[]) {
  const result = await runOperator({ dataDir, variables }, ['backup', ...args]);
  expect(result).toMatchObject({ code: 0 });
  return result.stdout;
}

it('moves an installation from a bucket to a folder through an encrypted backup in a bucket', async () => {
  const workspaceId = await createWorkspace(server, 'shop');
  await deployWorkspace(server, workspaceId, {
    files: { 'short.py': 'print("short")\n', 'held.py': waitingScript },
    jobs: [defineScriptJob('short'), defineScriptJob('held')],
  });
  const workspace = createApiWorkspace(server, workspaceId);
  const ended = await triggerJob(server, workspaceId, 'jobs.short');
  await workspace.awaitEnd(ended);
  const active = await triggerJob(server, workspaceId, 'jobs.held');
  await workspace.awaitLine(active, 'begun');

  const keyFile = join(folder, 'backup-key.txt');
  const recipient = (await run(folder, {}, 'create-key', '--output', keyFile)).trim();
  const { PUMPHOUSE_BLOBS_URL: blobsUrl = '', ...credentials } = s3.variables('live');
  const location = `s3://${s3.bucket}/backups`;
  const live = { ...credentials, PUMPHOUSE_BLOBS_URL: blobsUrl, PUMPHOUSE_BACKUP_RECIPIENTS: recipient };
  await run(server.dataDir, live, 'create', '--location', location);
  await run(server.dataDir, live, 'create', '--location', location);
  await server.end('SIGKILL');

  const dataDir = join(folder, 'restored');
  await mkdir(dataDir);
  await copyFile(join(server.dataDir, 'secret.key'), join(dataDir, 'secret.key'));
  const elsewhere = { ...credentials, PUMPHOUSE_BLOBS_URL: '' };
  await run(dataDir, elsewhere, 'verify', '--location', location, '--key-file', keyFile);
  const withoutKey = await runOperator({ dataDir, variables: elsewhere }, [
    'backup',
    'restore',
    '--location',
    location,
  ]);
  expect(withoutKey).toMatchObject({ code: 1, stderr: expect.stringContaining('--key-file') as string });
  await run(dataDir, elsewhere, 'restore', '--location', location, '--key-file', keyFile);

  const second = await startServerOn(dataDir, server.key, { PUMPHOUSE_BLOBS_URL: '' });
  try {
    const restored = createApiWorkspace(second, workspaceId);
    expect(joinLines(await restored.readLog(ended), 'user')).toBe('short');
    expect(joinLines(await restored.readLog(active), 'user')).toBe('begun');
    expect((await restored.getRun(active)).status).toBe('failed');
    const again = await triggerJob(second, workspaceId, 'jobs.short');
    expect((await restored.awaitEnd(again)).status).toBe('completed');
  } finally {
    await second.remove();
  }
});
