import type { ApiFixture, TestCaller } from '../api/testing/api-fixture.ts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildApi } from '../compose/build-api.ts';
import { buildRunsApi } from '../compose/build-runs-api.ts';
import { createApiFixture } from '../api/testing/api-fixture.ts';
import { createHandlers } from '../api/handlers.ts';
import { createKeySecret } from '../services/sign-in/credentials.ts';
import { seedRun } from '../api/testing/seed-run.ts';

let api: ApiFixture;
let owner: TestCaller;
let workspaceId: string;

beforeAll(async () => {
  api = await createApiFixture();
  ({ owner, workspaceId } = await seedRun(api));
});
afterAll(() => api.close());

const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };
const accept = 'application/json, text/event-stream';

interface Sent {
  method?: 'GET' | 'POST' | 'DELETE' | 'PUT';
  headers?: Record<string, string | undefined>;
  payload?: object | string;
  app?: ApiFixture['app'];
}

function send({ method = 'POST', headers = {}, payload, app = api.app }: Sent = {}) {
  const authorization = `Bearer ${owner.key}`;
  const sent = { authorization, accept, 'content-type': 'application/json', ...headers };
  return app.inject({
    method,
    url: '/mcp',
    headers: Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== undefined)),
    ...(method === 'POST' ? { payload: payload ?? ping } : {}),
  });
}

describe('a request', () => {
  it('gets a JSON response, without a session', async () => {
    const response = await send();
    expect(response.json()).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
    expect(response.headers['content-type']).toMatch(/^application\/json/);
    expect(response.headers).not.toHaveProperty('mcp-session-id');
    expect(response.headers['x-request-id']).toBeDefined();
  });

  it('needs no earlier request, because the server is stateless', async () => {
    const payload = { ...ping, method: 'tools/call', params: { name: 'list_workspaces', arguments: {} } };
    expect((await send({ payload })).json()).toMatchObject({ result: { structuredContent: { notes: [] } } });
  });

  it('may be a notification, which has no response', async () => {
    const response = await send({ payload: { jsonrpc: '2.0', method: 'notifications/initialized' } });
    expect([response.statusCode, response.body]).toEqual([202, '']);
  });

  it.each([
    ['a method that there is not', { payload: { ...ping, method: 'nonsense' } }, 200, -32_601],
    ['what is no message', { payload: { hello: 1 } }, 400, -32_700],
    ['no body', { payload: '' }, 400, -32_700],
    ['a client that reads no JSON', { headers: { accept: 'text/html' } }, 406, -32_000],
    ['a version that there is not', { headers: { 'mcp-protocol-version': '1999-01-01' } }, 400, -32_000],
  ])('is rejected by the protocol for %s', async (_, sent: Sent, status, code) => {
    const response = await send(sent);
    expect(response.json()).toMatchObject({ jsonrpc: '2.0', error: { code } });
    expect(response.statusCode).toBe(status);
  });

  it.each([
    ['several messages at once', { payload: [ping, { ...ping, id: 2 }] }, 400, 'invalid_request'],
    ['JSON that is none', { payload: '{"jsonrpc":' }, 400, 'invalid_request'],
    [
      'another type',
      { headers: { 'content-type': 'text/plain' }, payload: '{}' },
      415,
      'unsupported_media_type',
    ],
    [
      'more than a call of a tool says',
      { payload: { ...ping, x: 'y'.repeat(70_000) } },
      413,
      'upload_too_large',
    ],
    ['a method of HTTP that there is not', { method: 'PUT' as const }, 404, 'not_found'],
  ])('is rejected like in the API for %s', async (_, sent: Sent, status, code) => {
    const response = await send(sent);
    expect(response.json()).toMatchObject({ code, status_code: status });
    expect(response.statusCode).toBe(status);
  });

  it.each(['GET', 'DELETE'] as const)('cannot be a %s', async (method) => {
    const response = await send({ method });
    expect([response.statusCode, response.headers['allow']]).toEqual([405, 'POST']);
    expect(response.json()).toMatchObject({ jsonrpc: '2.0', id: null, error: { code: -32_000 } });
  });
});

