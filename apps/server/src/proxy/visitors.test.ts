import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  cookie,
  navigation,
  openAppsFixture,
  requireOpen,
  secureCookie,
  type AppsFixture,
} from './testing/apps-fixture.ts';
import { guest, member } from './testing/fake-gate.ts';

let context: AppsFixture;
beforeEach(async () => {
  context = await openAppsFixture();
  context.serve((_request, response) => response.end('reached'));
});
afterEach(() => context.close());

describe('a visitor without a session', () => {
  it('who navigates to a page is sent to sign in and returns', async () => {
    const answer = await context.ask('/a?b=1', { headers: navigation });
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe('http://console.test/sign-in/app?label=sales&to=%2Fa%3Fb%3D1');
    expect(answer.headers['referrer-policy']).toBe('no-referrer');
  });

  it.each([
    ['a call', { accept: 'application/json' }, 'GET'],
    ['what a page loads', { accept: 'text/html', 'sec-fetch-mode': 'cors' }, 'GET'],
    ['a form', { accept: 'text/html', 'sec-fetch-mode': 'navigate' }, 'POST'],
    ['a session of another app', { cookie: 'pumphouse-app-stock=good' }, 'GET'],
    ['a cookie with the prefix that is for https', secureCookie, 'GET'],
    ['a key that is not good', { authorization: 'Bearer dlt_u_other' }, 'GET'],
    ['a key under another name', { authorization: 'Basic dlt_u_key' }, 'GET'],
  ])('gets an error for %s', async (_, headers, method) => {
    const answer = await context.ask('/a', { method, headers });
    expect(answer.status).toBe(401);
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'not_authenticated', status_code: 401 });
    expect(context.upstream.requests).toEqual([]);
  });

  it('gets an error for a WebSocket', async () => {
    expect(await context.openSocket({ origin: context.origin })).toBe(401);
  });
});

describe('a key', () => {
  it('is sufficient, whatever the origin of the request', async () => {
    const headers = { authorization: 'Bearer dlt_u_key', origin: 'http://evil.com' };
    expect((await context.ask('/', { method: 'POST', headers })).status).toBe(200);
    requireOpen(await context.openSocket(headers)).terminate();
  });
});

describe('a session over https', () => {
  it('uses a cookie that only this host can set', async () => {
    const secure = await openAppsFixture({ domain: 'apps.example.com' });
    secure.serve((_request, response) => response.end('reached'));
    const host = 'sales.apps.example.com';
    const entered = await secure.ask('/-pumphouse/enter?code=code', { host });
    expect(entered.headers['set-cookie']).toEqual([
      '__Host-pumphouse-app-sales=from-code; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure',
    ]);
    expect((await secure.ask('/', { host, headers: secureCookie })).text).toBe('reached');
    expect((await secure.ask('/', { host, headers: cookie })).status).toBe(401);
    expect(secure.upstream.requests[0]?.headers['x-forwarded-proto']).toBe('https');
    await secure.close();
  });
});

