import type { ApiFixture } from '../api/testing/api-fixture.ts';
import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cheapPasswords } from '../services/testing/cheap-passwords.ts';
import { createAccounts } from '../services/sign-in/accounts.ts';
import { createApiFixture } from '../api/testing/api-fixture.ts';
import { createPageBrowser, type PageBrowser } from './testing/page-browser.ts';
import { setColumns } from '../store/postgres/testing/set-columns.ts';

const owner = { email: 'analyst@example.com', password: 'a long test password', organization: 'Acme' };
const origin = 'http://localhost:80';
let api: ApiFixture;
let browser: PageBrowser;

beforeAll(async () => {
  api = await createApiFixture();
  await createAccounts(api.persistence, cheapPasswords).createOwner(owner);
});
afterAll(() => api.close());
beforeEach(async () => {
  browser = createPageBrowser(api.app);
  await browser.signIn(owner.email, owner.password);
});

const signIn = () => api.services.signIn;
const pathOf = (address: string) => address.slice(origin.length);

async function beginAtClient() {
  const verifier = randomBytes(32).toString('base64url');
  const url = await signIn().authorizationRequests.issue(
    {
      codeChallenge: createHash('sha256').update(verifier).digest('base64url'),
      redirectUri: 'http://127.0.0.1:51234/callback',
      state: 'of the client',
    },
    origin,
  );
  return { verifier, path: pathOf(url) };
}

describe('a client that signs in through the browser', () => {
  it('is signed in by a click, and gets the response at its own port', async () => {
    const { verifier, path } = await beginAtClient();
    const page = await browser.get(path);
    expect(page.text).toContain('wants to sign in as you');
    expect(page.text).toContain('<strong>analyst@example.com</strong>');
    expect(page.headers['content-security-policy']).toContain("form-action 'self' http://127.0.0.1:51234");
    const answer = new URL((await browser.post(path, { answer: 'approve' })).location);
    expect(answer.host).toBe('127.0.0.1:51234');
    expect(answer.searchParams.get('state')).toBe('of the client');
    const code = answer.searchParams.get('code') ?? '';
    expect(await signIn().authorizationRequests.redeem(code, verifier)).toMatchObject({ email: owner.email });
    expect((await browser.get(path)).text).toContain('was already answered');
  });

  it('is notified when the user declines, or sends anything but an approval', async () => {
    for (const answer of ['deny', '']) {
      const { path } = await beginAtClient();
      await browser.get(path);
      const { location } = await browser.post(path, { answer });
      expect(location).toBe('http://127.0.0.1:51234/callback?error=access_denied&state=of+the+client');
    }
  });

  it('makes the user sign in first and return', async () => {
    const { path } = await beginAtClient();
    const other = createPageBrowser(api.app);
    const { location } = await other.get(path);
    expect(location).toBe(`/sign-in?return_to=${encodeURIComponent(path)}`);
    await other.get(location);
    const back = await other.post('/sign-in', {
      email: owner.email,
      password: owner.password,
      return_to: path,
    });
    expect(back.location).toBe(path);
  });

  it('is not approved by a form from another site', async () => {
    const { path } = await beginAtClient();
    await browser.get(path);
    expect((await browser.post(path, { answer: 'approve', form_token: 'x' })).status).toBe(403);
    expect((await browser.post(path, { answer: 'approve' }, { origin: 'https://evil.example' })).status).toBe(
      403,
    );
    expect((await browser.get(path)).status).toBe(200);
  });

  it('that is unknown gets a clear error', async () => {
    expect((await browser.get('/sign-in/authorize?request=nonsense')).text).toContain(
      'The sign-in does not exist',
    );
  });
});

describe('the console signing in through the browser', () => {
  async function beginAtConsole() {
    const url = await signIn().authorizationRequests.issue(
      { codeChallenge: 'c'.repeat(43), redirectUri: `${origin}/callback`, state: 'of the console' },
      origin,
    );
    return pathOf(url);
  }

  it('needs no click, and has to start again when its request has expired', async () => {
    const path = await beginAtConsole();
    expect((await browser.get(path)).location).toMatch(/^http:\/\/localhost\/callback\?code=/);
    const again = `${origin}/callback?error=request_expired`;
    expect((await browser.get(path)).location).toBe(again);
    const unknown = path.replace(/request=[^&]+/, `request=${crypto.randomUUID()}`);
    expect((await browser.get(unknown)).location).toBe(again);
  });
});

