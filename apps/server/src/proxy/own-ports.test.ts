import type { AppsLimits } from './limits.ts';
import type { AppState } from './app-gate.ts';
import type { PortRange } from '../domain/primitives/port-range.ts';
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findFreePorts } from '@pumphouse/testing/fixtures/free-port.ts';
import { navigation, openAppsFixture, requireOpen, type AppsFixture } from './testing/apps-fixture.ts';
import { sales, stock } from './testing/fake-gate.ts';

const cookieOf = { sales: 'pumphouse-app-sales=good', stock: 'pumphouse-app-stock=good' };

let ports: PortRange;
let context: AppsFixture;
beforeEach(async () => {
  ports = await findFreePorts(3);
  context = await openPortsFixture();
  context.serve((request, response) => response.end(`reached ${request.headers.host}`));
});
afterEach(() => context.close());

async function openPortsFixture(limits: Partial<AppsLimits> = {}): Promise<AppsFixture> {
  const fixture = await openAppsFixture({ ports, limits });
  fixture.fake.apps = [
    { ...sales, port: ports.first },
    { ...stock, port: ports.first + 1 },
  ];
  return fixture;
}

const at = (port: number, headers: Record<string, string> = {}) => ({
  port,
  host: `127.0.0.1:${port}`,
  headers,
});
const atSales = (headers: Record<string, string> = {}) => at(ports.first, headers);
const atStock = (headers: Record<string, string> = {}) => at(ports.first + 1, headers);
const originOf = (port: number) => `http://127.0.0.1:${port}`;

describe('the port of an app', () => {
  it('leads to the app, which gets the original host', async () => {
    const { first } = ports;
    const answer = await context.ask(
      '/a?b=1',
      atSales({ cookie: cookieOf.sales, 'x-forwarded-host': 'evil.com' }),
    );
    expect(answer).toMatchObject({ status: 200, text: `reached 127.0.0.1:${first}` });
    expect(context.upstream.requests[0]).toMatchObject({
      url: '/a?b=1',
      headers: { 'x-forwarded-host': `127.0.0.1:${first}`, 'x-forwarded-proto': 'http' },
    });
    requireOpen(
      await context.openSocket(
        { host: `127.0.0.1:${first}`, origin: originOf(first), cookie: cookieOf.sales },
        '/ws',
        first,
      ),
    ).terminate();
  });

  it('counts, whatever host a request names', async () => {
    const headers = { cookie: `${cookieOf.sales}; ${cookieOf.stock}` };
    const { first } = ports;
    const proxied = await context.ask('/', { ...atSales(headers), host: '127.0.0.1' });
    expect(proxied.text).toBe(`reached 127.0.0.1:${first}`);
    for (const host of [
      `127.0.0.1:${first + 1}`,
      `127.0.0.1:${context.port}`,
      `localhost:${first}`,
      'evil.com',
    ])
      expect(await context.ask('/', { ...atSales(headers), host }), host).toMatchObject({
        status: 404,
        text: 'This page does not exist.\n',
      });
  });

  it('without an app leads nowhere', async () => {
    const answer = await context.ask('/', at(ports.last, { cookie: cookieOf.sales }));
    expect(answer).toMatchObject({ status: 404, text: 'This page does not exist.\n' });
  });

  it('of a server behind a TLS proxy is https', async () => {
    const secure = await openAppsFixture({
      ports: await findFreePorts(1).then((range) => (ports = range)),
      serverUrl: 'https://pumphouse.corp.example',
    });
    secure.fake.apps = [{ ...sales, port: ports.first }];
    secure.serve((_request, response) => response.end('reached'));
    const host = `pumphouse.corp.example:${ports.first}`;
    const asked = { port: ports.first, host };
    const entered = await secure.ask('/-pumphouse/enter?code=code', asked);
    expect(entered.headers['set-cookie']).toEqual([
      '__Host-pumphouse-app-sales=from-code; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure',
    ]);
    const headers = { cookie: '__Host-pumphouse-app-sales=from-code', origin: `https://${host}` };
    expect((await secure.ask('/', { ...asked, method: 'POST', headers })).text).toBe('reached');
    expect(secure.upstream.requests[0]?.headers).toMatchObject({
      host,
      'x-forwarded-host': host,
      'x-forwarded-proto': 'https',
    });
    await secure.close();
  });
});

describe('a session', () => {
  it("belongs to the app in its cookie's name, although cookies apply to all ports", async () => {
    const entered = await context.ask('/-pumphouse/enter?code=code&to=/a', atSales());
    expect(entered.headers['set-cookie']).toEqual([
      'pumphouse-app-sales=from-code; Path=/; Max-Age=60; HttpOnly; SameSite=Lax',
    ]);
    const cookie = 'pumphouse-app-sales=from-code';
    expect((await context.ask('/', atSales({ cookie }))).status).toBe(200);
    expect((await context.ask('/', atStock({ cookie }))).status).toBe(401);
    expect((await context.ask('/', atStock({ cookie: 'pumphouse-app-stock=from-code' }))).status).toBe(401);
    expect((await context.ask('/', atStock({ cookie: `${cookie}; ${cookieOf.stock}` }))).status).toBe(200);
  });

  it('whose cookie was set a second time for another path is ignored', async () => {
    const headers = { cookie: `pumphouse-app-sales=evil; ${cookieOf.sales}` };
    expect((await context.ask('/', atSales(headers))).status).toBe(401);
  });

  it('of any app or of the console is hidden from the app, which cannot set one', async () => {
    context.serve((_request, response) => {
      const names = ['pumphouse', 'pumphouse-visitor', 'pumphouse-app-stock', '__Host-pumphouse-app-stock'];
      response.setHeader('set-cookie', [...names.map((name) => `${name}=evil; Path=/`), 'own=1']);
      response.end();
    });
    const cookie = `own=1; ${cookieOf.sales}; ${cookieOf.stock}; pumphouse=x; __Host-pumphouse=y; pumphouse-known=z`;
    const answer = await context.ask('/', atSales({ cookie }));
    expect(answer.headers['set-cookie']).toEqual(['own=1']);
    expect(context.upstream.requests[0]?.headers.cookie).toBe('own=1');
  });
});

