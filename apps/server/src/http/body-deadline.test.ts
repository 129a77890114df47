import type { ApiFixture } from '../api/testing/api-fixture.ts';
import type { FastifyInstance } from 'fastify';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildApi } from '../compose/build-api.ts';
import { buildRunsApi } from '../compose/build-runs-api.ts';
import { createApiFixture } from '../api/testing/api-fixture.ts';

let api: ApiFixture;
let key: string;
let issuePath: string;
const logged: { level: number; msg: string; requestId?: string; status?: number }[] = [];
const log = pino(
  { level: 'debug' },
  { write: (line: string) => void logged.push(JSON.parse(line) as never) },
);

beforeAll(async () => {
  api = await createApiFixture();
  const context = await api.createWorkspaceFixture();
  ({ key } = context.owner);
  const workspacePath = `/api/v1/workspaces/${context.workspace.id}`;
  issuePath = `${workspacePath}/deployments/-issue-upload`;
});
afterAll(() => api.close());

async function listen(app: FastifyInstance) {
  return Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port);
}

/** Sends request headers and the beginning of a body that never ends. */
function beginBody(port: number, path: string, headers: string, start: string, token = key): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n${headers}\r\n\r\n${start}`,
  );
  return socket;
}

/** Returns everything received, even if the connection was reset afterwards. */
async function readUntilClosed(socket: Socket): Promise<string> {
  let received = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
  // `once` of node:events would reject on the reset.
  await new Promise((resolve) => socket.once('close', resolve));
  return received;
}

const kinds: [string, string, string, string][] = [
  ['JSON', '/auth/v1/sessions/-refresh', 'Content-Type: application/json\r\nContent-Length: 500', '{"a": '],
  [
    'a body of unknown length',
    '/auth/v1/sessions/-refresh',
    'Content-Type: application/json\r\nTransfer-Encoding: chunked',
    '5\r\n{"a":\r\n',
  ],
  [
    'a form',
    '/sign-in',
    'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 500',
    'email=user',
  ],
];

// Concurrent, because a server checks bodies once a second.
describe.concurrent('a body that arrives too slowly', () => {
  const bodyLimits = { idleMs: 60_000, graceMs: 100, slowestBytesPerSecond: 1e9 };

  it.each(kinds)('is answered with 408 and closes the connection: %s', async (_, path, headers, start) => {
    const app = buildApi({ ...api.dependencies, log, bodyLimits });
    const socket = beginBody(await listen(app), path, headers, start);
    const trickle = setInterval(() => socket.write(headers.includes('chunked') ? '1\r\n \r\n' : ' '), 20);
    const answer = await readUntilClosed(socket);
    clearInterval(trickle);
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({ code: 'body_too_slow' });
    await app.close();
  });

  it('is also cut off on the port for runs', async () => {
    const app = buildRunsApi({ ...api.dependencies, bodyLimits });
    const socket = beginBody(await listen(app), '/api/v1/organizations', 'Content-Length: 500', '');
    // Rejected at once; otherwise the connection would stay open for the rest of the body.
    expect(await readUntilClosed(socket)).toMatch(/^HTTP\/1.1 403 /);
    await app.close();
  });
});

describe('a body that stops', () => {
  it.each(kinds)(
    'is answered with 408 even if its pace was good before: %s',
    async (_, path, headers, start) => {
      const bodyLimits = { idleMs: 100, graceMs: 1e9, slowestBytesPerSecond: 1 };
      const app = buildApi({ ...api.dependencies, log, bodyLimits });
      const answer = await readUntilClosed(beginBody(await listen(app), path, headers, start));
      expect(answer).toMatch(/^HTTP\/1.1 408 /);
      await app.close();
    },
  );
});

describe('a client that disconnects during its request', () => {
  it.each(kinds)('is logged at debug level, not as an error: %s', async (_, path, headers, start) => {
    const app = buildApi({ ...api.dependencies, log });
    const port = await listen(app);
    logged.length = 0;
    const arrived = once(app.server, 'request');
    const socket = beginBody(port, path, headers, start);
    await arrived;
    socket.resetAndDestroy();
    await expect.poll(() => logged.map(({ msg }) => msg)).toContain('a client disconnected');
    expect(logged.filter(({ level }) => level > 30)).toEqual([]);
    await app.close();
  });

  it('is logged at debug level during an upload, and its files are removed', async () => {
    const app = buildApi({ ...api.dependencies, log });
    const port = await listen(app);
    const headers = { authorization: `Bearer ${key}` };
    const issued = await app.inject({ method: 'POST', url: issuePath, headers });
    const { upload_url: url, upload_token: token } = issued.json<{
      upload_url: string;
      upload_token: string;
    }>();
    logged.length = 0;
    const socket = beginBody(
      port,
      new URL(url).pathname,
      'Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 50000',
      '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nthe beginning of an archive',
      token,
    );
    // The part is being written when the client disconnects.
    await expect.poll(() => readdir(api.uploadDir)).toHaveLength(1);
    socket.resetAndDestroy();
    await expect.poll(() => logged.map(({ msg }) => msg)).toContain('a client disconnected');
    expect(logged.filter(({ level }) => level > 30)).toEqual([]);
    expect(await readdir(api.uploadDir)).toEqual([]);
    await app.close();
  });
});