describe('a terminal that shows a code', () => {
  it('is signed in by a click on the page with that code, in any notation', async () => {
    const { deviceCode, userCode, verificationUriComplete } = await signIn().deviceCodes.issue(origin);
    expect((await browser.get('/sign-in/device')).text).toContain('name="user_code"');
    const typed = await browser.get(`/sign-in/device?code=${userCode.toLowerCase().replace('-', ' ')}`);
    expect(typed.text).toContain(`<p class="code">${userCode}</p>`);
    const path = pathOf(verificationUriComplete);
    await browser.get(path);
    const done = await browser.post(path, { user_code: userCode, answer: 'approve' });
    expect(done.text).toContain('Return to your terminal');
    expect(await signIn().deviceCodes.redeem(deviceCode)).toMatchObject({ email: owner.email });
    expect((await browser.get(path)).text).toContain('already answered');
  });

  it('is declined, and notified', async () => {
    const { deviceCode, userCode } = await signIn().deviceCodes.issue(origin);
    await browser.get(`/sign-in/device?user_code=${userCode}`);
    const done = await browser.post('/sign-in/device', { user_code: userCode, answer: 'deny' });
    expect(done.text).toContain('was not signed in');
    await expect(signIn().deviceCodes.redeem(deviceCode)).rejects.toMatchObject({ code: 'sign_in_refused' });
  });

  it('with a wrong code is asked again, with the input kept', async () => {
    const page = await browser.get('/sign-in/device?user_code=%22%3E%3Cb%3E');
    expect(page.status).toBe(400);
    expect(page.text).toContain('The code does not exist.');
    expect(page.text).toContain('value="&quot;&gt;&lt;b&gt;"');
  });
});

describe('a browser opened by a client', () => {
  const issue = async () => {
    const account = await api.persistence.store.accounts.findByEmail(owner.email);
    const session = await signIn().sessions.begin({ userId: account?.id ?? '', client: 'dlthub' });
    return (await signIn().swapCodes.issue(session.refreshToken)).code;
  };

  it('is signed in once by the code in the URL, which is then removed', async () => {
    const code = await issue();
    const [first, second] = [createPageBrowser(api.app), createPageBrowser(api.app)];
    const answer = await first.get(`/sign-in/account?news=joined&swap=${code}`);
    expect(answer.location).toBe('/sign-in/account?news=joined');
    expect((await first.get(answer.location)).text).toContain(owner.email);
    expect((await second.get(`/sign-in/account?swap=${code}`)).location).toBe('/sign-in/account');
    expect((await second.get('/sign-in/account')).status).toBe(303);
  });

  it('cannot be signed in as another user by a link, nor by a link on another site', async () => {
    const stranger = createPageBrowser(api.app);
    await stranger.get(`/sign-in?swap=${await issue()}`, { 'sec-fetch-site': 'cross-site' });
    expect((await stranger.get('/sign-in/account')).status).toBe(303);
    await createAccounts(api.persistence, cheapPasswords).createOwner({
      ...owner,
      email: 'guest@example.com',
    });
    const guest = createPageBrowser(api.app);
    await guest.signIn('guest@example.com', owner.password);
    await guest.get(`/sign-in/account?swap=${await issue()}`);
    expect((await guest.get('/sign-in/account')).text).toContain('guest@example.com');
  });
});

describe('an invitation', () => {
  async function invite(email: string): Promise<string> {
    const context = await api.createWorkspaceFixture();
    const { link } = await api.services.invitations.create(
      context.owner.principal,
      { organizationId: context.organization.id, email, role: 'member', workspaces: [] },
      origin,
    );
    return pathOf(link);
  }

  it('creates an account and a membership for a new user', async () => {
    const path = await invite('new@example.com');
    const guest = createPageBrowser(api.app);
    const page = await guest.get(path);
    expect(page.text).toContain('<h1>Join Acme</h1>');
    expect(page.text).toContain('autocomplete="new-password"');
    expect((await guest.post(path, { password: 'short' })).text).toContain('needs at least 12');
    const done = await guest.post(path, { password: 'another long password', email: 'guest@evil.example' });
    expect(done.location).toBe('/sign-in/account?news=joined');
    expect((await guest.get('/sign-in/account')).text).toContain('new@example.com');
    expect((await createPageBrowser(api.app).get(path)).status).toBe(404);
  });

  it('is accepted only by the signed-in owner of the account', async () => {
    await createAccounts(api.persistence, cheapPasswords).createOwner({
      ...owner,
      email: 'has@example.com',
      organization: 'Guests',
    });
    const path = await invite('Has@example.com');
    expect((await createPageBrowser(api.app).get(path)).text).toContain('Sign in to accept');
    expect((await browser.get(path)).text).toContain('but the invitation is for Has@example.com');
    expect((await browser.post(path, {})).status).toBe(403);
    const own = createPageBrowser(api.app);
    await own.signIn('has@example.com', owner.password);
    await own.get(path);
    expect((await own.post(path, {})).location).toBe('/sign-in/account?news=joined');
  });

  it('creates no account once it is invalid', async () => {
    const path = await invite('late@example.com');
    const guest = createPageBrowser(api.app);
    await guest.get(path);
    await setColumns(api.testDatabase.database, 'invitations', { revokedAt: new Date() });
    expect((await guest.post(path, { password: 'another long password' })).status).toBe(404);
    expect(await api.persistence.store.accounts.findByEmail('late@example.com')).toBeUndefined();
  });
});
