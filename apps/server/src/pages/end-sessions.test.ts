import type { ApiFixture } from '../api/testing/api-fixture.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cheapPasswords } from '../services/testing/cheap-passwords.ts';
import { createAccounts } from '../services/sign-in/accounts.ts';
import { createApiFixture } from '../api/testing/api-fixture.ts';
import { createPageBrowser } from './testing/page-browser.ts';

const email = 'analyst@example.com';
const password = 'a long test password';
const own = { origin: 'http://localhost', 'sec-fetch-site': 'same-origin', host: 'localhost' };
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

/** A browser in which the user is signed in to the pages and to the console. */
async function signInEverywhere() {
  const browser = createPageBrowser(api.app, { headers: own });
  expect((await browser.signIn(email, password)).status).toBe(303);
  const account = await api.persistence.store.accounts.findByEmail(email);
  const { sessions } = api.services.signIn;
  const { refreshToken } = await sessions.begin({ userId: account?.id ?? '', client: 'console' });
  const cookie = browser.jar.get('pumphouse') ?? '';
  return {
    browser,
    refreshToken,
    end: (token: string, headers = {}) =>
      browser.post('/sign-in/end-sessions', { refresh_token: token }, headers),
    /** Whether each session is valid, even for a browser that kept its cookie. */
    areAlive: async () => {
      browser.jar.set('pumphouse', cookie);
      const pages = (await browser.get('/sign-in/account')).status === 200;
      const refreshed = await api.app.inject({
        method: 'POST',
        url: '/auth/v1/sessions/-refresh',
        payload: { refresh_token: refreshToken },
      });
      return { pages, console: refreshed.statusCode === 200 };
    },
  };
}

describe('signing out of the console', () => {
  it('ends both sessions of the browser with one request, and removes the cookie', async () => {
    const { browser, refreshToken, end, areAlive } = await signInEverywhere();
    expect(await areAlive()).toEqual({ pages: true, console: true });
    expect(await end(refreshToken)).toMatchObject({ status: 204, text: '' });
    expect(browser.jar.has('pumphouse')).toBe(false);
    expect(await areAlive()).toEqual({ pages: false, console: false });
  });

  it("ends the pages' session if the console's is over, and vice versa", async () => {
    const first = await signInEverywhere();
    expect((await first.end('')).status).toBe(204);
    expect(await first.areAlive()).toEqual({ pages: false, console: true });
    expect((await first.end(first.refreshToken)).status).toBe(204);
    expect(await first.areAlive()).toEqual({ pages: false, console: false });
    expect((await first.end(first.refreshToken)).status).toBe(204);
  });

  it('ends neither session if the database fails halfway, and returns an error with a code', async () => {
    const { refreshToken, end, areAlive } = await signInEverywhere();
    const { database } = api.testDatabase;
    await database.query(
      `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'broken' using errcode = '57P01'; end $$`,
    );
    await database.query(
      'create trigger refuse before delete on browser_sessions for each row execute function refuse()',
    );
    const answer = await end(refreshToken);
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'unavailable' });
    expect(answer.headers['set-cookie']).toBeUndefined();
    await database.query('drop trigger refuse on browser_sessions');
    expect(await areAlive()).toEqual({ pages: true, console: true });
  });

  it.each([
    [{ origin: 'https://evil.example' }],
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
  ])('is rejected for a request from another site: %j', async (headers) => {
    const { refreshToken, end, areAlive } = await signInEverywhere();
    const answer = await end(refreshToken, headers);
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'foreign_form' });
    expect(await areAlive()).toEqual({ pages: true, console: true });
  });

  it('is rejected for a request without an origin', async () => {
    const { browser, refreshToken, areAlive } = await signInEverywhere();
    const answer = await api.app.inject({
      method: 'POST',
      url: '/sign-in/end-sessions',
      headers: {
        cookie: `pumphouse=${browser.jar.get('pumphouse')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      payload: `refresh_token=${refreshToken}`,
    });
    expect(answer.statusCode).toBe(403);
    expect(await areAlive()).toEqual({ pages: true, console: true });
  });
});

describe('signing out of the pages', () => {
  it('makes the browser delete the tokens of its console', async () => {
    const { browser } = await signInEverywhere();
    await browser.get('/sign-in/account');
    const answer = await browser.post('/sign-in/sign-out', {});
    expect(answer.headers['clear-site-data']).toBe('"storage"');
  });
});
