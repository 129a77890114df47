import type { ApiFixture } from '../api/testing/api-fixture.ts';
import type { Readiness } from '../api/probes/readiness.ts';
import type { Route } from '@pumphouse/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirements, routes } from '@pumphouse/contract';
import { connect } from 'node:net';
import { pino } from 'pino';
import { text } from 'node:stream/consumers';
import { buildApi } from './build-api.ts';
import { checkRouteTable } from '../api/route-check.ts';
import { createApiFixture } from '../api/testing/api-fixture.ts';
import { createHandlers } from '../api/handlers.ts';

let api: ApiFixture;
let context: Awaited<ReturnType<ApiFixture['createWorkspaceFixture']>>;
const isReady: Readiness = {
  ok: true,
  reasons: [],
  degraded: [],
  loops: [],
  templates: null,
  load: null,
  ticks: null,
};
let ready = isReady;

beforeAll(async () => {
  api = await createApiFixture({ readiness: async () => ready });
  context = await api.createWorkspaceFixture();
});
afterAll(() => api.close());

function bearer() {
  return { authorization: `Bearer ${context.owner.key}` };
}

describe('the route table', () => {
  const handled = () =>
    Object.keys(createHandlers(api.services, { ...api.dependencies, closing: new AbortController().signal }));
  const check = () => ({
    routes: routes as readonly Route[],
    handled: handled(),
    requirements: requirements as Record<string, { scope: string }>,
  });

  it('matches the handlers and the permissions', () => {
    expect(() => checkRouteTable(check())).not.toThrow();
  });

  it('stops the server when an operation has no handler', () => {
    const handlers = createHandlers(api.services, {
      ...api.dependencies,
      closing: new AbortController().signal,
    });
    Reflect.deleteProperty(handlers, 'get_job');
    expect(() => buildApi(api.dependencies, handlers)).toThrow('get_job has no handler');
  });

  it('names each mismatch', () => {
    const { 'job.read': _, ...missing } = requirements;
    const [route] = routes as readonly Route[];
    const nowhere = { ...route, operationId: 'get_job', path: '/jobs', permission: 'job.read' } as Route;
    const problems: [Partial<ReturnType<typeof check>>, string][] = [
      [{ handled: [...handled(), 'get_weather'] }, 'the handler get_weather belongs to no operation'],
      [{ requirements: missing }, 'no role has the permission job.read'],
      [
        { requirements: { ...requirements, 'job.sing': { scope: 'workspace' } } },
        'no operation asks for the permission job.sing',
      ],
      [{ routes: [nowhere] }, 'the path of get_job does not say where it needs job.read'],
    ];
    for (const [change, problem] of problems) {
      expect(() => checkRouteTable({ ...check(), ...change })).toThrow(problem);
    }
  });
});

