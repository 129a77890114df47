import type { ApiFixture } from '../api/testing/api-fixture.ts';
import type { ConsoleFiles } from './console-files.ts';
import { brotliCompressSync } from 'node:zlib';
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cheapPasswords } from '../services/testing/cheap-passwords.ts';
import { createAccounts } from '../services/sign-in/accounts.ts';
import { createApiFixture } from '../api/testing/api-fixture.ts';
import { createPageBrowser } from '../pages/testing/page-browser.ts';
import { openConsoleFiles } from './console-files.ts';

const owner = { email: 'analyst@example.com', password: 'a long test password', organization: 'Acme' };
const script = 'console.log("the console")';
const page =
  '<base href="/" /><meta name="live-position" content="{{live-position}}" /><meta property="csp-nonce" nonce="{{nonce}}"><script type="module" src="./assets/index-1.js" nonce="{{nonce}}"></script>';

let folder: string;
let api: ApiFixture;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-console-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), page);
  await writeFile(join(folder, 'assets', 'index-1.js'), script);
  await writeFile(join(folder, 'assets', 'index-1.js.br'), brotliCompressSync(script));
  api = await createApiFixture({ consoleFiles: openConsoleFiles(folder) });
  await createAccounts(api.persistence, cheapPasswords).createOwner(owner);
});
afterAll(async () => {
  await api.close();
  await rm(folder, { recursive: true, force: true });
});

const get = (url: string, headers: Record<string, string> = {}) => api.app.inject({ url, headers });

