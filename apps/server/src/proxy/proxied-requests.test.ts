import type { IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cookie, openAppsFixture, openGarbage, type AppsFixture } from './testing/apps-fixture.ts';

let context: AppsFixture;
beforeEach(async () => {
  context = await openAppsFixture();
});
afterEach(() => context.close());

/** The only request that the app received. */
function received(): IncomingMessage {
  const [request, ...more] = context.upstream.requests;
  if (!request || more.length > 0)
    throw new Error(`The app got ${context.upstream.requests.length} requests`);
  return request;
}

const echo = (request: IncomingMessage, response: NodeJS.WritableStream) => void request.pipe(response);

describe('the request sent to an app', () => {
  beforeEach(() => context.serve((_request, response) => response.end('ok')));

  it('has the unchanged path and query', async () => {
    await context.ask('/a%2Fb/./c;d?x=%20&y=[1]', { headers: cookie });
    expect(received().url).toBe('/a%2Fb/./c;d?x=%20&y=[1]');
  });

  it("has its public host and the visitor's address, and nothing the visitor forged", async () => {
    await context.ask('/', {
      headers: {
        ...cookie,
        'x-forwarded-for': '6.6.6.6',
        'X-Forwarded-Host': 'evil.com',
        'x-forwarded-proto': 'https',
        'x-forwarded-prefix': '/evil',
        'x-forwarded-user': 'admin',
        X_Forwarded_For: '6.6.6.6',
        forwarded: 'for=6.6.6.6',
        'x-real-ip': '6.6.6.6',
        X_Real_IP: '6.6.6.6',
      },
    });
    const { headers } = received();
    expect(headers.host).toBe(`sales.localhost:${context.port}`);
    const forwarded = Object.entries(headers).filter(([name]) => /forwarded|real/.test(name));
    expect(Object.fromEntries(forwarded)).toEqual({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': `sales.localhost:${context.port}`,
      'x-forwarded-proto': 'http',
    });
  });

  it('has its own cookies without the session cookie', async () => {
    await context.ask('/', {
      headers: { cookie: 'theme=dark; pumphouse-app-sales=good; __Host-pumphouse=x; _xsrf=1' },
    });
    expect(received().headers.cookie).toBe('theme=dark; _xsrf=1');
  });

  it('has no hop-by-hop headers', async () => {
    await context.ask('/', {
      headers: {
        ...cookie,
        connection: 'keep-alive, x-of-connection, cookie, content-length',
        'x-of-connection': '1',
        'keep-alive': 'timeout=5',
        te: 'trailers',
        'proxy-authorization': 'Basic x',
        'x-kept': '1',
      },
    });
    const { headers } = received();
    for (const name of ['x-of-connection', 'keep-alive', 'te', 'proxy-authorization', 'cookie'])
      expect(headers[name], name).toBeUndefined();
    expect(headers['x-kept']).toBe('1');
  });

  it('has no referrer with a secret of the proxy', async () => {
    for (const path of ['/-pumphouse/open/secret', '/x?swap=secret'])
      await context.ask('/', { headers: { ...cookie, referer: `${context.origin}${path}` } });
    await context.ask('/', { headers: { ...cookie, referer: `${context.origin}/page` } });
    expect(context.upstream.requests.map(({ headers }) => headers.referer)).toEqual([
      undefined,
      undefined,
      `${context.origin}/page`,
    ]);
  });

  it('never has a key, with a session or without', async () => {
    const key = { authorization: 'Bearer dlt_u_key' };
    await context.ask('/', { headers: key });
    await context.ask('/', { headers: { ...cookie, ...key } });
    await context.ask('/', { headers: { ...cookie, authorization: 'bearer  dlt_sa_other' } });
    await context.ask('/', { headers: { ...cookie, authorization: 'Basic YTpi' } });
    const got = context.upstream.requests.map(({ headers }) => headers.authorization);
    expect(got).toEqual([undefined, undefined, undefined, 'Basic YTpi']);
  });

  it('never has a token that this server signed', async () => {
    context.fake.ownTokens.add('own.signed.token');
    for (const authorization of ['Bearer own.signed.token', 'bearer   own.signed.token ', 'own.signed.token'])
      await context.ask('/', { headers: { ...cookie, authorization } });
    await context.ask('/', { headers: { ...cookie, authorization: 'Bearer a.signed.token' } });
    const got = context.upstream.requests.map(({ headers }) => headers.authorization);
    expect(got).toEqual([undefined, undefined, undefined, 'Bearer a.signed.token']);
  });

  it("has the visitor's address from a trusted proxy, and from no one else", async () => {
    const other = await openAppsFixture({ trustedProxies: ['127.0.0.0/8'] });
    other.serve((_request, response) => response.end());
    await other.ask('/', { headers: { ...cookie, 'x-forwarded-for': '6.6.6.6, 9.9.9.9, 127.0.0.2' } });
    expect(other.upstream.requests[0]?.headers['x-forwarded-for']).toBe('9.9.9.9');
    await other.close();
  });
});