describe('errors', () => {
  it.each([
    ['an unknown path', 'GET', '/api/v1/nothing', 404, 'not_found'],
    ['a method that the path does not have', 'DELETE', '/api/v1/organizations', 404, 'not_found'],
    ['a path that cannot be decoded', 'GET', '/api/v1/organizations/%zz', 400, 'invalid_request'],
    ['an id that is none', 'GET', '/api/v1/workspaces/not-a-uuid', 400, 'invalid_request'],
    ['a query that is not valid', 'GET', '/api/v1/organizations?limit=0', 400, 'invalid_request'],
    ['a cursor', 'GET', '/api/v1/organizations?cursor=abc', 400, 'invalid_request'],
  ] as const)('are returned for %s as JSON', async (_, method, url, status, code) => {
    const response = await api.app.inject({ method, url, headers: bearer() });
    expect(response.statusCode).toBe(status);
    expect(response.headers['content-type']).toMatch(/^application\/json/);
    expect(response.json()).toMatchObject({
      code,
      status_code: status,
      detail: expect.any(String) as string,
    });
  });

  const createUrl = () => `/api/v1/organizations/${context.organization.id}/workspaces`;

  it.each([
    ['a body of another type', 'text/plain', 'hello', 415, 'unsupported_media_type'],
    [
      'a multipart body where none is read',
      'multipart/form-data; boundary=x',
      '--x--',
      415,
      'unsupported_media_type',
    ],
    ['JSON that is none', 'application/json', '{"name":', 400, 'invalid_request'],
    ['JSON that would change prototypes', 'application/json', '{"__proto__":{}}', 400, 'invalid_request'],
    ['an empty body where one is needed', 'application/json', '', 400, 'invalid_request'],
  ] as const)('are returned for %s as JSON', async (_, type, payload, status, code) => {
    const headers = { ...bearer(), 'content-type': type };
    const response = await api.app.inject({ method: 'POST', url: createUrl(), headers, payload });
    expect(response.json()).toMatchObject({ code, status_code: status });
    expect(response.statusCode).toBe(status);
  });

  it('name the invalid fields', async () => {
    const payload = { name: 3 };
    const response = await api.app.inject({ method: 'POST', url: createUrl(), headers: bearer(), payload });
    expect(response.json()).toMatchObject({
      code: 'invalid_request',
      extra: [
        { key: 'description', message: expect.any(String) as string },
        { key: 'name', message: expect.any(String) as string },
      ],
    });
  });

  it('reject a body that is too large before reading it', async () => {
    const headers = {
      ...bearer(),
      'content-type': 'application/json',
      'content-length': String(17 * 1024 * 1024),
    };
    const response = await api.app.inject({ method: 'POST', url: createUrl(), headers, payload: '{}' });
    expect(response.statusCode).toBe(413);
    expect(response.json()).toMatchObject({ code: 'upload_too_large', status_code: 413 });
  });

  it('reveal no internals, only the request id to look up in the log', async () => {
    const workspaces = createHandlers(api.services, {
      ...api.dependencies,
      closing: new AbortController().signal,
    });
    workspaces.list_dataplanes = () => {
      throw new Error('secret sauce');
    };
    const app = buildApi(api.dependencies, workspaces);
    const response = await app.inject({ url: '/api/v1/dataplanes', headers: bearer() });
    expect(response.statusCode).toBe(500);
    expect(response.body).not.toContain('sauce');
    const requestId = response.headers['x-request-id'];
    expect(response.json()).toMatchObject({
      code: 'internal',
      status_code: 500,
      extra: { request_id: requestId },
    });
    await app.close();
  });

  it('return JSON for input that is not valid HTTP', async () => {
    const url = new URL(await api.app.listen({ host: '127.0.0.1', port: 0 }));
    const socket = connect(Number(url.port), url.hostname);
    socket.write('HELLO\r\n\r\n');
    const answer = await text(socket);
    expect(answer).toContain('HTTP/1.1 400');
    expect(answer).toContain('"code":"invalid_request"');
  });
});

describe('the request log', () => {
  it('has one line per request, without headers or query', async () => {
    const lines: string[] = [];
    const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
    const app = buildApi({ ...api.dependencies, log });
    const url = '/api/v1/dataplanes?secret=in-query';
    const response = await app.inject({ url, headers: { ...bearer(), 'x-request-id': 'chosen' } });
    await app.close();
    const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(entries.filter((entry) => entry['msg'] === 'request')).toMatchObject([
      {
        method: 'GET',
        path: '/api/v1/dataplanes',
        status: 200,
        durationMs: expect.any(Number) as number,
        requestId: response.headers['x-request-id'],
      },
    ]);
    expect(lines.join('')).not.toContain(context.owner.key);
    expect(lines.join('')).not.toContain('in-query');
    expect(response.headers['x-request-id']).not.toBe('chosen');
  });
});

describe('actions without a body', () => {
  const url = () => `/api/v1/workspaces/${context.workspace.id}/-issue-dataplane-token`;

  it('need no content type', async () => {
    const headers = { ...bearer(), 'content-length': '0' };
    const response = await api.app.inject({ method: 'POST', url: url(), headers });
    expect(response.statusCode).toBe(200);
    expect(response.json<{ expires_at: number }>().expires_at).toBeGreaterThan(Date.now() / 1000 + 120);
  });

  it('also accept an empty JSON body', async () => {
    const headers = { ...bearer(), 'content-type': 'application/json' };
    expect((await api.app.inject({ method: 'POST', url: url(), headers, payload: '' })).statusCode).toBe(200);
  });
});

