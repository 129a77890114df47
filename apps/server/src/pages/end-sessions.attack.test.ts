import type { ApiFixture } from '../api/testing/api-fixture.ts';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cheapPasswords } from '../services/testing/cheap-passwords.ts';
import { createAccounts } from '../services/sign-in/accounts.ts';
import { createApiFixture } from '../api/testing/api-fixture.ts';
import { createPageBrowser, type PageBrowser } from './testing/page-browser.ts';
import { readAnswer } from '../api/testing/check-answer.ts';

const email = 'analyst@example.com';
const password = 'a long test password';
const origin = 'http://localhost';
const verifier = 'v'.repeat(43);
let api: ApiFixture;

beforeAll(async () => {
  api = await createApiFixture();
  await createAccounts(api.persistence, cheapPasswords).createOwner({
    email,
    password,
    organization: 'Acme',
  });
});
afterAll(() => api.close());

async function call(path: string, payload: object, jwt?: string) {
  const headers = { host: 'localhost', ...(jwt !== undefined && { authorization: `Bearer ${jwt}` }) };
  return api.app.inject({ method: 'POST', url: `/auth/v1/sessions/${path}`, headers, payload });
}

/** Starts the console: the browser is sent to the sign-in pages, which sign it in without a click. */
async function openConsole(browser: PageBrowser) {
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const asked = await call('-issue-authorization-url', {
    code_challenge: challenge,
    redirect_uri: `${origin}/callback`,
    state: 's',
  });
  const { authorization_url: url } = readAnswer('issue_authorization_url_session', asked);
  const { location } = await browser.get(url.slice(origin.length));
  const code = new URL(location, origin).searchParams.get('code');
  if (code === null) return null;
  return readAnswer(
    'redeem_authorization_code_session',
    await call('-redeem-authorization-code', { code, code_verifier: verifier }),
  );
}

async function signIn() {
  const browser = createPageBrowser(api.app, { headers: { host: 'localhost', origin } });
  await browser.signIn(email, password);
  const session = await openConsole(browser);
  if (!session) throw new Error('The console was not signed in');
  return { browser, session };
}

const hasSignIn = async ({ browser }: { browser: PageBrowser }) =>
  (await browser.get('/sign-in/account')).status === 200;
const isAlive = async ({ refresh_token: token }: { refresh_token: string }) =>
  (await call('-refresh', { refresh_token: token })).statusCode === 200;

async function listOthers(jwt: string) {
  const headers = { authorization: `Bearer ${jwt}` };
  const listed = await api.app.inject({ url: '/pumphouse/v1/account/sessions', headers });
  return readAnswer('list_account_sessions', listed).sessions.filter(({ is_current: isOwn }) => !isOwn);
}

async function endAll(jwt: string) {
  const answer = await api.app.inject({
    method: 'POST',
    url: '/pumphouse/v1/account/sessions/-revoke-others',
    headers: { authorization: `Bearer ${jwt}` },
  });
  expect(answer.statusCode).toBe(200);
}

async function endOne(jwt: string, id: string) {
  const answer = await api.app.inject({
    method: 'DELETE',
    url: `/pumphouse/v1/account/sessions/${id}`,
    headers: { authorization: `Bearer ${jwt}` },
  });
  expect(answer.statusCode).toBe(204);
}

describe('a stolen browser', () => {
  it('is not signed in again after all other sessions were ended', async () => {
    const own = await signIn();
    const stolen = await signIn();
    await endAll(own.session.jwt);
    expect(await hasSignIn(stolen)).toBe(false);
    expect(await openConsole(stolen.browser)).toBeNull();
    expect(await isAlive(stolen.session)).toBe(false);
    expect(await hasSignIn(own)).toBe(true);
    expect(await isAlive(own.session)).toBe(true);
  });

  it('is not signed in again after its session was ended', async () => {
    const own = await signIn();
    await endAll(own.session.jwt);
    const stolen = await signIn();
    const [listed, ...more] = await listOthers(own.session.jwt);
    expect(more).toEqual([]);
    await endOne(own.session.jwt, listed?.id ?? '');
    expect(await hasSignIn(stolen)).toBe(false);
    expect(await openConsole(stolen.browser)).toBeNull();
    expect(await hasSignIn(own)).toBe(true);
  });

  it('keeps no console after it was signed out at the pages', async () => {
    const { browser, session } = await signIn();
    await browser.get('/sign-in/account');
    await browser.post('/sign-in/sign-out', {});
    expect(await isAlive(session)).toBe(false);
  });

  it('cannot redeem a sign-in that it approved before', async () => {
    const own = await signIn();
    const stolen = await signIn();
    const issued = readAnswer('issue_device_code_session', await call('-issue-device-code', {}));
    await stolen.browser.get(`/sign-in/device?user_code=${issued.user_code}`);
    await stolen.browser.post('/sign-in/device', { user_code: issued.user_code, answer: 'approve' });
    const [listed] = await listOthers(own.session.jwt);
    await endOne(own.session.jwt, listed?.id ?? '');
    const redeemed = await call('-redeem-device-code', { device_code: issued.device_code });
    expect(redeemed.statusCode).not.toBe(200);
  });
});

describe('a stolen file of tokens', () => {
  it('leaves no browser signed in once its session was ended', async () => {
    const own = await signIn();
    const { sessions } = api.services.signIn;
    const account = await api.persistence.store.accounts.findByEmail(email);
    const stolen = await sessions.begin({ userId: account?.id ?? '', client: 'pumphouse' });
    const swap = await call('-issue-swap-code', { refresh_token: stolen.refreshToken });
    const { swap_code: code } = readAnswer('issue_swap_code_session', swap);
    const browser = createPageBrowser(api.app, { headers: { host: 'localhost', origin } });
    await browser.get(`/sign-in/account?swap=${code}`);
    expect(await hasSignIn({ browser })).toBe(true);
    await endOne(own.session.jwt, stolen.sessionId);
    expect(await hasSignIn({ browser })).toBe(false);
    expect(await hasSignIn(own)).toBe(true);
  });
});