describe('the origin of a request with a session', () => {
  const foreign = () => `http://stock.localhost:${context.port}`;

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND'])('is checked for %s', async (method) => {
    const ask = async (headers: Record<string, string>) =>
      (await context.ask('/', { method, headers: { ...cookie, ...headers } })).status;
    expect(await ask({ origin: context.origin })).toBe(200);
    expect(await ask({ 'sec-fetch-site': 'same-origin' })).toBe(200);
    expect(await ask({ 'sec-fetch-site': 'none' })).toBe(200);
    for (const headers of [
      {},
      { origin: foreign() },
      { origin: 'null' },
      { origin: `http://sales.localhost` },
      { origin: `${context.origin}.evil.com` },
      { origin: context.origin.replace('http:', 'https:') },
      { origin: foreign(), 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'cross-site' },
    ])
      expect(await ask(headers as Record<string, string>), JSON.stringify(headers)).toBe(403);
  });

  it('is checked for WebSockets', async () => {
    requireOpen(await context.openSocket({ ...cookie, origin: context.origin })).terminate();
    expect(await context.openSocket({ ...cookie, origin: foreign() })).toBe(403);
    expect(await context.openSocket({ ...cookie, origin: 'null' })).toBe(403);
    expect(await context.openSocket(cookie)).toBe(403);
    expect(context.upstream.requests).toHaveLength(1);
  });

  it.each([
    [
      'a script of another app',
      { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' },
      403,
    ],
    [
      'a frame in another app',
      { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
      403,
    ],
    [
      'a call of another site',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
      403,
    ],
    [
      'a link on another site',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
      200,
    ],
    [
      'its own script',
      { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' },
      200,
    ],
    [
      'its own frame',
      { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
      200,
    ],
  ])('controls reading by the requester: %s', async (_, headers, status) => {
    expect((await context.ask('/', { headers: { ...cookie, ...headers } })).status).toBe(status);
  });
});

describe('a one-time code', () => {
  it('starts a session and redirects', async () => {
    const answer = await context.ask('/-pumphouse/enter?code=code&to=%2Fa%3Fb%3D1');
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe('/a?b=1');
    expect(answer.headers['referrer-policy']).toBe('no-referrer');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['set-cookie']).toEqual([
      'pumphouse-app-sales=from-code; Path=/; Max-Age=60; HttpOnly; SameSite=Lax',
    ]);
    expect((await context.ask('/', { headers: { cookie: 'pumphouse-app-sales=from-code' } })).text).toBe(
      'reached',
    );
  });

  it.each([
    '//evil.com',
    'https://evil.com/',
    '/\\evil.com',
    '/%09/evil.com',
    'javascript:alert(1)',
    '/.//evil.com',
  ])('never redirects to %s', async (to) => {
    const answer = await context.ask(`/-pumphouse/enter?code=code&to=${to.replaceAll('\\', '%5c')}`);
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toMatch(/^\/(?![/\\])/);
  });

  it('that is invalid redirects with a session, and shows an error without one', async () => {
    const known = await context.ask('/-pumphouse/enter?code=old&to=/a', { headers: cookie });
    expect(known).toMatchObject({ status: 303 });
    expect(known.headers.location).toBe('/a');
    const unknown = await context.ask('/-pumphouse/enter?code=old&to=/a');
    expect(unknown.status).toBe(400);
    expect(unknown.text).toContain('http://console.test/sign-in/app?label=sales&amp;to=%2Fa');
    expect(unknown.headers['set-cookie']).toBeUndefined();
  });

  it('of another app is invalid', async () => {
    const host = `stock.localhost:${context.port}`;
    expect((await context.ask('/-pumphouse/enter?code=code', { host })).status).toBe(400);
  });
});

describe('a swap code', () => {
  it.each([
    ['/?swap=code', '/'],
    ['/a?b=1&swap=code&c=2', '/a?b=1&c=2'],
  ])('in %s starts a session and is removed from the URL', async (path, location) => {
    const answer = await context.ask(path);
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe(location);
    expect(answer.headers['set-cookie']?.[0]).toContain('pumphouse-app-sales=from-code;');
  });

  it('that is invalid is removed, and the session stays', async () => {
    const answer = await context.ask('/a?swap=old', { headers: { ...cookie, ...navigation } });
    expect(answer.headers.location).toBe('/a');
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(context.upstream.requests).toEqual([]);
  });

  it('that is not redeemed does not reach the app', async () => {
    await context.ask('/a?b=1&swap=code', { method: 'HEAD', headers: cookie });
    requireOpen(await context.openSocket({ ...cookie, origin: context.origin }, '/ws?swap=code')).terminate();
    expect(context.upstream.requests.map(({ url }) => url)).toEqual(['/a?b=1', '/ws']);
  });

  it('never redirects to another host', async () => {
    const answer = await context.ask('//evil.com/?swap=code');
    expect(answer.headers.location).toBe('/');
  });
});

describe('a public link', () => {
  const path = '/-pumphouse/open/s3cr-et_';
  const form = { 'content-type': 'application/x-www-form-urlencoded' };

  it('admits the visitor', async () => {
    const asked: unknown[] = [];
    context.fake.openLink = (...given) => {
      asked.push(given);
      return { kind: 'session', session: { secret: 'guest', visitor: guest, seconds: 30 } };
    };
    const answer = await context.ask(path);
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe('/board');
    expect(answer.headers['referrer-policy']).toBe('no-referrer');
    expect(answer.headers['set-cookie']?.[0]).toContain('pumphouse-app-sales=guest;');
    expect(asked).toEqual([['s3cr-et_', null, '127.0.0.1']]);
  });

  it('asks for its password', async () => {
    context.fake.openLink = (_secret, password) =>
      password === 'right & good'
        ? { kind: 'session', session: { secret: 'guest', visitor: guest, seconds: 30 } }
        : { kind: 'password', wasWrong: password !== null, retryAfterSeconds: null };
    const page = await context.ask(path);
    expect(page.status).toBe(200);
    expect(page.text).toContain('type="password"');
    expect(page.text).toContain('Open Sales &lt;b&gt;');
    expect(page.text).not.toContain('s3cr-et_');
    const headers = { ...form, origin: context.origin };
    const wrong = await context.ask(path, { method: 'POST', headers, body: 'password=wrong' });
    expect(wrong.status).toBe(400);
    expect(wrong.text).toContain('The password is wrong.');
    const right = await context.ask(path, { method: 'POST', headers, body: 'password=right+%26+good' });
    expect(right.status).toBe(303);
  });

  it('is throttled by the gate', async () => {
    context.fake.openLink = () => ({ kind: 'password', wasWrong: true, retryAfterSeconds: 17 });
    const headers = { ...form, origin: context.origin };
    const answer = await context.ask(path, { method: 'POST', headers, body: 'password=x' });
    expect(answer.status).toBe(429);
    expect(answer.headers['retry-after']).toBe('17');
    expect(answer.text).toContain('Try again in 17 seconds');
  });

  it('accepts a password only from its own page, and only up to a maximum size', async () => {
    const asked: unknown[] = [];
    context.fake.openLink = (...given) => {
      asked.push(given);
      return { kind: 'none' };
    };
    const body = 'password=x';
    const foreign = { ...form, origin: `http://stock.localhost:${context.port}` };
    expect((await context.ask(path, { method: 'POST', headers: foreign, body })).status).toBe(403);
    expect((await context.ask(path, { method: 'POST', headers: form, body })).status).toBe(403);
    const own = { ...form, origin: context.origin };
    expect(
      (await context.ask(path, { method: 'POST', headers: { origin: context.origin }, body })).status,
    ).toBe(400);
    const large = { method: 'POST', headers: own, body: `password=${'x'.repeat(20_000)}` };
    expect((await context.ask(path, large)).status).toBe(400);
    expect(asked).toEqual([]);
  });

  it('that is invalid gets the same response for every reason', async () => {
    const answer = await context.ask(path);
    expect(answer.status).toBe(404);
    expect(answer.text).toContain('This link is not valid');
  });
});

describe('the paths below /-pumphouse/', () => {
  it.each([
    '/-pumphouse/',
    '/-pumphouse/nothing',
    '/-pumphouse/open/',
    '/-pumphouse/open/..%2fenter',
    '/-pumphouse/open/a/b',
    '/-pumphouse/enter/',
    '/-pumphouse/..%2f',
    '/-pumphouse/%2e%2e/x',
    '//-pumphouse/enter?code=code',
    '/x/..%2f-pumphouse/state',
    '/%2dpumphouse/state',
  ])('never come from the app: %s', async (path) => {
    const answer = await context.ask(path, { headers: cookie });
    expect(answer).toMatchObject({ status: 404, text: 'This page does not exist.\n' });
    expect(context.upstream.requests).toEqual([]);
  });

  it('accept no WebSocket', async () => {
    expect(await context.openSocket({ ...cookie, origin: context.origin }, '/-pumphouse/state')).toBe(404);
  });

  it('accept only their methods', async () => {
    expect((await context.ask('/-pumphouse/leave', { headers: cookie })).status).toBe(405);
    expect((await context.ask('/-pumphouse/enter?code=code', { method: 'HEAD' })).status).toBe(405);
    expect((await context.ask('/-pumphouse/enter?code=code', { method: 'POST' })).status).toBe(405);
    expect((await context.ask('/-pumphouse/enter?code=code')).status).toBe(303);
  });

  it('have pages with their own policy and without scripts', async () => {
    const { headers } = await context.ask('/-pumphouse/open/x');
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
    );
    expect(headers['x-frame-options']).toBe('DENY');
    expect((await context.ask('/-pumphouse/style.css')).headers['content-type']).toContain('text/css');
    expect((await context.ask('/-pumphouse/icon.svg')).headers['content-type']).toBe('image/svg+xml');
  });
});

describe('signing out', () => {
  it('ends the session and removes the cookie', async () => {
    const headers = { ...cookie, origin: context.origin };
    const answer = await context.ask('/-pumphouse/leave', { method: 'POST', headers });
    expect(answer.status).toBe(200);
    expect(answer.headers['set-cookie']).toEqual([
      'pumphouse-app-sales=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax',
    ]);
    expect(context.fake.leavers).toEqual([member]);
  });

  it('cannot be triggered by another page', async () => {
    const headers = { ...cookie, origin: `http://stock.localhost:${context.port}` };
    expect((await context.ask('/-pumphouse/leave', { method: 'POST', headers })).status).toBe(403);
    expect(context.fake.leavers).toEqual([]);
  });
});

it('answers 503 when the gate fails', async () => {
  context.gate.findSession = () => Promise.reject(new Error('the database is away'));
  const answer = await context.ask('/?secret=1', { headers: cookie });
  expect(answer.status).toBe(503);
  expect(answer.text).not.toContain('database');
  expect(context.logged.join()).toContain('the database is away');
  expect(context.logged.join()).not.toMatch(/secret|good/);
});
