import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  choosePostgresUser,
  ensureDatabase,
  layOut,
  openSocketFolder,
} from '@pumphouse/server/store/postgres/embedded/embedded.ts';
import { createApiWorkspace, joinLines } from '../../fixtures/api-workspace.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../../fixtures/deploy-workspace.ts';
import { ensureCluster } from '@pumphouse/server/store/postgres/embedded/cluster.ts';
import { findFormerBinaries } from '@pumphouse/server/store/postgres/embedded/former-binaries.ts';
import { openServerStore } from '../../fixtures/server-store.ts';
import { runOperator, startServerOn, type TestServer } from '../../fixtures/server.ts';
import { startPostmaster, stopPostmaster } from '@pumphouse/server/store/postgres/embedded/postmaster.ts';

const formerMajor = 17;
let dataDir: string;
let server: TestServer | undefined;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pumphouse-upgrade-'));
});
afterAll(async () => {
  await server?.remove();
  await rm(dataDir, { recursive: true, force: true });
});

/** Starts the data folder's database with the Postgres of a former release. */
async function startFormerPostgres() {
  const paths = await layOut(dataDir);
  const runAs = choosePostgresUser();
  const binaries = await findFormerBinaries(formerMajor, {
    folder: null,
    cacheFolder: paths.binaries,
    runAs,
  });
  await ensureCluster(paths.cluster, binaries, runAs, false);
  const settings = { listen_addresses: '' };
  const postmaster = await startPostmaster({
    folder: paths.cluster,
    logPath: paths.log,
    binaries,
    runAs,
    settings,
  });
  await using socket = await openSocketFolder(paths.cluster);
  await ensureDatabase(socket.path);
  const url = `postgresql://pumphouse@localhost/pumphouse?host=${encodeURIComponent(socket.path)}`;
  return { url, stop: () => stopPostmaster(postmaster) };
}

it('moves the data of a former Postgres to the one of this release, and keeps the former', async () => {
  const former = await startFormerPostgres();
  const first = await startServerOn(dataDir, null, { PUMPHOUSE_DATABASE_URL: former.url });
  const workspaceId = await createWorkspace(first, 'shop');
  await deployWorkspace(first, workspaceId, {
    files: { 'short.py': 'print("short")\n' },
    jobs: [defineScriptJob('short')],
  });
  const runId = await triggerJob(first, workspaceId, 'jobs.short');
  await createApiWorkspace(first, workspaceId).awaitEnd(runId);
  await first.end('SIGTERM');
  await former.stop();

  const refused = await runOperator({ dataDir }, ['server']);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('upgrade-database') as string });
  const upgraded = await runOperator({ dataDir }, ['upgrade-database']);
  expect(upgraded).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/moved from Postgres 17 to \d+/) as string,
  });
  expect(await readdir(join(dataDir, 'postgres'))).toContain(`data-${formerMajor}`);

  server = await startServerOn(dataDir, first.key);
  const workspace = createApiWorkspace(server, workspaceId);
  expect(joinLines(await workspace.readLog(runId), 'user')).toBe('short');
  const again = await triggerJob(server, workspaceId, 'jobs.short');
  expect((await workspace.awaitEnd(again)).status).toBe('completed');
  const opened = await openServerStore(server);
  expect((await opened.store.databaseState.readState()).versionNumber).toBeGreaterThan(180_000);
  await opened.close();
  expect(await runOperator({ dataDir }, ['upgrade-database'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Stop the server first') as string,
  });
});
