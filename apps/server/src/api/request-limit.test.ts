import type { ApiFixture } from './testing/api-fixture.ts';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildApi } from '../compose/build-api.ts';
import { createApiFixture, defineJob } from './testing/api-fixture.ts';
import { deployJobs } from './testing/deployed-jobs.ts';
import { createKeySecret } from '../services/sign-in/credentials.ts';

const limit = 5;
let api: ApiFixture;
let context: Awaited<ReturnType<ApiFixture['createWorkspaceFixture']>>;
const served: FastifyInstance[] = [];

beforeAll(async () => {
  api = await createApiFixture();
  context = await api.createWorkspaceFixture();
});
afterAll(async () => {
  await Promise.all(served.map((app) => app.close()));
  await api.close();
});

interface Request {
  method?: 'GET' | 'POST';
  path?: string;
  bearer?: string;
  address?: string;
  forwardedFor?: string;
  body?: object;
}

/** Serves requests with new counters, one after the other. */
async function serve(changes: Partial<ApiFixture['dependencies']> = {}) {
  const app = buildApi({ ...api.dependencies, readRequestsPerMinute: () => limit, ...changes });
  served.push(app);
  await app.ready();
  async function send({ method = 'GET', path = '/api/v1/organizations', ...request }: Request) {
    return app.inject({
      method,
      url: path,
      remoteAddress: request.address ?? '10.0.0.1',
      headers: {
        host: 'localhost',
        ...(request.bearer && { authorization: `Bearer ${request.bearer}` }),
        ...(request.forwardedFor && { 'x-forwarded-for': request.forwardedFor }),
      },
      ...(request.body && { payload: request.body }),
    });
  }
  async function repeat(times: number, request: Request): Promise<number[]> {
    const statuses: number[] = [];
    for (let n = 0; n < times; n += 1) statuses.push((await send(request)).statusCode);
    return statuses;
  }
  return { send, repeat };
}

const times = (count: number, status: number) => Array.from({ length: count }, () => status);
const unknownKey = () => createKeySecret('personal').secret;
const refresh: Request = {
  method: 'POST',
  path: '/auth/v1/sessions/-refresh',
  body: { refresh_token: 'dlt_r_unknown' },
};

