import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiWorkspace } from '../../fixtures/api-workspace.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../../fixtures/deploy-workspace.ts';
import { runsAreContainers } from '../../fixtures/runs-location.ts';
import { runOperator, startServerOn, startTestServer, type TestServer } from '../../fixtures/server.ts';
import { waitingScript } from './waiting-script.ts';
import { withOrphans } from '../../faults/later-orphans.ts';

let server: TestServer;
let folder: string;
let workspaceId: string;
let held: string;
let backupUrl: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-copies-'));
  backupUrl = `file://${join(folder, 'backups')}`;
  server = await startTestServer();
  workspaceId = await createWorkspace(server, 'shop');
  await deployWorkspace(server, workspaceId, {
    files: { 'held.py': waitingScript },
    jobs: [defineScriptJob('held')],
  });
  held = await triggerJob(server, workspaceId, 'jobs.held');
  await createApiWorkspace(server, workspaceId).awaitLine(held, 'begun');
});
afterAll(async () => {
  await server.remove();
  await rm(folder, { recursive: true, force: true });
});

/** Runs the orphan collector of a server on this data folder, after the time in which nothing is removed. */
const collectOrphans = (dataDir: string) =>
  withOrphans(
    { PATH: process.env['PATH'], HOME: process.env['HOME'], PUMPHOUSE_DATA_DIR: dataDir },
    11,
    (orphans) => orphans.remove(),
  );

const restore = (dataDir: string, ...options: string[]) =>
  runOperator({ dataDir, variables: { PUMPHOUSE_BACKUP_URL: backupUrl } }, ['backup', 'restore', ...options]);

async function createRestoreFolder(name: string): Promise<string> {
  const dataDir = join(folder, name);
  await mkdir(dataDir);
  await copyFile(join(server.dataDir, 'secret.key'), join(dataDir, 'secret.key'));
  return dataDir;
}

async function requireLive(): Promise<void> {
  expect((await createApiWorkspace(server, workspaceId).getRun(held)).status).toBe('running');
}

// Control groups and processes of one machine. For engines see the rule about unknown attempts (domain/retention/orphans.ts).
describe.skipIf(runsAreContainers)('while the original runs on the same machine', () => {
  it('a restored copy is another installation, and leaves the runs of the original alone', async () => {
    const created = await runOperator(
      { dataDir: server.dataDir, variables: { PUMPHOUSE_BACKUP_URL: backupUrl } },
      ['backup', 'create'],
    );
    expect(created).toMatchObject({ code: 0 });
    const dataDir = await createRestoreFolder('copy');
    const restored = await restore(dataDir);
    expect(restored).toMatchObject({ code: 0 });
    const copy = await startServerOn(dataDir, server.key);
    try {
      expect((await collectOrphans(dataDir)).removed.filter(({ owner }) => owner.kind === 'attempt')).toEqual(
        [],
      );
      await requireLive();
      expect((await createApiWorkspace(copy, workspaceId).getRun(held)).status).toBe('failed');
    } finally {
      await copy.remove();
    }
    expect(restored.stderr).toMatch(/is a copy with an installation id of its own.*--replace/s);
  });

  it('a copy that was restored as its replacement does not start, and says what to do', async () => {
    const dataDir = await createRestoreFolder('replacement');
    expect(await restore(dataDir, '--replace')).toMatchObject({ code: 0 });
    await expect(startServerOn(dataDir, server.key)).rejects.toThrow(
      /installation_in_use.*another database/s,
    );
    await requireLive();
  });

  it('a copied data folder does not start', async () => {
    const dataDir = join(folder, 'copied');
    // Its run goes on meanwhile, and is active in the copied database as well.
    await server.end('SIGTERM');
    await promisify(execFile)('cp', ['--archive', server.dataDir, dataDir]);
    server = await server.restart();
    await expect(startServerOn(dataDir, server.key)).rejects.toThrow(/installation_in_use/);
    await requireLive();
  });

  it('completes its run afterwards', async () => {
    await writeFile(join(server.dataDir, 'local-data', workspaceId, 'prod', 'go'), '');
    expect((await createApiWorkspace(server, workspaceId).awaitEnd(held)).status).toBe('completed');
  });
});
