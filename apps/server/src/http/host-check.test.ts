import type { ApiFixture } from '../api/testing/api-fixture.ts';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get } from 'node:http';
import { json } from 'node:stream/consumers';
import { buildApi } from '../compose/build-api.ts';
import { buildRunsApi } from '../compose/build-runs-api.ts';
import { createApiFixture } from '../api/testing/api-fixture.ts';

let api: ApiFixture;
let key: string;
beforeAll(async () => {
  api = await createApiFixture();
  ({ key } = (await api.createWorkspaceFixture()).owner);
});
afterAll(() => api.close());

const paths = ['/', '/sign-in', '/openapi.json', '/api/v1/organizations', '/mcp', '/hooks/x/y', '/nowhere'];
const ask = (host: string, url = '/api/v1/organizations', app: FastifyInstance = api.app, headers = {}) =>
  app.inject({ url, headers: { host, authorization: `Bearer ${key}`, ...headers } });

describe('a DNS rebinding page', () => {
  it.each(paths)('gets nothing at %s', async (path) => {
    const answer = await ask('evil.example:8080', path);
    expect(answer.statusCode).toBe(403);
    expect(answer.body).toContain('PUMPHOUSE_ALLOWED_HOSTS');
    expect(answer.body).toContain('evil.example:8080');
  });

  it('gets no sign-in URL with its own host', async () => {
    const answer = await api.app.inject({
      method: 'POST',
      url: '/auth/v1/sessions/-issue-device-code',
      headers: { host: 'evil.example:8080' },
    });
    expect(answer.json()).toMatchObject({ code: 'host_not_allowed', status_code: 403 });
  });

  it('is rejected when it uses the host of an app, whose pages are not part of the console', async () => {
    expect((await ask('sales.localhost:8080')).json()).toMatchObject({ code: 'host_not_allowed' });
  });

  it("cannot get in with a proxy header, even if its browser runs at a trusted proxy's address", async () => {
    const app = buildApi({ ...api.dependencies, trustedProxies: ['127.0.0.0/8'] });
    const evil = { 'x-forwarded-host': 'evil.example' };
    expect((await ask('localhost:8080', '/sign-in', app, evil)).statusCode).toBe(403);
    const good = { 'x-forwarded-host': 'localhost:8080' };
    expect((await ask('evil.example:8080', '/sign-in', app, good)).statusCode).toBe(403);
    expect((await ask('localhost:8080', '/sign-in', app, good)).statusCode).toBe(200);
    await app.close();
  });

  it('is also rejected on the port for runs in containers', async () => {
    const app = buildRunsApi(api.dependencies);
    const answer = await ask('evil.example:8081', '/api/v1/workspaces/x', app);
    expect(answer.json()).toMatchObject({ code: 'host_not_allowed' });
    await app.close();
  });
});

describe('a caller', () => {
  it.each(['localhost:8080', '127.0.0.1:8080', '127.0.0.1', '[::1]:9000'])(
    'reaches the server at %s, and gets URLs below it',
    async (host) => {
      const answer = await api.app.inject({
        method: 'POST',
        url: '/auth/v1/sessions/-issue-device-code',
        headers: { host },
      });
      expect(answer.json()).toMatchObject({ verification_uri: `http://${host}/sign-in/device` });
    },
  );

  it('reaches it under the host of the public URL on any port, and under configured names', async () => {
    const app = buildApi({
      ...api.dependencies,
      publicUrl: 'https://pump.example.com/data',
      readAllowedHosts: () => ['pumphouse.internal'],
    });
    for (const host of ['pump.example.com', 'pump.example.com:8080', 'PUMPHOUSE.internal:80', 'localhost'])
      expect({ host, status: (await ask(host, undefined, app)).statusCode }).toEqual({ host, status: 200 });
    expect((await ask('example.com', undefined, app)).statusCode).toBe(403);
    await app.close();
  });

  it('of the probes may be a load balancer that knows only an IP address', async () => {
    for (const path of ['/healthz', '/readyz'])
      expect((await ask('10.1.2.3:8080', path)).statusCode).toBe(200);
    const app = buildRunsApi(api.dependencies);
    expect((await ask('10.1.2.3:8081', '/healthz', app)).statusCode).toBe(200);
    await app.close();
  });

  it('reaches it by the address the connection came in on, as containers do', async () => {
    const app = buildRunsApi(api.dependencies);
    // Loopback is always allowed, so simulate a connection on another address.
    app.server.prependListener('request', ({ socket }) =>
      Object.defineProperty(socket, 'localAddress', { value: '::ffff:10.89.0.1' }),
    );
    const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
    const codeOf = (host: string) =>
      new Promise((resolve, reject) => {
        get({ port, host: '127.0.0.1', path: '/api/v1/organizations', headers: { host } }, (answer) => {
          json(answer).then((body) => resolve((body as { code: string }).code), reject);
        }).on('error', reject);
      });
    expect(await codeOf(`10.89.0.1:${port}`)).toBe('not_authenticated');
    expect(await codeOf(`10.89.0.2:${port}`)).toBe('host_not_allowed');
    await app.close();
  });
});