describe('a credential', () => {
  const refused = async (authorization: string | undefined, sent: Sent = {}) => {
    const response = await send({ ...sent, headers: { authorization } });
    const challenge = response.headers['www-authenticate'];
    return { status: response.statusCode, challenge, code: response.json<{ code: string }>().code };
  };
  const unauthorized = { status: 401, challenge: 'Bearer', code: 'not_authenticated' };

  it.each(['POST', 'GET', 'DELETE'] as const)('is required for %s, before a body is read', async (method) => {
    const sent = { method, payload: '{"broken":' };
    for (const authorization of [undefined, '', 'Bearer', `Basic ${owner.key}`, 'Bearer nonsense']) {
      expect({ authorization, ...(await refused(authorization, sent)) }).toEqual({
        authorization,
        ...unauthorized,
      });
    }
  });

  it('for another purpose is rejected', async () => {
    const { principal } = owner;
    const grant = { workspaceId, kind: 'deployment', uploadId: workspaceId } as const;
    const others = {
      'of a data plane': (await api.credentials.issueDataplaneToken(principal, workspaceId)).token,
      'of an upload': (await api.credentials.issueUploadToken(principal, grant)).token,
      'of an attempt': (await api.createAttempt((await seedRun(api)).run)).secret,
    };
    for (const [name, token] of Object.entries(others)) {
      expect({ name, ...(await refused(`Bearer ${token}`)) }).toEqual({ name, ...unauthorized });
    }
  });

  it('that is invalid is looked up once for the API and MCP together', async () => {
    const { secret } = createKeySecret('personal');
    const lookUp = vi.spyOn(api.persistence.store.keys, 'findByHash');
    await api.app.inject({ url: '/api/v1/me', headers: { authorization: `Bearer ${secret}` } });
    expect(await refused(`Bearer ${secret}`)).toEqual(unauthorized);
    expect(await refused(`Bearer ${secret}`)).toEqual(unauthorized);
    expect(lookUp).toHaveBeenCalledTimes(1);
    lookUp.mockRestore();
  });
});

describe('a page of another site', () => {
  const statusOf = async (headers: Record<string, string>, app = api.app) =>
    (await send({ headers, app })).statusCode;

  it("is rejected by its browser's headers", async () => {
    const host = '127.0.0.1:8080';
    for (const origin of [
      'https://evil.test',
      'http://127.0.0.1:9090',
      'http://localhost:8080',
      'null',
      '',
    ]) {
      expect({ origin, status: await statusOf({ host, origin }) }).toEqual({ origin, status: 403 });
    }
    expect(await statusOf({ host, origin: 'http://127.0.0.1:8080' })).toBe(200);
    expect(await statusOf({ host })).toBe(200);
  });

  it('is rejected after DNS rebinding, on a server without a public URL', async () => {
    expect(await statusOf({ host: 'evil.test', origin: 'http://evil.test' })).toBe(403);
    expect(await statusOf({ host: 'evil.test:8080' })).toBe(403);
    for (const host of ['localhost:8080', '[::1]:8080', '127.0.0.2']) {
      expect({ host, status: await statusOf({ host }) }).toEqual({ host, status: 200 });
    }
  });

  it('is distinguished from the own one by the public URL, if set', async () => {
    const app = buildApi({
      ...api.dependencies,
      publicUrl: 'https://pumphouse.test/at/',
      readAllowedHosts: () => ['pumphouse'],
    });
    const host = 'pumphouse:8080';
    expect(await statusOf({ host }, app)).toBe(200);
    expect(await statusOf({ host, origin: 'https://pumphouse.test' }, app)).toBe(200);
    expect(await statusOf({ host, origin: 'http://pumphouse:8080' }, app)).toBe(403);
    expect(await statusOf({ host: 'evil.test', origin: 'http://evil.test' }, app)).toBe(403);
    await app.close();
  });

  it('may not read responses', async () => {
    const response = await send({ headers: { origin: 'https://evil.test' } });
    expect(response.json()).toMatchObject({ code: 'forbidden' });
    expect(response.headers).not.toHaveProperty('access-control-allow-origin');
  });
});

it('reveals no internals, only the request id to look up in the log', async () => {
  const handlers = createHandlers(api.services, {
    ...api.dependencies,
    closing: new AbortController().signal,
  });
  handlers.list_job_overviews = () => {
    throw new Error('secret sauce');
  };
  const app = buildApi(api.dependencies, handlers);
  const call = { name: 'list_jobs', arguments: { workspace_id: workspaceId } };
  const response = await send({ app, payload: { ...ping, method: 'tools/call', params: call } });
  await app.close();
  expect(response.body).not.toContain('sauce');
  const { result } = response.json<{ result: { isError: boolean; content: [{ text: string }] } }>();
  expect(result.isError).toBe(true);
  expect(JSON.parse(result.content[0].text)).toMatchObject({
    code: 'internal',
    extra: { request_id: response.headers['x-request-id'] },
  });
});

it('is not served to containers of runs', async () => {
  const app = buildRunsApi(api.dependencies);
  const attempt = await api.createAttempt((await seedRun(api)).run);
  const authorization = `Bearer ${await api.credentials.issueRunToken(attempt.id)}`;
  const response = await send({ app, headers: { authorization } });
  await app.close();
  expect(response.json()).toMatchObject({ code: 'runs_only' });
});
