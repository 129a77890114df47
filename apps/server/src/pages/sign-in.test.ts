import type { ApiFixture } from '../api/testing/api-fixture.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cheapPasswords } from '../services/testing/cheap-passwords.ts';
import { createAccounts } from '../services/sign-in/accounts.ts';
import { createApiFixture } from '../api/testing/api-fixture.ts';
import { createPageBrowser } from './testing/page-browser.ts';
import { ago, fromNow } from '../../../../testing/fixtures/relative-times.ts';
import { listAuditEntries } from '../services/testing/audit-entries.ts';
import { readTable } from '../store/postgres/testing/tables.ts';
import { setColumns } from '../store/postgres/testing/set-columns.ts';

const email = 'analyst@example.com';
const password = 'a long test password';
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

const newBrowser = (headers: Record<string, string> = {}) => createPageBrowser(api.app, { headers });
const listEntries = (action: string) => listAuditEntries(api.persistence.store, { actions: [action] });
const countEntries = async (action: string) => (await listEntries(action)).length;

describe('the sign-in page', () => {
  it('signs in with the right password, whatever the case of the address, and shows the user', async () => {
    const browser = newBrowser();
    const before = await countEntries('person.sign-in');
    const answer = await browser.signIn('Analyst@Example.com ', password);
    expect(answer).toMatchObject({ status: 303, location: '/' });
    expect((await browser.get('/sign-in/account')).text).toContain('<strong>analyst@example.com</strong>');
    expect((await browser.get('/sign-in')).location).toBe('/');
    expect(await countEntries('person.sign-in')).toBe(before + 1);
    expect((await listEntries('person.sign-in')).at(-1)).toMatchObject({
      actorEmail: email,
      address: '127.0.0.1',
      targetName: email,
      after: { at: 'pages', by: 'password' },
    });
  });

  it('sets a cookie that no script, other site or other host can read, and stores only its hash', async () => {
    const browser = newBrowser();
    const answer = await browser.signIn(email, password);
    const cookie = [answer.headers['set-cookie']]
      .flat()
      .find((line) => String(line).startsWith('pumphouse='));
    expect(cookie).toMatch(/^pumphouse=dlt_w_[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Lax$/);
    const rows = await readTable(api.testDatabase.database, 'browser_sessions');
    expect(JSON.stringify(rows)).not.toContain(browser.jar.get('pumphouse'));
  });

  it('uses a cookie name over https that browsers accept only from this host over https', async () => {
    const secure = await createApiFixture({ publicUrl: 'https://pump.example.com' });
    try {
      await createAccounts(secure.persistence, cheapPasswords).createOwner({
        email,
        password,
        organization: 'Acme',
      });
      const browser = createPageBrowser(secure.app);
      const answer = await browser.signIn(email, password);
      expect(String(answer.headers['set-cookie'])).toMatch(
        /__Host-pumphouse=[^;]+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure/,
      );
      expect((await browser.get('/sign-in/account')).status).toBe(200);
    } finally {
      await secure.close();
    }
  });

  it('shows the same message for a wrong password and a missing account, and keeps the input', async () => {
    const browser = newBrowser();
    const wrong = await browser.signIn(email, 'not the password');
    const unknown = await browser.signIn('nobody@example.com', 'not the password');
    for (const answer of [wrong, unknown]) {
      expect(answer.status).toBe(400);
      expect(answer.text).toContain('The e-mail address or the password is wrong.');
      expect(answer.text).toContain('<title>Problem: Sign in');
      expect(answer.text).toContain('aria-invalid="true"');
      expect(answer.text).not.toContain('not the password');
    }
    const anonymous = (text: string, typed: string) =>
      text.replaceAll(typed, '').replaceAll(/form_token" value="[^"]*"/g, '');
    expect(anonymous(wrong.text, email)).toBe(anonymous(unknown.text, 'nobody@example.com'));
  });

  it('reports a disabled account only to a user who knows its password', async () => {
    await createAccounts(api.persistence, cheapPasswords).createOwner({
      email: 'off@example.com',
      password,
      organization: 'X',
    });
    const browser = newBrowser();
    await browser.signIn('off@example.com', password);
    const { accounts, people } = api.persistence.store;
    const account = await accounts.findByEmail('off@example.com');
    await people.setDisabled(account?.id ?? '', true);
    // Earlier sessions end at once.
    expect((await browser.get('/sign-in/account')).status).toBe(303);
    expect((await newBrowser().signIn('off@example.com', password)).text).toContain('disabled');
    expect((await newBrowser().signIn('off@example.com', 'some other words')).text).toContain('is wrong');
  });

  it.each([
    ['/w/1?x=2', '/w/1?x=2'],
    ['/w/1/runs?status=failed#newest', '/w/1/runs?status=failed#newest'],
    ['//evil.example', '/'],
    ['https://evil.example/', '/'],
    ['/\\evil.example', '/'],
    ['/\t/evil.example', '/'],
    ['/.//evil.example', '/'],
    ['javascript:alert(1)', '/'],
  ])('redirects to %j as %s', async (returnTo, location) => {
    expect((await newBrowser().signIn(email, password, returnTo)).location).toBe(location);
  });

  it('escapes values from the URL', async () => {
    const page = await newBrowser().get(`/sign-in?return_to=${encodeURIComponent('/w/"><script>x')}`);
    expect(page.text).not.toContain('"><script>');
  });

  it('forbids browsers to frame it, cache it or run scripts in it', async () => {
    const { headers } = await newBrowser().get('/sign-in');
    expect(headers).toMatchObject({
      'content-security-policy':
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
  });
});

describe('a form', () => {
  it('is rejected without the token of a page shown in this browser, before and after signing in', async () => {
    const fields = { email, password };
    const none = await newBrowser().post('/sign-in', fields);
    expect(none.status).toBe(403);
    const [one, other] = [newBrowser(), newBrowser()];
    await one.get('/sign-in');
    await other.get('/sign-in');
    expect((await one.post('/sign-in', { ...fields, form_token: other.formToken() })).status).toBe(403);
    await one.signIn(email, password);
    await one.get('/sign-in/account');
    const stolen = await one.post('/sign-in/sign-out', { form_token: other.formToken() });
    expect(stolen.status).toBe(403);
    expect((await one.get('/sign-in/account')).status).toBe(200);
  });

  it('from before signing in is invalid afterwards', async () => {
    const browser = newBrowser();
    await browser.get('/sign-in');
    const early = browser.formToken();
    const visitor = browser.jar.get('pumphouse-visitor') ?? '';
    await browser.signIn(email, password);
    browser.jar.set('pumphouse-visitor', visitor);
    expect((await browser.post('/sign-in/sign-out', { form_token: early })).status).toBe(403);
  });

  it.each<Record<string, string>>([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ])('from another site is rejected: %j', async (headers) => {
    const browser = newBrowser();
    await browser.get('/sign-in');
    const answer = await browser.post('/sign-in', { email, password }, headers);
    expect(answer.status).toBe(403);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
  });

  it('from this site is accepted', async () => {
    const browser = newBrowser();
    await browser.get('/sign-in', { host: 'localhost:8080' });
    const headers = {
      host: 'localhost:8080',
      origin: 'http://localhost:8080',
      'sec-fetch-site': 'same-origin',
    };
    expect((await browser.post('/sign-in', { email, password }, headers)).status).toBe(303);
  });

  it('with another content type, or too large, is rejected with a page', async () => {
    const browser = newBrowser();
    await browser.get('/sign-in');
    const json = await api.app.inject({ method: 'POST', url: '/sign-in', payload: { email, password } });
    expect(json.statusCode).toBe(415);
    const large = await browser.post('/sign-in', { email, password: 'x'.repeat(20_000) });
    expect(large.status).toBe(413);
    expect(large.text).toContain('<h1>');
  });
});

describe('the account page', () => {
  it('requires a signed-in user, and signing in leads back to it', async () => {
    const browser = newBrowser();
    const answer = await browser.get('/sign-in/account?news=joined');
    expect(answer.location).toBe('/sign-in?return_to=%2Fsign-in%2Faccount%3Fnews%3Djoined');
  });

  it('is permanently closed by signing out', async () => {
    const browser = newBrowser();
    await browser.signIn(email, password);
    const cookie = browser.jar.get('pumphouse') ?? '';
    await browser.get('/sign-in/account');
    expect((await browser.post('/sign-in/sign-out', {})).location).toBe('/sign-in');
    browser.jar.set('pumphouse', cookie);
    expect((await browser.get('/sign-in/account')).status).toBe(303);
  });

  it('ends twelve hours after its last use, and a week after signing in', async () => {
    const browser = newBrowser();
    await browser.signIn(email, password);
    const { database } = api.testDatabase;
    const age = (columns: Record<string, Date>) => setColumns(database, 'browser_sessions', columns);
    const readMinutesLeft = async () => {
      const rows = await readTable(database, 'browser_sessions');
      const ends = rows.map((row) => Date.parse((JSON.parse(row) as { expires_at: string }).expires_at));
      return (Math.max(...ends) - Date.now()) / 60_000;
    };
    await age({ lastUsedAt: ago({ hours: 11 }), expiresAt: fromNow({ hours: 1 }) });
    const renewed = await browser.get('/sign-in/account');
    expect(String(renewed.headers['set-cookie'])).toContain('Max-Age=43200');
    expect(Math.round((await readMinutesLeft()) / 60)).toBe(12);
    await age({ lastUsedAt: ago({ hours: 1 }), createdAt: ago({ hours: 167 }) });
    await browser.get('/sign-in/account');
    expect(Math.round(await readMinutesLeft())).toBe(60);
    await age({ expiresAt: new Date() });
    expect((await browser.get('/sign-in/account')).status).toBe(303);
  });

  it('changes the password if the old one is known, which ends every other session', async () => {
    await createAccounts(api.persistence, cheapPasswords).createOwner({
      email: 'guest@example.com',
      password,
      organization: 'E',
    });
    const [here, there] = [newBrowser(), newBrowser()];
    await here.signIn('guest@example.com', password);
    await there.signIn('guest@example.com', password);
    const account = await api.persistence.store.accounts.findByEmail('guest@example.com');
    const session = await api.services.signIn.sessions.begin({
      userId: account?.id ?? '',
      client: 'dlthub',
    });
    await here.get('/sign-in/account');
    const change = (old: string, next: string) =>
      here.post('/sign-in/account/password', { password: old, new_password: next });
    expect((await change('not it at all', 'another long password')).text).toContain('The password is wrong.');
    expect((await change(password, 'short')).text).toContain('it needs at least 12');
    expect((await change(password, 'guest@example.com')).text).toContain('similar to the e-mail address');
    expect((await change(password, 'another long password')).location).toBe('/sign-in/account?news=password');
    expect((await here.get('/sign-in/account')).status).toBe(200);
    expect((await there.get('/sign-in/account')).status).toBe(303);
    await expect(api.services.signIn.sessions.refresh(session.refreshToken)).rejects.toMatchObject({
      code: 'session_ended',
    });
    expect((await newBrowser().signIn('guest@example.com', password)).status).toBe(400);
    expect((await newBrowser().signIn('guest@example.com', 'another long password')).status).toBe(303);
    const entry = (await listEntries('person.set-password')).at(-1);
    expect(entry?.actorEmail).toBe('guest@example.com');
    expect(JSON.stringify(entry)).not.toContain('another long password');
  });
});

describe('a server behind a proxy', () => {
  it('trusts address, host and scheme only from a trusted proxy', async () => {
    const trusting = await createApiFixture({
      trustedProxies: ['127.0.0.0/8'],
      readAllowedHosts: () => ['pump.example.com'],
    });
    try {
      await createAccounts(trusting.persistence, cheapPasswords).createOwner({
        email,
        password,
        organization: 'Acme',
      });
      const forwarded = {
        'x-forwarded-for': '203.0.113.7',
        'x-forwarded-proto': 'https',
        'x-forwarded-host': 'pump.example.com',
        origin: 'https://pump.example.com',
      };
      const browser = createPageBrowser(trusting.app, { headers: forwarded });
      expect((await browser.signIn(email, password)).status).toBe(303);
      expect([...browser.jar.keys()]).toContain('__Host-pumphouse');
      const [entry] = await listAuditEntries(trusting.persistence.store, { actions: ['person.sign-in'] });
      expect(entry?.address).toBe('203.0.113.7');
      expect((await createPageBrowser(api.app, { headers: forwarded }).signIn(email, password)).status).toBe(
        403,
      );
    } finally {
      await trusting.close();
    }
  });

  it('uses the path of the public URL', async () => {
    const below = await createApiFixture({ publicUrl: 'https://example.com/pump' });
    try {
      await createAccounts(below.persistence, cheapPasswords).createOwner({
        email,
        password,
        organization: 'Acme',
      });
      const browser = createPageBrowser(below.app);
      const page = await browser.get('/sign-in');
      expect(page.text).toContain('action="/pump/sign-in"');
      expect(page.text).toContain('href="/pump/sign-in/style.css"');
      expect((await browser.get('/sign-in/account')).location).toBe(
        '/pump/sign-in?return_to=%2Fpump%2Fsign-in%2Faccount',
      );
      expect((await browser.signIn(email, password, '/elsewhere')).location).toBe('/pump/');
      await browser.get('/sign-in/account');
    } finally {
      await below.close();
    }
  });
});