describe('bodies of requests', () => {
  beforeEach(() => context.serve(echo));

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'GET'])('arrive with %s in chunks', async (method) => {
    const answer = await context.sendRaw(
      `${method} / HTTP/1.1\r\nHost: sales.localhost:${context.port}\r\nCookie: pumphouse-app-sales=good\r\nOrigin: ${context.origin}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    );
    expect(answer).toContain('hello');
    // Without framing, the rest of the body would be read as a second request.
    expect(received().method).toBe(method);
    expect(received().headers['transfer-encoding']).toBe('chunked');
  });

  it('arrive with a length', async () => {
    const headers = { ...cookie, origin: context.origin, 'content-length': '5' };
    const answer = await context.ask('/', { method: 'DELETE', headers, body: 'hello' });
    expect(answer.text).toBe('hello');
    expect(received().headers['content-length']).toBe('5');
  });

  it('that are empty have length 0, not chunks, which some servers cannot read', async () => {
    await context.sendRaw(
      `POST / HTTP/1.1\r\nHost: sales.localhost:${context.port}\r\nCookie: pumphouse-app-sales=good\r\nOrigin: ${context.origin}\r\nConnection: close\r\n\r\n`,
    );
    expect(received().headers['content-length']).toBe('0');
  });
});

describe('ambiguous requests', () => {
  beforeEach(() => context.serve((_request, response) => response.end('reached')));
  const lines = (...more: string[]) =>
    [
      'POST / HTTP/1.1',
      `Host: sales.localhost:${context.port}`,
      'Authorization: Bearer dlt_u_key',
      ...more,
      'Connection: close',
      '',
      '',
    ].join('\r\n');

  it.each([
    ['a length beside a transfer coding', ['Content-Length: 4', 'Transfer-Encoding: chunked']],
    ['two lengths', ['Content-Length: 4', 'Content-Length: 5']],
    ['another transfer coding', ['Transfer-Encoding: gzip, chunked']],
    ['chunked that is not last', ['Transfer-Encoding: chunked, identity']],
    ['a space before the colon', ['Transfer-Encoding : chunked']],
    ['two hosts', ['Host: stock.localhost']],
    ['a header on two lines', ['X-One: a', ' b']],
  ])('with %s are rejected', async (_, headers) => {
    const answer = await context.sendRaw(
      `${lines(...headers)}0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(context.upstream.requests).toEqual([]);
  });

  it.each(['http://evil.com/', '*', 'sales', '/x#y'])('with a target of %s are rejected', async (target) => {
    const answer = await context.sendRaw(lines().replace('POST / ', `POST ${target} `));
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(context.upstream.requests).toEqual([]);
  });

  it('for an upgrade to HTTP/2 are treated like any other', async () => {
    await context.sendRaw(
      lines('Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA').replace(
        'Connection: close',
        'Connection: close, Upgrade, HTTP2-Settings',
      ),
    );
    expect(received().headers.upgrade).toBeUndefined();
  });
});