describe("the console's page", () => {
  it.each([
    '/',
    '/callback?code=c&state=s',
    '/w/1',
    '/w/1/jobs/jobs.shop%2Forders',
    '/organizations/1/usage',
    '/account',
    '/system',
  ])('is the same at %s for every visitor', async (path) => {
    const answer = await get(path);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.body).toContain('src="./assets/index-1.js"');
  });

  it('allows scripts and requests of this server only, and an unguessable nonce', async () => {
    const [one, other] = await Promise.all([get('/w/1'), get('/w/1')]);
    const policy = String(one.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'; script-src 'self';");
    expect(policy).toContain("connect-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? '';
    expect(nonce).toMatch(/^[\w+/]{24}$/);
    expect(one.body.match(/nonce="[^"]*"/g)).toEqual([`nonce="${nonce}"`, `nonce="${nonce}"`]);
    expect(other.body).not.toContain(nonce);
  });

  it('contains the position in the changes of workspaces after which its data is fetched', async () => {
    expect((await get('/w/1')).body).toMatch(/<meta name="live-position" content="\d+:\d+:[\d,]*" \/>/);
    // The page of a URL that does not exist follows nothing.
    const { body } = await get('/nothing', { accept: 'text/html' });
    expect(body).toContain('<meta name="live-position" content="" />');
  });

  it('leaves every other URL to the API', async () => {
    expect((await get('/pumphouse/v1/nothing')).json()).toMatchObject({ code: 'not_found' });
    expect((await get('/jobs')).statusCode).toBe(404);
    expect((await api.app.inject({ method: 'POST', url: '/w/1' })).statusCode).toBe(404);
  });

  it('answers a browser at a URL that does not exist, and programs get JSON', async () => {
    const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
    const answer = await get('/nothing', browser);
    expect(answer.statusCode).toBe(404);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self';");
    expect(answer.body).toContain('src="./assets/index-1.js"');
    const forPrograms = { statusCode: 404, type: 'application/json; charset=utf-8' };
    for (const [url, headers] of [
      ['/nothing', {}],
      ['/nothing', { accept: '*/*' }],
      ['/pumphouse/v1/nothing', browser],
      ['/api/v1/nothing', browser],
    ] as const) {
      const { statusCode, headers: sent } = await get(url, headers);
      expect({ statusCode, type: sent['content-type'] }).toEqual(forPrograms);
    }
  });

  it('contains the path prefix of the server', () => {
    const files = openConsoleFiles(folder) as ConsoleFiles;
    expect(files.render({ basePath: '/a"b/', nonce: 'n', livePosition: null })).toContain(
      '<base href="/a&quot;b/" />',
    );
  });

  it('says what to do if the console was not built', async () => {
    const bare = await createApiFixture({ consoleFiles: openConsoleFiles(join(folder, 'nowhere')) });
    const answer = await bare.app.inject({ url: '/w/1' });
    await bare.close();
    expect(answer.statusCode).toBe(501);
    expect(answer.json()).toMatchObject({
      code: 'not_served',
      detail: expect.stringContaining('npm run setup'),
    });
  });
});

describe('a file of the console', () => {
  it('is served precompressed, and cached indefinitely', async () => {
    const answer = await get('/assets/index-1.js', { 'accept-encoding': 'gzip, br' });
    expect(answer.headers['content-encoding']).toBe('br');
    expect(answer.rawPayload).toEqual(brotliCompressSync(script));
    expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(answer.headers['content-type']).toMatch(/javascript/);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  });

  it('is served uncompressed to clients that accept nothing else', async () => {
    const answer = await get('/assets/index-1.js', { 'accept-encoding': 'identity' });
    expect(answer.headers['content-encoding']).toBeUndefined();
    expect(answer.body).toBe(script);
  });

  it.each([
    '/assets/../index.html',
    '/assets/%2e%2e/index.html',
    '/assets/',
    '/assets/none.js',
    '/assets/index-1.js%00',
  ])('does not exist at %s', async (path) => {
    const { statusCode } = await get(path);
    expect([400, 403, 404]).toContain(statusCode);
  });
});

describe('signing in to the console', () => {
  const signIn = () => api.services.signIn;
  const origin = 'http://localhost:80';

  async function begin(redirectUri: string) {
    const verifier = randomBytes(32).toString('base64url');
    const codeChallenge = createHash('sha256').update(verifier).digest('base64url');
    const url = await signIn().authorizationRequests.issue(
      { codeChallenge, redirectUri, state: 'of the tab' },
      origin,
    );
    return { verifier, path: url.slice(origin.length) };
  }

  it('needs no click from a user who is signed in to the pages', async () => {
    const { verifier, path } = await begin(`${origin}/callback`);
    const browser = createPageBrowser(api.app);
    expect((await browser.get(path)).location).toMatch(/^\/sign-in\?return_to=/);
    await browser.signIn(owner.email, owner.password);
    const answer = new URL((await browser.get(path)).location);
    expect([answer.origin, answer.pathname]).toEqual([new URL(origin).origin, '/callback']);
    expect(answer.searchParams.get('state')).toBe('of the tab');
    const code = answer.searchParams.get('code') ?? '';
    expect(await signIn().authorizationRequests.redeem(code, verifier)).toMatchObject({ email: owner.email });
  });

  it("is for this server's console: other hosts get no code, and local ports only by a click", async () => {
    for (const redirectUri of [
      'https://elsewhere.example.com/callback',
      `${origin}/callback/more`,
      `${origin}/callback?x=1`,
    ])
      await expect(begin(redirectUri)).rejects.toMatchObject({ code: 'invalid_request' });
    const { path } = await begin('http://localhost:51234/callback');
    const browser = createPageBrowser(api.app);
    await browser.signIn(owner.email, owner.password);
    const shown = await browser.get(path);
    expect([shown.status, shown.location]).toEqual([200, '']);
    expect(shown.text).toContain('wants to sign in as you');
  });

  it('works with the code in a URL opened by the client, which is then removed', async () => {
    const account = await api.persistence.store.accounts.findByEmail(owner.email);
    const session = await signIn().sessions.begin({ userId: account?.id ?? '', client: 'dlthub' });
    const { code } = await signIn().swapCodes.issue(session.refreshToken);
    const browser = createPageBrowser(api.app);
    const opened = await browser.get(`/w/1/runs/2?tab=log&swap=${code}`, { 'sec-fetch-site': 'none' });
    expect([opened.status, opened.location]).toEqual([303, '/w/1/runs/2?tab=log']);
    expect((await browser.get('/sign-in/account')).text).toContain(owner.email);
    const stranger = createPageBrowser(api.app);
    const again = await signIn().swapCodes.issue(session.refreshToken);
    await stranger.get(`/w/1?swap=${again.code}`, { 'sec-fetch-site': 'cross-site' });
    expect((await stranger.get('/sign-in/account')).status).toBe(303);
  });
});