describe('another app of the same host', () => {
  const foreign = () => originOf(ports.first + 1);

  it('changes nothing, and opens no WebSocket', async () => {
    const ask = async (headers: Record<string, string>) =>
      (await context.ask('/', { ...atSales({ cookie: cookieOf.sales, ...headers }), method: 'POST' })).status;
    expect(await ask({ origin: originOf(ports.first) })).toBe(200);
    for (const headers of [
      { origin: foreign() },
      { origin: 'http://127.0.0.1' },
      { origin: originOf(8080) },
      { 'sec-fetch-site': 'same-site' },
      {},
    ])
      expect(await ask(headers as Record<string, string>), JSON.stringify(headers)).toBe(403);
    const headers = { host: `127.0.0.1:${ports.first}`, origin: foreign(), cookie: cookieOf.sales };
    expect(await context.openSocket(headers, '/ws', ports.first)).toBe(403);
  });

  it('reads nothing with a call, even if the browser does not report the site', async () => {
    const headers = { cookie: cookieOf.sales, origin: foreign() };
    expect((await context.ask('/', atSales(headers))).status).toBe(403);
  });

  it('can show nothing in a frame or as a script', async () => {
    context.serve((_request, response) => {
      response.setHeader('cross-origin-resource-policy', 'cross-origin');
      response.setHeader('content-security-policy', "default-src 'self'");
      response.end();
    });
    const { headers } = await context.ask('/', atSales({ cookie: cookieOf.sales }));
    expect(headers['cross-origin-resource-policy']).toBe('same-origin');
    expect(headers['content-security-policy']).toBe("default-src 'self', frame-ancestors 'self'");
  });

  it('that gets the port later finds no service worker of the previous app', async () => {
    const answer = await context.ask(
      '/worker.js',
      atSales({ cookie: cookieOf.sales, 'service-worker': 'script' }),
    );
    expect(answer.status).toBe(404);
    expect(context.upstream.requests).toEqual([]);
  });
});

describe('a browser that does not report the purpose of a request', () => {
  it('starts the app by navigation, but not by requests of an open page', async () => {
    context.fake.states.set('sales', { kind: 'stopped', reason: null });
    const call = await context.ask('/_stcore/health', atSales({ cookie: cookieOf.sales, accept: '*/*' }));
    expect(call.status).toBe(503);
    const headers = {
      host: `127.0.0.1:${ports.first}`,
      origin: originOf(ports.first),
      cookie: cookieOf.sales,
    };
    expect(await context.openSocket(headers, '/ws', ports.first)).toBe(503);
    expect(context.fake.wakes).toBe(0);
    const page = await context.ask('/', atSales({ cookie: cookieOf.sales, accept: navigation.accept }));
    expect(page.text).toContain('Starting Sales');
    expect(context.fake.wakes).toBe(1);
  });
});

it('leaves the bare address to programs with a key, for apps with and without a port', async () => {
  const headers = { authorization: 'Bearer dlt_u_key' };
  const host = `127.0.0.1:${context.port}`;
  expect((await context.ask('/sales/a', { headers, host })).text).toBe(`reached 127.0.0.1:${ports.first}`);
  context.fake.apps = [sales];
  expect((await context.ask('/sales/a', { headers, host })).text).toBe(`reached ${host}`);
  expect((await context.ask('/sales/a', { host, headers: { cookie: cookieOf.sales } })).status).toBe(404);
});

describe('a listener', () => {
  it.each([
    ['one loopback address', '127.0.0.1'],
    ['both loopback addresses', '::'],
  ])('does not listen at all if a port of the range is taken at %s, and names it once', async (_, host) => {
    const range = await findFreePorts(3);
    const other: Server = createServer().listen(range.first + 1, host);
    await once(other, 'listening');
    await expect(openAppsFixture({ ports: range })).rejects.toThrow(
      `The ports of apps are in use: ${range.first + 1} (EADDRINUSE).`,
    );
    other.close();
    await once(other, 'close');
    await (await openAppsFixture({ ports: range })).close();
  });

  it('lets requests of apps finish when it closes, and cuts the rest', async () => {
    await context.close();
    context = await openPortsFixture({ drainMs: 5000 });
    let end = () => undefined as void;
    context.serve((request, response) => {
      response.write('begun ');
      if (request.url === '/short') end = () => void response.end('ended');
    });
    const short = await context.openStream('/short', atSales({ cookie: cookieOf.sales }));
    const endless = await context.openStream('/endless', atStock({ cookie: cookieOf.stock }));
    const isCut = once(endless.resume(), 'error');
    const closing = context.listener.close();
    end();
    expect((await short.setEncoding('utf8').toArray()).join('')).toBe('begun ended');
    await isCut;
    await closing;
    await expect.poll(() => context.listener.countOpen()).toBe(0);
    await expect(context.ask('/', atSales())).rejects.toThrow('ECONNREFUSED');
  });
});

it('the state of an app is shown at its port', async () => {
  const state: AppState = { kind: 'starting', jobRunId: 'run-1', waiting: null };
  context.fake.states.set('stock', state);
  const answer = await context.ask('/-pumphouse/state', atStock({ cookie: cookieOf.stock }));
  expect(JSON.parse(answer.text)).toEqual({ state: 'starting' });
});