describe('responses of an app', () => {
  it('arrive with status, headers and body', async () => {
    context.serve((_request, response) => {
      response.writeHead(418, { 'x-own': ['a', 'b'], 'content-security-policy': "default-src 'self'" });
      response.end('tea');
    });
    const answer = await context.ask('/', { headers: cookie });
    expect(answer).toMatchObject({ status: 418, text: 'tea' });
    expect(answer.headers).toMatchObject({
      'x-own': 'a, b',
      'content-security-policy': "default-src 'self'",
      'referrer-policy': 'strict-origin-when-cross-origin',
    });
  });

  it("set the app's own cookies, no reserved ones and none for other hosts", async () => {
    context.serve((_request, response) => {
      response.setHeader('Set-Cookie', [
        'own=1; Path=/',
        'pumphouse-app=evil; Path=/',
        'PUMPHOUSE-APP=evil',
        '__Host-pumphouse-app=evil; Path=/; Secure',
        '=pumphouse-app=evil',
        'wide=1; DOMAIN =localhost',
      ]);
      response.end();
    });
    const { headers } = await context.ask('/', { headers: cookie });
    expect(headers['set-cookie']).toEqual(['own=1; Path=/']);
  });

  it('declare nothing beyond their own host', async () => {
    context.serve((_request, response) => {
      response.writeHead(200, {
        'strict-transport-security': 'max-age=1; includeSubDomains',
        'public-key-pins': 'pin',
        'alt-svc': 'h3=":1"',
        nel: '{}',
        'clear-site-data': '"cache", "cookies", "storage"',
        'service-worker-allowed': '/',
        'referrer-policy': 'no-referrer',
      });
      response.end();
    });
    const { headers } = await context.ask('/', { headers: cookie });
    for (const name of ['strict-transport-security', 'public-key-pins', 'alt-svc', 'nel'])
      expect(headers[name], name).toBeUndefined();
    expect(headers['clear-site-data']).toBe('"cache", "storage"');
    expect(headers['service-worker-allowed']).toBe('/');
    expect(headers['referrer-policy']).toBe('no-referrer');
  });

  it('cannot sign visitors out', async () => {
    context.serve((_request, response) => response.setHeader('clear-site-data', '"*"').end());
    expect((await context.ask('/', { headers: cookie })).headers['clear-site-data']).toBeUndefined();
  });

  it('have no body for HEAD, and keep the length', async () => {
    context.serve((_request, response) => response.setHeader('content-length', '5').end('hello'));
    const answer = await context.ask('/', { method: 'HEAD', headers: cookie });
    expect(answer).toMatchObject({ status: 200, text: '' });
    expect(answer.headers['content-length']).toBe('5');
  });
});

