import type { ApiFixture } from '../api/testing/api-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  clientId,
  clientSecret,
  startHostileProvider,
  startProvider,
  type Spoiled,
} from './testing/open-id-provider.ts';
import { cheapPasswords } from '../services/testing/cheap-passwords.ts';
import { createAccounts } from '../services/sign-in/accounts.ts';
import { createApiFixture } from '../api/testing/api-fixture.ts';
import { createPageBrowser, type PageBrowser } from './testing/page-browser.ts';
import { countRows } from '../store/postgres/testing/tables.ts';
import { listAuditEntries } from '../services/testing/audit-entries.ts';

const publicUrl = 'http://127.0.0.1:8080';
const callback = `${publicUrl}/sign-in/open-id/callback`;
const password = 'a long test password';
const owner = { email: 'analyst@example.com', password, organization: 'Acme' };
let provider: Awaited<ReturnType<typeof startProvider>>;

const open = (issuer: string, signUp: 'invited' | 'anyone' = 'invited') =>
  createApiFixture({ publicUrl, openId: { issuer, clientId, clientSecret, name: 'Example', signUp } });

beforeAll(async () => {
  provider = await startProvider(callback);
});
afterAll(() => provider.close());
beforeEach(() => {
  provider.state.isDenied = false;
});

/**
 * Goes to the provider and returns with its response.
 * @returns the page that the browser shows then
 */
async function goThrough(browser: PageBrowser, subject: string, query = '') {
  provider.state.subject = subject;
  const out = await browser.get(`/sign-in/open-id${query}`);
  const back = await provider.visit(out.location);
  return { back, page: await browser.get(back.slice(publicUrl.length)) };
}

