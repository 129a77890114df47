import type { AppResponse } from '@pumphouse/contract';
import type { BreakableConnection } from '../fixtures/breakable-connection.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { askApp, defineAppJob, findApp } from '../fixtures/app-site.ts';
import { createApiWorkspace } from '../fixtures/api-workspace.ts';
import { createRunsLocation } from '../fixtures/runs-location.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { eventually } from '../fixtures/eventually.ts';
import { openBreakableConnection } from '../fixtures/breakable-connection.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';
import { startTestWorker, type TestWorker } from '../fixtures/worker.ts';
import { writeEchoApp } from '../fixtures/echo-app.ts';

/*
 * Two servers of one installation. The worker is connected to one of them; users ask the other one.
 */

/** Prints lines until a file appears. */
const slow = `
import itertools, os, time

for n in itertools.count():
    print("line", n)
    if os.path.exists(f".dlt/data/{os.environ['WORKSPACE__PROFILE']}/go"):
        break
    time.sleep(0.1)
`;

let connected: TestServer;
let asked: TestServer;
let connection: BreakableConnection;
let worker: TestWorker;
let workspaceId: string;
let app: AppResponse;

beforeAll(async () => {
  const roles = { PUMPHOUSE_ROLES: 'api,scheduler', PUMPHOUSE_LEASE_SECONDS: '4' };
  connected = await startTestServer(roles);
  asked = await connected.startBeside();
  connection = await openBreakableConnection(connected.url);
  worker = await startTestWorker(connected, { url: connection.url });
  workspaceId = await createWorkspace(asked, 'elsewhere');
  await deployWorkspace(asked, workspaceId, {
    files: { 'echo.py': writeEchoApp(), 'slow.py': slow },
    jobs: [defineAppJob('echo', 'module'), defineScriptJob('slow')],
  });
  app = await findApp(asked, { id: workspaceId }, 'jobs.echo');
});
afterAll(async () => {
  await worker.remove();
  connection.close();
  await asked.end('SIGTERM');
  await connected.remove();
});

async function awaitAnswer(of: AppResponse, path: string): Promise<string> {
  return eventually(`the app answers ${path}`, async () => {
    const response = await askApp(of, path, { key: asked.key });
    return response.status === 200 && response.text();
  });
}

async function openWebSocket(): Promise<WebSocket> {
  const url = `${app.bare_url.replace('//localhost', '//127.0.0.1').replace('http', 'ws')}/ws`;
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${asked.key}` } });
  await once(socket, 'open');
  return socket;
}

async function echo(socket: WebSocket, message: string): Promise<string> {
  const answered = once(socket, 'message');
  socket.send(message);
  return String((await answered)[0]);
}

describe('a server that is asked for an app on a worker of another server', () => {
  it('answers requests, and starts the app', async () => {
    expect(await awaitAnswer(app, '/some/path')).toBe('/some/path');
  });

  it('carries uploads and streamed answers', async () => {
    const chunks = Array.from({ length: 200 }, () => randomBytes(64 * 1024));
    const response = await askApp(app, '/chunks', {
      key: asked.key,
      method: 'POST',
      body: ReadableStream.from(chunks),
      duplex: 'half',
    });
    expect(Buffer.from(await response.arrayBuffer()).equals(Buffer.concat(chunks))).toBe(true);
  });

  it('carries WebSockets', async () => {
    const socket = await openWebSocket();
    expect(await echo(socket, 'hello')).toBe('hello');
    socket.close();
    await once(socket, 'close');
  });

  it('serves many requests at a time', async () => {
    const paths = Array.from({ length: 60 }, (_, n) => `/page/${n}`);
    const answers = await Promise.all(
      paths.map(async (path) => (await askApp(app, path, { key: asked.key })).text()),
    );
    expect(answers).toEqual(paths);
  });

  it('streams the log of a run while it goes on', async () => {
    const id = await triggerJob(asked, workspaceId, 'jobs.slow');
    const api = createApiWorkspace(asked, workspaceId);
    await api.awaitLine(id, 'line 3');
    expect((await api.getRun(id)).status).toBe('running');
    writeFileSync(join(createRunsLocation(worker.dataDir).locateLocalData(workspaceId, 'prod'), 'go'), '');
    expect((await api.awaitEnd(id)).status).toBe('completed');
  });
});

describe('the port of the server that has the worker', () => {
  it.each<[string, () => Promise<string>]>([
    ['no credential', async () => ''],
    ['the key of the owner', async () => `Bearer ${asked.key}`],
    [
      'the token of the worker',
      async () => `Bearer ${await readFile(join(worker.dataDir, 'token'), 'utf8')}`,
    ],
    [
      'a proof that was made up',
      async () => `Pumphouse-Server at=${Date.now()},nonce=${'0'.repeat(32)},proof=${'a'.repeat(43)}`,
    ],
  ])('opens no connection with %s', async (_, makeAuthorization) => {
    const target = { handle: { executor: 'worker', version: 1, data: {} }, port: 5000 };
    const sent = request(`${connected.url}/pumphouse/v1/servers/app-connection`, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'pumphouse-app.1',
        authorization: await makeAuthorization(),
        'pumphouse-app': Buffer.from(JSON.stringify(target)).toString('base64url'),
      },
    }).end();
    const [answer] = await once(sent, 'response');
    expect(answer.statusCode).toBe(401);
    answer.resume();
  });
});

describe('when the server that has the worker is killed', () => {
  it('open connections end, and the app answers once the worker has connected elsewhere', async () => {
    const socket = await openWebSocket();
    expect(await echo(socket, 'before')).toBe('before');
    const closed = once(socket, 'close');
    await connected.end('SIGKILL');
    await closed;

    const refused = await askApp(app, '/page', { key: asked.key });
    expect(refused.status).toBe(502);
    expect(refused.headers.get('retry-after')).toBe('2');
    expect(await refused.json()).toMatchObject({ code: 'app_not_answering' });
    connection.leadTo(asked.url);
    expect(await awaitAnswer(app, '/after')).toBe('/after');
  });

  it('its next process reaches the app through the other server', async () => {
    connected = await connected.restart();
    const through = await findApp(connected, { id: workspaceId }, 'jobs.echo');
    expect(through.bare_url).not.toBe(app.bare_url);
    expect(await awaitAnswer(through, '/back')).toBe('/back');
  });
});