describe('misbehaving apps', () => {
  it.each([
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n'],
    ['nothing', ''],
    ['half a head', 'HTTP/1.1 200 OK\r\nContent-'],
    ['a status below 200', 'HTTP/1.1 099 X\r\nContent-Length: 0\r\n\r\n'],
    ['an upgrade that nobody asked for', 'HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'],
    [
      'a length beside a transfer coding',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    ],
    ['a header without end', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(200_000)}`],
  ])('with %s result in 502', async (_, bytes) => {
    const garbage = await openGarbage(bytes);
    context.fake.states.set('sales', context.readyAt(garbage.port));
    const answer = await context.ask('/?secret=1', { headers: cookie });
    garbage.close();
    expect(answer.status).toBe(502);
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'app_not_answering' });
    expect(context.logged.join()).toContain('"app":"sales"');
    expect(context.logged.join()).not.toMatch(/secret|good/);
  });

  it('with a status text that is invalid in a header do no harm', async () => {
    const garbage = await openGarbage('HTTP/1.1 200 O\x01K\r\nContent-Length: 2\r\n\r\nok');
    context.fake.states.set('sales', context.readyAt(garbage.port));
    const answer = await context.ask('/', { headers: cookie });
    garbage.close();
    expect([200, 502]).toContain(answer.status);
  });

  it('that refuse the connection result in 502, as a page for browsers', async () => {
    context.fake.states.set('sales', {
      kind: 'ready',
      instance: 'gone',
      connect: () => Promise.reject(new Error('refused')),
    });
    const answer = await context.ask('/', { headers: { ...cookie, accept: 'text/html' } });
    expect(answer.status).toBe(502);
    expect(answer.text).toContain('Sales &lt;b&gt; does not respond');
    // The next connection may succeed.
    expect(answer.text).toContain('<meta http-equiv="refresh" content="2" />');
  });

  it('that break off a response have it cut, not ended', async () => {
    context.serve((_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('half', () => response.destroy());
    });
    await expect(context.ask('/', { headers: cookie })).rejects.toThrow('aborted');
    context.serve((_request, response) => {
      response.write('half', () => response.destroy());
    });
    await expect(context.ask('/', { headers: cookie })).rejects.toThrow('aborted');
    expect((await context.ask('/-pumphouse/icon.svg')).status).toBe(200);
  });

  it('may respond before the end of the request', async () => {
    context.serve((_request, response) => response.writeHead(413, { connection: 'close' }).end('too large'));
    const headers = { ...cookie, origin: context.origin, 'content-length': '10000000' };
    const answer = await context.openStream('/', { method: 'POST', headers, body: 'x' });
    expect(answer.statusCode).toBe(413);
    answer.destroy();
  });
});

describe('the bare address', () => {
  const key = { authorization: 'Bearer dlt_u_key' };
  beforeEach(() =>
    context.serve((request, response) => {
      response.setHeader('set-cookie', 'own=1');
      if (request.url === '/mcp') response.writeHead(307, { location: `${context.origin}/mcp/` });
      response.end('reached');
    }),
  );

  it.each(['localhost', '127.0.0.1', '[::1]'])('at %s takes a key and the label', async (name) => {
    const host = `${name}:${context.port}`;
    const answer = await context.ask('/sales/mcp/?x=1', { host, headers: key });
    expect(answer).toMatchObject({ status: 200, text: 'reached' });
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(received().url).toBe('/mcp/?x=1');
    expect(received().headers).toMatchObject({
      host: `sales.localhost:${context.port}`,
      'x-forwarded-prefix': '/sales',
      'x-forwarded-host': host,
    });
    expect(received().headers.authorization).toBeUndefined();
  });

  it('keeps redirects below the prefix', async () => {
    const answer = await context.ask('/sales/mcp', { host: `localhost:${context.port}`, headers: key });
    expect(answer.headers.location).toBe('/sales/mcp/');
  });

  it.each([
    ['no key', {}, '/sales/', 404],
    ['a cookie', cookie, '/sales/', 404],
    ['a key and a cookie', { ...key, cookie: 'a=1' }, '/sales/', 404],
    ['a key that is not good', { authorization: 'Bearer dlt_u_other' }, '/sales/', 401],
    ['the key of another app', key, '/stock/', 401],
    ['no such app', key, '/nothing/', 404],
    ['no app', key, '/', 404],
    ['a path of ours', key, '/sales/-pumphouse/state', 404],
    ['a path of ours that is hidden', key, '/sales/x/..%2f-pumphouse/state', 404],
  ])('does not with %s', async (_, headers, path, status) => {
    const answer = await context.ask(path, { host: `localhost:${context.port}`, headers });
    expect(answer.status).toBe(status);
    expect(context.upstream.requests).toEqual([]);
  });
});

describe('URLs without an app', () => {
  it.each([
    'nothing.localhost:PORT',
    'sales.localhost.evil.com:PORT',
    'sales.localhost.:PORT',
    'sales.localhost:1',
    'evil.com',
  ])('reveal nothing at %s', async (host) => {
    context.serve((_request, response) => response.end('reached'));
    const answer = await context.ask('/<script>?x=<script>', {
      host: host.replace('PORT', String(context.port)),
      headers: { ...cookie, accept: 'text/html' },
    });
    expect(answer).toMatchObject({ status: 404, text: 'This page does not exist.\n' });
    expect(context.upstream.requests).toEqual([]);
  });

  it('do not depend on letter case', async () => {
    context.serve((_request, response) => response.end('reached'));
    const answer = await context.ask('/', { host: `SALES.LocalHost:${context.port}`, headers: cookie });
    expect(answer.text).toBe('reached');
  });
});