describe('probes', () => {
  it('report liveness without a credential', async () => {
    expect((await api.app.inject('/healthz')).json()).toEqual({ status: 'ok' });
  });

  it('report whether the server is ready, and why not', async () => {
    expect((await api.app.inject('/readyz')).statusCode).toBe(200);
    ready = { ...isReady, ok: false, reasons: ['The store does not answer.'] };
    const response = await api.app.inject('/readyz');
    expect(response.statusCode).toBe(503);
    expect(response.json()).toEqual({
      status: 'not_ready',
      reasons: ['The store does not answer.'],
      degraded: [],
      runs: null,
    });
  });

  it('export the number of unknown runs as a metric', async () => {
    const pool = { pending: 1, active: 2, slots: 4, free: 2, demand: 3 };
    const load: Readiness['load'] = {
      batch: pool,
      apps: pool,
      unknown: 3,
      longestWait: null,
      waiting: [{ isApp: false, kind: 'slot', count: 4, maxSeconds: 12 }],
      states: [{ isApp: true, state: 'running', count: 2 }],
      workers: 1,
      silent: 0,
      problems: [],
    };
    ready = {
      ok: true,
      reasons: [],
      degraded: ['3 runs are unknown'],
      ticks: { seconds: 1.5, isBehind: false },
      disk: { freeBytes: 10, sizeBytes: 20 },
      templates: { count: 1, memoryBytes: 1024, runs: 7 },
      loops: [
        {
          name: 'supervisor',
          intervalMs: 1000,
          readyWithinMs: 30_000,
          startedAt: new Date(),
          lastSuccessAt: new Date(1_700_000_000_000),
          failureCount: 2,
        },
      ],
      load,
    };
    expect((await api.app.inject('/readyz')).json()).toMatchObject({
      status: 'ready',
      degraded: ['3 runs are unknown'],
      runs: { unknown: 3 },
    });
    expect((await api.app.inject('/readyz')).json()).not.toHaveProperty('runs.batch.demand');
    const metrics = await api.app.inject('/metrics');
    expect(metrics.headers['content-type']).toMatch(/^text\/plain/);
    expect(metrics.body).toContain('# TYPE pumphouse_runs_unknown gauge\npumphouse_runs_unknown 3\n');
    expect(metrics.body).toContain('pumphouse_ready 1\n');
    expect(metrics.body).toContain('pumphouse_templates_runs 7\n');
    expect(metrics.body).toContain('pumphouse_runs_active{pool="batch"} 2\n');
    expect(metrics.body).toContain('pumphouse_runs_waiting{pool="batch",reason="slot"} 4\n');
    expect(metrics.body).toContain('pumphouse_runs{pool="apps",state="running"} 2\n');
    expect(metrics.body).toContain('pumphouse_scheduler_lag_seconds 1.5\n');
    expect(metrics.body).toContain('pumphouse_disk_free_bytes 10\n');
    expect(metrics.body).toContain('# TYPE pumphouse_store_transaction_seconds histogram\n');
    expect(metrics.body).toContain('pumphouse_runs_demand{pool="apps"} 3\n');
    expect(metrics.body).toContain(
      'pumphouse_loop_last_success_timestamp_seconds{loop="supervisor"} 1700000000\n',
    );
    expect(metrics.body).toContain('pumphouse_loop_failures{loop="supervisor"} 2\n');
    ready = { ...isReady, ok: false, reasons: ['The store does not answer.'] };
    expect((await api.app.inject('/metrics')).body).toContain('pumphouse_ready 0\n');
  });

  it('serves its OpenAPI document', async () => {
    const document = (await api.app.inject('/openapi.json')).json<{ paths: Record<string, unknown> }>();
    expect(Object.keys(document.paths)).toContain('/api/v1/workspaces/{workspace_id}/-deploy');
  });
});