describe('the limit of requests', () => {
  it('rejects a caller beyond it, and says when to try again', async () => {
    const { send, repeat } = await serve();
    const { key } = context.owner;
    expect(await repeat(limit, { bearer: key })).toEqual(times(limit, 200));
    const rejected = await send({ bearer: key });
    expect(rejected.statusCode).toBe(429);
    const seconds = Number(rejected.headers['retry-after']);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(rejected.json()).toEqual({
      code: 'too_many_requests',
      detail: `You sent more than 5 requests in a minute. Try again in ${seconds} s.`,
      status_code: 429,
      extra: { retry_after_seconds: seconds },
    });
  });

  it('counts each caller for itself, whatever its address', async () => {
    const { repeat } = await serve();
    const { secret } = await api.createKey(context.owner.userId);
    expect(await repeat(limit + 1, { bearer: context.owner.key })).toContain(429);
    expect(await repeat(1, { bearer: context.owner.key, address: '10.0.0.2' })).toEqual([429]);
    expect(await repeat(limit, { bearer: secret })).toEqual(times(limit, 200));
  });

  it('counts tokens that were issued for a key as the key', async () => {
    const { repeat } = await serve();
    const workspaceId = context.workspace.id;
    const { token } = await api.credentials.issueDataplaneToken(context.owner.principal, workspaceId);
    const path = `/telemetry/v1/workspaces/${workspaceId}/pipeline-runs`;
    expect(await repeat(limit, { bearer: context.owner.key })).toEqual(times(limit, 200));
    expect(await repeat(1, { bearer: token, path })).toEqual([429]);
  });

  it('counts the code of each run for itself', async () => {
    const { repeat } = await serve();
    const { id } = context.workspace;
    const jobs = await deployJobs(
      api,
      id,
      context.owner,
      ['jobs.a', 'jobs.b'].map((ref) => defineJob(ref)),
    );
    const path = `/api/v1/workspaces/${id}`;
    const startRun = async (ref: string) =>
      api.credentials.issueRunToken((await api.createAttempt(await jobs.start(ref))).id);
    expect(await repeat(limit + 1, { bearer: await startRun('jobs.a'), path })).toEqual([
      ...times(limit, 200),
      429,
    ]);
    expect(await repeat(1, { bearer: await startRun('jobs.b'), path })).toEqual([200]);
  });

  it('counts requests without a credential for the network of their address', async () => {
    const { repeat } = await serve();
    expect(await repeat(limit + 1, { ...refresh, address: '2001:db8::1' })).toEqual([
      ...times(limit, 401),
      429,
    ]);
    expect(await repeat(1, { ...refresh, address: '2001:db8::2' })).toEqual([429]);
    expect(await repeat(1, { ...refresh, address: '2001:db8:0:1::1' })).toEqual([401]);
    expect(await repeat(1, { bearer: context.owner.key, address: '2001:db8::1' })).toEqual([200]);
  });

  it('counts rejected credentials for the address, apart from other requests of it', async () => {
    const { send, repeat } = await serve();
    for (let n = 0; n < limit; n += 1) expect((await send({ bearer: unknownKey() })).statusCode).toBe(401);
    expect((await send({ bearer: unknownKey() })).statusCode).toBe(429);
    expect(await repeat(1, refresh)).toEqual([401]);
    expect(await repeat(1, { bearer: context.owner.key })).toEqual([200]);
  });

  it('uses the address that a trusted proxy forwards', async () => {
    const trusting = await serve({ trustedProxies: ['10.0.0.1'] });
    expect(await trusting.repeat(limit + 1, { ...refresh, forwardedFor: '192.0.2.1' })).toContain(429);
    expect(await trusting.repeat(1, { ...refresh, forwardedFor: '192.0.2.2' })).toEqual([401]);
    const { repeat } = await serve();
    expect(await repeat(limit + 1, { ...refresh, forwardedFor: '192.0.2.1' })).toContain(429);
    expect(await repeat(1, { ...refresh, forwardedFor: '192.0.2.2' })).toEqual([429]);
  });

  it('includes the MCP server', async () => {
    const { repeat } = await serve();
    expect(await repeat(limit, { bearer: context.owner.key })).toEqual(times(limit, 200));
    expect(await repeat(1, { method: 'POST', path: '/mcp', bearer: context.owner.key, body: {} })).toEqual([
      429,
    ]);
    expect(await repeat(limit + 1, { method: 'POST', path: '/mcp', bearer: unknownKey(), body: {} })).toEqual(
      [...times(limit, 401), 429],
    );
  });

  it.each([
    '/healthz',
    '/readyz',
    '/metrics',
    '/pumphouse/v1/attempts/nothing/code',
    '/hooks/unknown',
    '/sign-in',
  ])('does not apply to %s', async (path) => {
    const { repeat } = await serve();
    const method = path.startsWith('/hooks') ? 'POST' : 'GET';
    expect(await repeat(3 * limit, { method, path })).not.toContain(429);
  });

  it('is off if it is 0', async () => {
    const { repeat } = await serve({ readRequestsPerMinute: () => 0 });
    expect(await repeat(4 * limit, { bearer: context.owner.key })).toEqual(times(4 * limit, 200));
  });

  it('follows a change while the server runs', async () => {
    let current = 2;
    const { repeat } = await serve({ readRequestsPerMinute: () => current });
    const request = { bearer: context.owner.key };
    expect(await repeat(3, request)).toEqual([200, 200, 429]);
    current = 5;
    expect(await repeat(3, request)).toEqual([200, 200, 429]);
    current = 0;
    expect(await repeat(3, request)).toEqual([200, 200, 200]);
  });
});
