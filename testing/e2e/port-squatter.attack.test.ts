import { readdir, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiWorkspace, joinLines, type ApiWorkspace } from '../fixtures/api-workspace.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { eventually } from '../fixtures/eventually.ts';
import { runsAreContainers } from '../fixtures/runs-location.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';

const script = `
import os, time
print("it runs", flush=True)
while not os.path.exists("go"):
    time.sleep(0.05)
print("it goes on", flush=True)
while not os.path.exists("end"):
    time.sleep(0.05)
print("it ends")
`;

let server: TestServer;
let workspace: ApiWorkspace;

beforeAll(async () => {
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'warn', PUMPHOUSE_LEASE_SECONDS: '3' });
  const id = await createWorkspace(server, 'squatted');
  await deployWorkspace(server, id, { jobs: [defineScriptJob('talk')], files: { 'talk.py': script } });
  workspace = createApiWorkspace(server, id);
});
afterAll(() => server.remove());

/** Takes the port of a killed server, answers yes to everything, and records all requests. */
async function squat(port: number): Promise<{ heard: string[]; close(): Promise<void> }> {
  const heard: string[] = [];
  const note = async (request: IncomingMessage): Promise<void> => {
    const body = await buffer(request);
    heard.push(
      `${request.method} ${request.url} ${JSON.stringify(request.headers)} ${body.toString('latin1')}`,
    );
  };
  const squatter: Server = createServer((request, response) => {
    void note(request).then(
      () => response.end(JSON.stringify({ offset: 1_000_000_000 })),
      // Its connection was closed before all of it had arrived.
      () => undefined,
    );
  });
  squatter.listen(port, '127.0.0.1');
  await once(squatter, 'listening');
  return {
    heard,
    async close() {
      squatter.closeAllConnections();
      squatter.close();
      await once(squatter, 'close');
    },
  };
}

async function tell(word: 'go' | 'end'): Promise<void> {
  const attempts = await readdir(join(server.dataDir, 'attempts'));
  for (const attempt of attempts) {
    const work = join(server.dataDir, 'attempts', attempt, 'work');
    const names = await readdir(work);
    await writeFile(join(work, names.find((name) => !name.startsWith('.')) ?? '', word), '');
  }
}

// Containers never see the socket; the bootstrap's own tests cover impostors at their address.
describe.skipIf(runsAreContainers)('a program that takes the port of a killed server', () => {
  it('learns nothing from its runs, and ends none of them', async () => {
    const runId = await triggerJob(server, workspace.id, 'jobs.talk');
    await workspace.awaitLine(runId, 'it runs');
    const sockets = () => readdir(join(server.dataDir, 'sockets')).catch(() => []);
    const [first] = await sockets();
    await server.end('SIGKILL');
    const squatter = await squat(Number(new URL(server.url).port));
    await tell('go');
    const calls = () => squatter.heard.filter((call) => call.includes('/-spool'));
    // The run has retried, because it did not trust the first response.
    await eventually('the run asks the squatter twice', () => calls().length >= 2, { timeoutSeconds: 300 });
    await squatter.close();
    server = await server.restart();
    workspace = createApiWorkspace(server, workspace.id);
    await workspace.awaitLine(runId, 'it goes on');
    await tell('end');
    expect((await workspace.awaitEnd(runId)).status).toBe('completed');
    const log = joinLines(await workspace.readLog(runId), 'user');
    expect(log.split('\n')).toEqual(['it runs', 'it goes on', 'it ends']);
    for (const word of ['Bearer', 'dlt_b_', 'it goes on', 'stdout'])
      expect(squatter.heard.join('\n')).not.toContain(word);
    // The socket of the killed server is gone, and the next one has its own.
    const left = await sockets();
    expect(left).toHaveLength(1);
    expect(left).not.toContain(first);
  });
});