describe('signing in through an OpenID provider', () => {
  let api: ApiFixture;
  beforeAll(async () => {
    api = await open(provider.issuer);
    await createAccounts(api.persistence, cheapPasswords).createOwner(owner);
    provider.people.set('analyst', { email: 'ANALYST@example.com', email_verified: true, name: 'Analyst' });
    provider.people.set('new', { email: 'new@example.com', email_verified: true, name: 'New' });
    provider.people.set('unverified', { email: 'analyst@example.com', email_verified: false });
    provider.people.set('nameless', {});
  });
  afterAll(() => api.close());
  const newBrowser = () => createPageBrowser(api.app);
  async function identities() {
    const account = await api.persistence.store.accounts.findByEmail('analyst@example.com');
    return api.persistence.store.accounts.listIdentities(account?.id ?? '');
  }

  it('is offered on the sign-in page, and requests a code with PKCE, state and nonce', async () => {
    const browser = newBrowser();
    expect((await browser.get('/sign-in?return_to=/w/1')).text).toMatch(
      /href="\/sign-in\/open-id\?return_to=%2Fw%2F1"\s*>Continue with Example</,
    );
    const { location } = await browser.get('/sign-in/open-id');
    expect(Object.fromEntries(new URL(location).searchParams)).toMatchObject({
      client_id: clientId,
      redirect_uri: callback,
      response_type: 'code',
      scope: 'openid email profile',
      code_challenge_method: 'S256',
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
    });
  });

  it('cannot be started by a link on another site', async () => {
    const answer = await newBrowser().get('/sign-in/open-id?return_to=/w/1', {
      'sec-fetch-site': 'cross-site',
    });
    expect(answer.location).toBe('/sign-in?return_to=%2Fw%2F1');
  });

  it('asks once for the password of an account with the same address, and never again', async () => {
    const browser = newBrowser();
    const { page } = await goThrough(browser, 'analyst', '?return_to=/w/1');
    expect(page.location).toBe('/sign-in/link');
    // Not signed in: the address alone proves nothing.
    expect((await browser.get('/sign-in/account')).status).toBe(303);
    expect((await browser.get('/sign-in/link')).text).toContain(
      'The account <strong>ANALYST@example.com</strong> is not linked',
    );
    expect((await browser.post('/sign-in/link', { password: 'not the password' })).status).toBe(400);
    expect(await identities()).toEqual([]);
    expect((await browser.post('/sign-in/link', { password })).location).toBe('/w/1');
    expect(await identities()).toMatchObject([{ subject: 'analyst', email: 'ANALYST@example.com' }]);
    expect((await browser.get('/sign-in/account')).text).toContain(provider.issuer);

    provider.people.set('analyst', { email: 'analyst@elsewhere.example', email_verified: false });
    const again = newBrowser();
    expect((await goThrough(again, 'analyst', '?return_to=/w/2')).page.location).toBe('/w/2');
    expect((await again.get('/sign-in/account')).text).toContain('analyst@example.com');
    const actions = await listAuditEntries(api.persistence.store, {
      actions: ['person.link-identity', 'person.sign-in'],
    });
    expect(actions.map(({ action }) => action)).toEqual([
      'person.link-identity',
      'person.sign-in',
      'person.sign-in',
    ]);
  });

  it('links an account only in the browser that went through the provider', async () => {
    const browser = newBrowser();
    await browser.get('/sign-in');
    expect((await browser.post('/sign-in/link', { password })).status).toBe(400);
  });

  it('admits no one without an account or an invitation', async () => {
    const { page } = await goThrough(newBrowser(), 'new');
    expect(page.status).toBe(403);
    expect(page.text).toContain('There is no account new@example.com. Ask an owner of the organization');
  });

  it('requires an address that the provider has verified', async () => {
    const unverified = await goThrough(newBrowser(), 'unverified');
    expect(unverified.page.status).toBe(403);
    expect(unverified.page.text).toContain('has not verified that analyst@example.com is yours');
    expect((await goThrough(newBrowser(), 'nameless')).page.text).toContain(
      'did not return your e-mail address',
    );
  });

  it('reports that the user declined at the provider', async () => {
    provider.state.isDenied = true;
    expect((await goThrough(newBrowser(), 'analyst')).page.text).toContain(
      'You did not grant access at Example.',
    );
  });

  it('accepts a response once, and only in the browser that requested it', async () => {
    const browser = newBrowser();
    const { back } = await goThrough(browser, 'analyst');
    const replayed = await browser.get(back.slice(publicUrl.length));
    expect(replayed.status).toBe(400);
    expect(replayed.text).toContain('is already complete');
    const stranger = newBrowser();
    expect((await stranger.get(back.slice(publicUrl.length))).status).toBe(400);
    // A browser with its own request must not accept the response of another one.
    await stranger.get('/sign-in/open-id');
    const crossed = await stranger.get(back.slice(publicUrl.length));
    expect(crossed.status).toBe(400);
    expect(crossed.text).toContain('could not be verified');
    expect((await stranger.get('/sign-in/account')).status).toBe(303);
  });

  it('creates an account for a user invited with that address, and for no one else', async () => {
    const inviter = await api.createWorkspaceFixture();
    const invite = async (email: string) => {
      const { link } = await api.services.invitations.create(
        inviter.owner.principal,
        { organizationId: inviter.organization.id, email, role: 'member', workspaces: [] },
        publicUrl,
      );
      return new URL(link).searchParams.get('token') ?? '';
    };
    const foreign = await invite('somebody-else@example.com');
    expect((await goThrough(newBrowser(), 'new', `?invitation=${foreign}`)).page.status).toBe(403);
    const token = await invite('New@example.com');
    const browser = newBrowser();
    const deepLink = '/w/1/runs?status=failed#newest';
    const page = await browser.get(
      `/sign-in/invitation?${new URLSearchParams({ token, return_to: deepLink }).toString()}`,
    );
    expect(page.text).toContain(`invitation=${token}`);
    const [, query = ''] = /href="\/sign-in\/open-id(\?[^"]+)"/.exec(page.text) ?? [];
    const joined = (await goThrough(browser, 'new', query.replaceAll('&amp;', '&'))).page;
    expect(joined).toMatchObject({ status: 303, location: deepLink });
    const members = await api.persistence.store.members.list(inviter.organization.id);
    expect(members.filter(({ role }) => role === 'member')).toMatchObject([
      { email: 'new@example.com', name: 'New', role: 'member' },
    ]);
  });

  it('rejects a disabled account, and an account without a password that another identity claims by address', async () => {
    provider.people.set('twin', { email: 'new@example.com', email_verified: true });
    expect((await goThrough(newBrowser(), 'twin')).page.text).toContain('has no password');
    const { accounts, people } = api.persistence.store;
    const account = await accounts.findByEmail('new@example.com');
    await people.setDisabled(account?.id ?? '', true);
    expect((await goThrough(newBrowser(), 'new')).page.text).toContain('disabled');
  });
});

