import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BreakableConnection } from '../fixtures/breakable-connection.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApiWorkspace, type ApiWorkspace } from '../fixtures/api-workspace.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { eventually } from '../fixtures/eventually.ts';
import { openBreakableConnection } from '../fixtures/breakable-connection.ts';
import { createRunsLocation } from '../fixtures/runs-location.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';
import { startTestWorker, type TestWorker } from '../fixtures/worker.ts';

const lineCount = 60;
/** Prints numbered lines, then others as long as the test holds it. A second start would print them again. */
const counting = `
import os
import time

for n in range(${lineCount}):
    print("line", n)
    time.sleep(0.1)
while os.path.exists(".dlt/data/prod/hold"):
    print("held")
    time.sleep(0.1)
`;

let server: TestServer;
let connection: BreakableConnection;
let worker: TestWorker;
let workspaceId: string;
let api: ApiWorkspace;
let holdFile: string;

beforeAll(async () => {
  server = await startTestServer({
    PUMPHOUSE_ROLES: 'api,scheduler',
    PUMPHOUSE_LEASE_SECONDS: '4',
    PUMPHOUSE_UNKNOWN_MINUTES: '1',
  });
  connection = await openBreakableConnection(server.url);
  worker = await startTestWorker(server, { url: connection.url, args: ['--capacity', '4'] });
  workspaceId = await createWorkspace(server, 'cuts');
  api = createApiWorkspace(server, workspaceId);
  await deployWorkspace(server, workspaceId, {
    files: { 'counting.py': counting },
    jobs: [defineScriptJob('counting')],
  });
  // The environment is built once, before the cuts.
  await expectWhole([await triggerJob(server, workspaceId, 'jobs.counting')]);
  holdFile = join(createRunsLocation(worker.dataDir).locateLocalData(workspaceId, 'prod'), 'hold');
});
afterAll(async () => {
  await worker.remove();
  connection.close();
  await server.remove();
});

/** Each run has ended well, ran once, and its log has every line once, in order. */
async function expectWhole(ids: readonly string[]): Promise<void> {
  const expected = Array.from({ length: lineCount }, (_, n) => `line ${n}`);
  for (const id of ids) {
    expect(await api.awaitEnd(id)).toMatchObject({ status: 'completed' });
    const lines = (await api.readLog(id)).map(({ content }) => content);
    expect(lines.filter((line) => line.startsWith('line '))).toEqual(expected);
  }
}

const startRuns = (count: number): Promise<string[]> =>
  Promise.all(Array.from({ length: count }, () => triggerJob(server, workspaceId, 'jobs.counting')));

async function awaitNoRemains(): Promise<void> {
  await eventually(
    'no attempt is left on the worker',
    async () => createRunsLocation(worker.dataDir).listAttempts().length === 0,
  );
}

it('a worker through 30 network cuts loses no line, runs nothing twice, and all runs end', async () => {
  await writeFile(holdFile, '');
  const ids = await startRuns(6);
  for (let cut = 0; cut < 30; cut += 1) {
    // Cuts at different moments of a connection: from its first byte to some chunks of a log.
    await connection.awaitTraffic(1 + ((cut * 1370) % 9000));
    connection.breakAll();
  }
  await rm(holdFile);
  await expectWhole(ids);
  await awaitNoRemains();
});

it('a worker that is killed and started again goes on with its runs', async () => {
  const [id = ''] = await startRuns(1);
  await api.awaitLine(id, 'line 10');
  await worker.end('SIGKILL');
  worker = await worker.restart();
  await expectWhole([id]);
  await awaitNoRemains();
});

it('a server that is killed and started again goes on with the runs of its worker', async () => {
  const [id = ''] = await startRuns(1);
  await api.awaitLine(id, 'line 10');
  await server.end('SIGKILL');
  server = await server.restart();
  api = createApiWorkspace(server, workspaceId);
  await expectWhole([id]);
  await awaitNoRemains();
});

it('a run of a worker that does not return becomes unknown, and goes on when it does', async () => {
  await writeFile(holdFile, '');
  const [id = ''] = await startRuns(1);
  await api.awaitLine(id, 'line 5');
  await worker.end('SIGKILL');
  await server.end('SIGKILL');
  server = await server.restart();
  api = createApiWorkspace(server, workspaceId);
  await api.awaitLine(id, 'The server can no longer reach the run: The worker edge-1 is not connected.');
  worker = await worker.restart();
  await rm(holdFile);
  await expectWhole([id]);
});
