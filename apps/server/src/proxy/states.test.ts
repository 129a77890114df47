import { request as openRequest } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  cookie,
  navigation,
  openAppsFixture,
  requireOpen,
  type AppsFixture,
} from './testing/apps-fixture.ts';

const page = { ...cookie, ...navigation };
const failed = {
  kind: 'failed',
  jobRunId: 'run-1',
  detail: 'It ended with <exit code 3>.',
  retryAt: new Date(Date.now() + 600_000),
  lastLines: ['first line', '<script>alert(1)</script>'],
} as const;

let context: AppsFixture;
beforeEach(async () => {
  context = await openAppsFixture();
});
afterEach(() => context.close());

const serveOk = () => context.serve((_request, response) => response.end('reached'));

describe('an app that has just ended', () => {
  const gone = {
    kind: 'ready',
    instance: 'gone',
    connect: () => Promise.reject(new Error('connection refused')),
  } as const;

  it('is checked again, without losing request data', async () => {
    context.fake.states.set('sales', gone);
    const answer = context.ask('/a', {
      method: 'POST',
      headers: { ...cookie, origin: context.origin },
      body: 'what was sent',
    });
    await expect.poll(() => context.fake.wakes).toBeGreaterThan(1);
    context.serve((request, response) => void request.pipe(response));
    expect(await answer).toMatchObject({ status: 200, text: 'what was sent' });
  });

  it('is started when a user navigates to it', async () => {
    context.fake.states.set('sales', gone);
    const answer = context.ask('/a', { headers: page });
    await expect.poll(() => context.fake.wakes).toBeGreaterThan(1);
    context.fake.states.set('sales', { kind: 'stopped', reason: null });
    expect((await answer).text).toContain('Starting Sales &lt;b&gt; …');
  });

  it('is not waited for when the visitor has left', async () => {
    context.fake.states.set('sales', gone);
    const host = `sales.localhost:${context.port}`;
    const sent = openRequest({ port: context.port, path: '/a', headers: { ...page, host } });
    sent.on('error', () => undefined).end();
    await expect.poll(() => context.fake.wakes).toBeGreaterThan(1);
    sent.destroy();
    const before = context.fake.wakes;
    await expect.poll(() => context.listener.countOpen()).toBe(0);
    // One more check may have been in progress.
    expect(context.fake.wakes - before).toBeLessThan(3);
  });
});

describe('a starting app', () => {
  it('shows a page that turns into the app', async () => {
    const answer = await context.ask('/a', { headers: page });
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBe('2');
    expect(answer.text).toContain('Starting Sales &lt;b&gt; …');
    expect(answer.text).toContain('<noscript><meta http-equiv="refresh" content="2" /></noscript>');
    const [, nonce] = /<script nonce="([^"]+)">/.exec(answer.text) ?? [];
    expect(answer.headers['content-security-policy']).toContain(
      `script-src 'nonce-${nonce}'; connect-src 'self'`,
    );
    expect(context.fake.wakes).toBe(1);
  });

  it('shows its wait reason to browsers and programs, and follows changes of it', async () => {
    const waiting = 'No free slot: 8 of 8 apps in use. It starts when one is free.';
    context.fake.states.set('sales', { kind: 'starting', jobRunId: 'run-1', waiting });
    const answer = await context.ask('/a', { headers: page });
    expect(answer.text).toContain(`<p role="status">${waiting}</p>`);
    expect(answer.text).toContain(`data-waiting="${waiting}"`);
    const state = await context.ask('/-pumphouse/state', { headers: cookie });
    expect(JSON.parse(state.text)).toEqual({ state: 'starting', waiting });
    const hasty = await openAppsFixture({ limits: { waitMs: 20 } });
    hasty.fake.states.set('sales', { kind: 'starting', jobRunId: 'run-1', waiting });
    const program = await hasty.ask('/', { headers: cookie });
    expect(JSON.parse(program.text)).toMatchObject({
      code: 'app_not_ready',
      detail: `Sales <b> is starting. ${waiting}`,
    });
    await hasty.close();
  });

  it('uses a new nonce each time', async () => {
    const [one, two] = await Promise.all([1, 2].map(() => context.ask('/', { headers: page })));
    expect(one?.headers['content-security-policy']).not.toBe(two?.headers['content-security-policy']);
  });

  it('is waited for by calls and WebSockets', async () => {
    const answer = context.ask('/a', {
      method: 'POST',
      headers: { ...cookie, origin: context.origin },
      body: 'x',
    });
    const socket = context.openSocket({ ...cookie, origin: context.origin });
    await expect.poll(() => context.listener.countOpen()).toBe(2);
    serveOk();
    expect((await answer).text).toBe('reached');
    requireOpen(await socket).terminate();
  });

  it('is polled once for all waiting requests', async () => {
    const answers = Array.from({ length: 50 }, () => context.ask('/', { headers: cookie }));
    await expect.poll(() => context.listener.countOpen()).toBe(50);
    const before = context.fake.wakes;
    serveOk();
    await Promise.all(answers);
    expect(context.fake.wakes - before).toBeLessThan(10);
  });

  it('is not waited for indefinitely', async () => {
    const hasty = await openAppsFixture({ limits: { waitMs: 20 } });
    const answer = await hasty.ask('/', { headers: cookie });
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBe('2');
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'app_not_ready' });
    expect(await hasty.openSocket({ ...cookie, origin: hasty.origin })).toBe(503);
    await hasty.close();
  });

  it('is not waited for by a visitor who has left', async () => {
    const gone = new AbortController();
    const asked = fetch(`http://127.0.0.1:${context.port}/sales/`, {
      headers: { authorization: 'Bearer dlt_u_key' },
      signal: gone.signal,
    });
    await expect.poll(() => context.listener.countOpen()).toBe(1);
    gone.abort();
    await expect(asked).rejects.toThrow('aborted');
    await expect.poll(() => context.listener.countOpen()).toBe(0);
  });

  it('that fails meanwhile is reported at once', async () => {
    const answer = context.ask('/', { headers: cookie });
    await expect.poll(() => context.listener.countOpen()).toBe(1);
    context.fake.states.set('sales', failed);
    expect((await answer).status).toBe(503);
    expect((await answer).text).toContain('It ended with');
  });
});