describe('a server with open sign-up', () => {
  it('creates accounts for users confirmed by the provider, but not before there is an owner', async () => {
    const api = await open(provider.issuer, 'anyone');
    try {
      provider.people.set('first', { email: 'first@example.com', email_verified: true });
      const { page } = await goThrough(createPageBrowser(api.app), 'first');
      expect(page.status).toBe(403);
      await createAccounts(api.persistence, cheapPasswords).createOwner(owner);
      const browser = createPageBrowser(api.app);
      expect((await goThrough(browser, 'first')).page.location).toBe('/');
      expect((await browser.get('/sign-in/account')).text).toContain('first@example.com');
    } finally {
      await api.close();
    }
  });
});

describe('an untrustworthy provider', () => {
  let hostile: Awaited<ReturnType<typeof startHostileProvider>>;
  let api: ApiFixture;
  beforeAll(async () => {
    hostile = await startHostileProvider();
    api = await open(hostile.issuer, 'anyone');
    await createAccounts(api.persistence, cheapPasswords).createOwner(owner);
  });
  afterAll(async () => {
    await api.close();
    await hostile.close();
  });

  async function returnFromProvider(
    spoiled: Spoiled,
    change: (query: URLSearchParams) => void = () => undefined,
  ) {
    const browser = createPageBrowser(api.app);
    const out = new URL((await browser.get('/sign-in/open-id')).location).searchParams;
    hostile.state.nonce = out.get('nonce') ?? '';
    hostile.state.spoiled = spoiled;
    const query = new URLSearchParams({ code: 'x', state: out.get('state') ?? '' });
    change(query);
    return browser.get(`/sign-in/open-id/callback?${query.toString()}`);
  }

  it('is trusted when its token is valid', async () => {
    expect((await returnFromProvider({})).location).toBe('/');
    expect(hostile.state.tokensAsked.at(-1)?.get('code_verifier')).toMatch(/^[\w-]{43}$/);
  });

  it.each<[string, Spoiled]>([
    ['nonce', { claims: { nonce: 'another' } }],
    ['missing nonce', { claims: { nonce: undefined } }],
    ['audience', { claims: { aud: 'another client' } }],
    ['issuer', { claims: { iss: 'https://accounts.example.com' } }],
    ['time', { claims: { exp: Math.floor(Date.now() / 1000) - 600 } }],
    ['key', { isForeignKey: true }],
    ['missing signature', { isUnsigned: true }],
  ])('is rejected for a token with the wrong %s', async (_what, spoiled) => {
    const before = await countRows(api.testDatabase.database, 'browser_sessions');
    const page = await returnFromProvider(spoiled);
    expect(page.status).toBe(400);
    expect(page.text).toContain('The response of Example could not be verified.');
    // Passwords still work on that page.
    expect(page.text).toContain('autocomplete="current-password"');
    expect(await countRows(api.testDatabase.database, 'browser_sessions')).toBe(before);
  });

  it.each<[string, (query: URLSearchParams) => void]>([
    ['another state', (query) => query.set('state', 'another')],
    ['no state', (query) => query.delete('state')],
    ['two states', (query) => query.append('state', 'another')],
  ])('is not followed with %s, and no code is redeemed', async (_what, change) => {
    const asked = hostile.state.tokensAsked.length;
    expect((await returnFromProvider({}, change)).status).toBe(400);
    expect(hostile.state.tokensAsked).toHaveLength(asked);
  });
});

describe('a provider that is down', () => {
  it('leaves password sign-in available, and is tried again', async () => {
    const gone = await startHostileProvider();
    await gone.close();
    const api = await open(gone.issuer);
    try {
      await createAccounts(api.persistence, cheapPasswords).createOwner(owner);
      const browser = createPageBrowser(api.app);
      const page = await browser.get('/sign-in/open-id');
      expect(page.status).toBe(503);
      expect(page.text).toContain('Example does not answer. Sign in with your password');
      expect((await browser.signIn(owner.email, password)).status).toBe(303);
    } finally {
      await api.close();
    }
  });
});
