import type { ApiFixture, TestCaller } from '../testing/api-fixture.ts';
import type { AddressInfo } from 'node:net';
import type { WorkerRecord } from '../../store/records.ts';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildApi } from '../../compose/build-api.ts';
import { connectionPath, workerProtocol } from '../../executors/remote/protocol.ts';
import { connectToServer, RefusedConnection } from '../../worker/connect-to-server.ts';
import { createApiFixture } from '../testing/api-fixture.ts';
import { readAnswer } from '../testing/check-answer.ts';

let api: ApiFixture;
let organizationId: string;
let owner: TestCaller;
let outsiderOrganization: string;

beforeAll(async () => {
  api = await createApiFixture();
  const other = await api.createWorkspaceFixture();
  outsiderOrganization = other.organization.id;
});
beforeEach(async () => {
  const context = await api.createWorkspaceFixture();
  organizationId = context.organization.id;
  ({ owner } = context);
});
afterAll(() => api.close());

const base = (organization = organizationId) => `/pumphouse/v1/organizations/${organization}/workers`;

async function call(method: 'GET' | 'POST' | 'DELETE', url: string, payload?: Record<string, unknown>) {
  const headers = { authorization: `Bearer ${owner.key}` };
  return api.app.inject({ method, url, headers, ...(payload && { payload }) });
}

async function createWorker(name = 'edge-1') {
  return readAnswer('create_worker', await call('POST', base(), { name }));
}

describe('the workers of an organization', () => {
  it('are created with a token that is shown once, and listed', async () => {
    const { token, ...created } = await createWorker();
    expect(token).toMatch(/^phw_[\w-]{43}$/);
    expect(created).toMatchObject({
      name: 'edge-1',
      state: 'never-connected',
      mode: 'active',
      is_shared: false,
      active_runs: 0,
    });
    const listed = await call('GET', base());
    expect(readAnswer('list_workers', listed).workers).toEqual([created]);
    expect(listed.body).not.toContain(token);
  });

  it('have names of their own, in each organization', async () => {
    await createWorker();
    expect((await call('POST', base(), { name: 'edge-1' })).json()).toMatchObject({
      code: 'worker_exists',
      status_code: 409,
    });
    expect((await call('POST', base(), { name: 'no spaces' })).json()).toMatchObject({
      code: 'invalid_request',
    });
  });

  it('are paused, drained and resumed', async () => {
    const { id } = await createWorker();
    const act = async (action: string) => (await call('POST', `${base()}/${id}/-${action}`)).json();
    expect(await act('pause')).toMatchObject({ mode: 'paused', state: 'never-connected' });
    expect(await act('drain')).toMatchObject({ mode: 'draining' });
    expect(await act('resume')).toMatchObject({ mode: 'active' });
  });

  it('are not changed through another organization, and those of the installation through none', async () => {
    const { id } = await createWorker();
    const shared = (await api.services.workers.create(null, `shared-${id}`)).worker;
    const listed = readAnswer('list_workers', await call('GET', base())).workers;
    expect(listed.map(({ name, is_shared: isShared }) => [name, isShared])).toContainEqual([
      shared.name,
      true,
    ]);
    expect((await call('DELETE', `${base()}/${shared.id}`)).statusCode).toBe(404);
    expect((await call('POST', `${base()}/${shared.id}/-replace-token`)).statusCode).toBe(404);
    expect((await call('DELETE', `${base(outsiderOrganization)}/${id}`)).statusCode).toBe(404);
    expect((await call('GET', base(outsiderOrganization))).statusCode).toBe(404);
    await api.services.workers.remove(null, shared.id);
  });

  it('are removed', async () => {
    const { id } = await createWorker();
    expect((await call('DELETE', `${base()}/${id}`)).statusCode).toBe(204);
    expect(readAnswer('list_workers', await call('GET', base())).workers).toEqual([]);
    expect((await call('POST', `${base()}/${id}/-pause`)).statusCode).toBe(404);
  });
});

describe('a connection of a worker', () => {
  /** A listening API that only notes whom it accepted. */
  async function listen() {
    const accepted: WorkerRecord[] = [];
    const app = buildApi({
      ...api.dependencies,
      async acceptWorker(webSocket, worker) {
        accepted.push(worker);
        webSocket.close();
      },
    });
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    return { app, accepted, url: `http://127.0.0.1:${port}` };
  }
  const never = new AbortController().signal;

  it('is accepted with the token, until it is replaced or the worker removed', async () => {
    const { app, accepted, url } = await listen();
    const { id, token } = await createWorker();
    (await connectToServer(url, token, never)).terminate();
    expect(accepted.map((worker) => worker.id)).toEqual([id]);
    const replaced = readAnswer('replace_worker_token', await call('POST', `${base()}/${id}/-replace-token`));
    await expect(connectToServer(url, token, never)).rejects.toThrow(/token of the worker is not valid/);
    (await connectToServer(url, replaced.token, never)).terminate();
    await call('DELETE', `${base()}/${id}`);
    await expect(connectToServer(url, replaced.token, never)).rejects.toBeInstanceOf(RefusedConnection);
    await app.close();
  });

  it.each([
    ['no token', () => null],
    ['the key of an owner', () => owner.key],
    ['a token that is unknown', () => `phw_${'a'.repeat(43)}`],
  ])('is refused with %s', async (_, readToken) => {
    const { app, accepted, url } = await listen();
    const token = readToken();
    const answer = await upgrade(url, token === null ? {} : { authorization: `Bearer ${token}` });
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    expect(answer).toContain('"code":"not_authenticated"');
    expect(accepted).toEqual([]);
    await app.close();
  });

  it('is refused for another release, with what to do', async () => {
    const { app, url } = await listen();
    const { token } = await createWorker();
    const answer = await upgrade(url, {
      authorization: `Bearer ${token}`,
      'sec-websocket-protocol': 'pumphouse-worker.99',
    });
    expect(answer).toMatch(/^HTTP\/1\.1 426 /);
    expect(answer).toContain(`This server speaks ${workerProtocol} with workers`);
    await app.close();
  });

  it('leaves other requests that offer an upgrade as they are', async () => {
    const { app, url } = await listen();
    const answer = await upgrade(url, { upgrade: 'h2c' }, '/healthz');
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    await app.close();
  });

  /** @returns the answer to a request for a WebSocket */
  async function upgrade(
    url: string,
    headers: Record<string, string>,
    path = connectionPath,
  ): Promise<string> {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    const all = {
      host: new URL(url).host,
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-protocol': workerProtocol,
      ...headers,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
    socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    let answer = '';
    for await (const part of socket.setEncoding('utf8')) {
      answer += String(part);
      // A request that is answered over HTTP keeps its connection.
      if (isWhole(answer)) socket.end();
    }
    return answer;
  }

  function isWhole(answer: string): boolean {
    const [head = '', body] = answer.split('\r\n\r\n');
    const length = /^content-length: (\d+)/im.exec(head)?.[1] ?? 0;
    return body !== undefined && Buffer.byteLength(body) >= Number(length);
  }
});
