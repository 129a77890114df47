import type { ApiFixture } from '../api/testing/api-fixture.ts';
import { chmod, link, mkdir, mkdtemp, open, readdir, rm, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { tmpdir } from 'node:os';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildAttemptsApi } from '../compose/build-runs-api.ts';
import { closeHttpApp } from '../http/http-app.ts';
import { createApiFixture } from '../api/testing/api-fixture.ts';
import { createBootstrapSeal, type SealedCall } from '../api/testing/attempt-calls.ts';
import { openAttemptsSocket, type AttemptsSocket } from './attempts-socket.ts';
import { seedRun } from '../api/testing/seed-run.ts';

let api: ApiFixture;
let dataDir: string;
const opened: AttemptsSocket[] = [];
const warnings: string[] = [];

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  // With the name of a socket appended, longer than a socket's path may be.
  dataDir = join(await mkdtemp(join(tmpdir(), 'pumphouse-socket-')), 'a-long-name-'.repeat(8));
  await mkdir(dataDir);
  warnings.length = 0;
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((socket) => socket.stop()));
  await rm(join(dataDir, '..'), { recursive: true });
});

async function start(machine = 'this machine'): Promise<AttemptsSocket> {
  const socket = await openAttemptsSocket({
    dataDir,
    machine,
    api: buildAttemptsApi(api.dependencies),
    closeApi: closeHttpApp,
    log: { warn: (_fields, message) => warnings.push(message) },
  });
  opened.push(socket);
  return socket;
}

const sockets = () => readdir(join(dataDir, 'sockets'));

async function call(path: string, { method, url, headers, payload }: SealedCall) {
  const folder = await open(join(path, '..'), 'r');
  try {
    const socketPath = `/proc/self/fd/${folder.fd}/${path.split('/').at(-1)}`;
    return await new Promise<{ status: number; body: Buffer }>((resolve, reject) => {
      const sent = request({ socketPath, method, path: url, headers }, (response) => {
        buffer(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
      });
      sent.on('error', reject);
      sent.end(payload);
    });
  } finally {
    await folder.close();
  }
}

const health: SealedCall = { method: 'GET', url: '/healthz', headers: {} };

describe('the socket for attempts', () => {
  it('serves only the attempt routes, in a folder closed to other users', async () => {
    const { path = '' } = await start();
    expect(path.length).toBeGreaterThan(107);
    expect((await stat(join(dataDir, 'sockets'))).mode & 0o777).toBe(0o700);
    const seeded = await seedRun(api);
    const attempt = await api.createAttempt(seeded.run);
    const seal = createBootstrapSeal(attempt);
    const { call: sealed, nonce } = seal.seal('POST', '-spool?offset=0', '{}\n');
    const answer = await call(path, sealed);
    expect(answer.status).toBe(200);
    expect(JSON.parse(seal.open(nonce, 200, answer.body)?.toString() ?? '')).toEqual({ offset: 3 });
    for (const bearer of [seeded.owner.key, await api.credentials.issueRunToken(attempt.id)]) {
      const headers = { authorization: `Bearer ${bearer}` };
      const url = `/api/v1/workspaces/${seeded.workspaceId}`;
      expect((await call(path, { method: 'GET', url, headers })).status).toBe(403);
    }
  });

  it('closes a folder that was open to other users', async () => {
    await mkdir(join(dataDir, 'sockets'));
    await chmod(join(dataDir, 'sockets'), 0o777);
    await start();
    expect((await stat(join(dataDir, 'sockets'))).mode & 0o777).toBe(0o700);
  });

  it('is separate for each server, and removed with it', async () => {
    const first = await start();
    const second = await start();
    expect(await sockets()).toHaveLength(2);
    for (const { path = '' } of [first, second]) expect((await call(path, health)).status).toBe(200);
    await first.stop();
    expect(await sockets()).toHaveLength(1);
    expect((await call(second.path ?? '', health)).status).toBe(200);
  });

  it('is removed by the next server after a crash, unless it belongs to another machine', async () => {
    for (const machine of ['this machine', 'another machine']) {
      const socket = await start(machine);
      const { path = '' } = socket;
      // A killed server leaves the file without a listener.
      await link(path, `${path}.kept`);
      await socket.stop();
      await link(`${path}.kept`, path);
      await rm(`${path}.kept`);
    }
    const left = await sockets();
    expect(left).toHaveLength(2);
    const { path = '' } = await start();
    const now = await sockets();
    expect(now).toHaveLength(2);
    expect(now.filter((name) => left.includes(name))).toHaveLength(1);
    expect((await call(path, health)).status).toBe(200);
  });

  it('is omitted if the data folder does not support one', async () => {
    const file = await open(join(dataDir, 'sockets'), 'w');
    await file.close();
    expect((await start()).path).toBeUndefined();
    expect(warnings).toEqual(['there is no socket for attempts; they use TCP']);
  });
});