describe('a failed app', () => {
  beforeEach(() => context.fake.states.set('sales', failed));

  it('shows the reason and the retry time, and the end of its log to members', async () => {
    const answer = await context.ask('/', { headers: page });
    expect(answer.status).toBe(503);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(200);
    expect(answer.text).toContain('It ended with &lt;exit code 3&gt;.');
    expect(answer.text).toContain(`at ${failed.retryAt.toISOString().slice(11, 19)} UTC`);
    expect(answer.text).toContain('first line\n&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(answer.text).not.toContain('<script');
  });

  it('shows no log to guests and keys', async () => {
    const asGuest = await context.ask('/', {
      headers: { ...navigation, cookie: 'pumphouse-app-sales=guest' },
    });
    const withKey = await context.ask('/', { headers: { authorization: 'Bearer dlt_u_key' } });
    expect(asGuest.text).toContain('It ended with');
    for (const { text, status } of [asGuest, withKey]) {
      expect(status).toBe(503);
      expect(text).not.toContain('first line');
    }
  });
});

describe('an app that cannot be started', () => {
  it('shows the reason', async () => {
    context.fake.states.set('sales', { kind: 'unavailable', detail: 'The job is <archived>.' });
    const answer = await context.ask('/', { headers: page });
    expect(answer.status).toBe(503);
    expect(answer.text).toContain('The job is &lt;archived&gt;.');
    const call = await context.ask('/', { headers: cookie });
    expect(JSON.parse(call.text)).toMatchObject({ code: 'app_not_ready', detail: 'The job is <archived>.' });
  });
});

describe('a stopped app', () => {
  it.each([
    ['a visitor who opens its page', page],
    ['a program with a session', cookie],
    ['a program with a key', { authorization: 'Bearer dlt_u_key', 'sec-fetch-mode': 'cors' }],
  ])('is started by %s', async (_, headers) => {
    const answer = context.ask('/', { headers });
    await expect.poll(() => context.fake.wakes).toBeGreaterThan(0);
    serveOk();
    expect([200, 503]).toContain((await answer).status);
  });

  it('is not started by a page that was left open', async () => {
    const ofPage = { ...cookie, origin: context.origin, 'sec-fetch-site': 'same-origin' };
    const answer = await context.ask('/health', { headers: { ...ofPage, 'sec-fetch-mode': 'cors' } });
    expect(answer.status).toBe(503);
    expect(await context.openSocket({ ...ofPage, 'sec-fetch-mode': 'websocket' })).toBe(503);
    expect(context.fake.wakes).toBe(0);
  });
});

describe('/-pumphouse/state', () => {
  const state = async (headers: Record<string, string>) => {
    const answer = await context.ask('/-pumphouse/state', { headers });
    return { status: answer.status, body: JSON.parse(answer.text) as unknown };
  };

  it('returns the state, starts nothing and reveals nothing else', async () => {
    expect(await state(cookie)).toEqual({ status: 200, body: { state: 'stopped' } });
    context.fake.states.set('sales', failed);
    expect(await state(cookie)).toEqual({ status: 200, body: { state: 'failed' } });
    serveOk();
    expect(await state(cookie)).toEqual({ status: 200, body: { state: 'ready' } });
    expect(context.fake.wakes).toBe(0);
    expect(context.fake.uses).toEqual([]);
  });

  it('returns nothing without a session', async () => {
    expect(await state({})).toMatchObject({ status: 401, body: { code: 'not_authenticated' } });
  });
});

describe('an app for MCP clients', () => {
  beforeEach(() => {
    context.fake.apps = context.fake.apps.map((app) => ({ ...app, interface: 'mcp' }));
  });
  const serveNotFound = () => context.serve((_request, response) => response.writeHead(404).end('Not Found'));

  it.each(['/', '/?x=1', '/mcp', '/board'])('shows browsers at %s how to connect', async (path) => {
    serveNotFound();
    const answer = await context.ask(path, { headers: page });
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('<h1>Connect to Sales &lt;b&gt;</h1>');
    expect(answer.text).toContain(
      `claude mcp add --transport http Sales-b ${context.origin}/mcp --header &quot;Authorization: Bearer &lt;key&gt;&quot;`,
    );
    for (const client of ['Claude Desktop', 'Cursor', 'VS Code'])
      expect(answer.text).toContain(`<h2>${client}</h2>`);
  });

  it('responds itself on other paths, to programs, and on paths where it has a page', async () => {
    serveNotFound();
    expect(await context.ask('/other', { headers: page })).toMatchObject({ status: 404, text: 'Not Found' });
    expect(await context.ask('/', { headers: cookie })).toMatchObject({ status: 404, text: 'Not Found' });
    serveOk();
    expect(await context.ask('/', { headers: page })).toMatchObject({ status: 200, text: 'reached' });
  });

  it('is the only kind with this page', async () => {
    context.fake.apps = context.fake.apps.map((app) => ({ ...app, interface: 'gui' }));
    serveNotFound();
    expect(await context.ask('/', { headers: page })).toMatchObject({ status: 404, text: 'Not Found' });
  });
});
