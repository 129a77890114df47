import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { TestServer } from '../fixtures/server.ts';
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../fixtures/browser.ts';
import { runAdmin, startUnownedServer } from '../fixtures/server.ts';

const owner = { organization: 'Acme', email: 'analyst@example.com', password: 'a long test password' };
let server: TestServer;
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** Errors reported by the browser, including scripts, styles and forms forbidden by the policy. */
const complaints: string[] = [];

beforeAll(async () => {
  server = await startUnownedServer();
  browser = await launchBrowser();
  // The pages must work without scripts.
  context = await browser.newContext({ javaScriptEnabled: false });
  page = await context.newPage();
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
});
afterAll(async () => {
  await browser?.close();
  await server?.remove();
});

const heading = (of: Page = page) => of.locator('h1').textContent();
const focused = (of: Page = page) => of.locator('input:focus').getAttribute('name');

async function fillIn(fields: Record<string, string>, button: string, of: Page = page) {
  for (const [label, value] of Object.entries(fields))
    await of.getByLabel(label, { exact: true }).fill(value);
  await of.getByRole('button', { name: button, exact: true }).click();
}

const signIn = (password: string, of: Page = page) =>
  fillIn({ Email: owner.email, Password: password }, 'Sign in', of);

/** Imitates the dlthub client: listens on a port and requests a URL to open. */
async function beginAtClient() {
  const answers: URL[] = [];
  const listener = createServer((request, response) => {
    answers.push(new URL(request.url ?? '', 'http://127.0.0.1'));
    response.end('<h1>Back at the client</h1>');
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const verifier = randomBytes(32).toString('base64url');
  const { authorization_url: url } = await server.client.call('issue_authorization_url_session', {
    body: {
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      redirect_uri: `http://127.0.0.1:${port}/callback`,
      state: 'of-the-client',
    },
  });
  const redeem = async () =>
    server.client.call('redeem_authorization_code_session', {
      body: { code: answers[0]?.searchParams.get('code') ?? '', code_verifier: verifier },
    });
  return { url, answers, redeem, close: () => void listener.close() };
}

describe('the server-rendered pages, in Chromium', () => {
  it('set the server up with the link printed at its start', async () => {
    expect(server.setupUrl).toMatch(/\/sign-in\/setup\?token=[\w-]{43}$/);
    await page.goto(server.setupUrl ?? '');
    expect(await heading()).toBe('Set up Pumphouse');
    expect(await focused()).toBe('organization');
    await fillIn(
      { Organization: owner.organization, Email: owner.email, Password: 'password1234' },
      'Create account',
    );
    expect(await page.locator('#password-problem').textContent()).toContain('too common');
    expect(await focused()).toBe('password');
    expect(await page.getByLabel('Organization').inputValue()).toBe(owner.organization);
    await fillIn({ Password: owner.password }, 'Create account');
    // The console, which shows the first steps.
    expect(page.url()).toBe(`${server.url}/`);
    const again = await page.goto(server.setupUrl ?? '');
    expect(again?.status()).toBe(409);
  });

  it('sign out, and sign in again after a wrong password', async () => {
    await page.goto(`${server.url}/sign-in/account`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    expect(await heading()).toBe('Sign in');
    await signIn('not the password');
    expect(await page.title()).toBe('Problem: Sign in – Pumphouse');
    expect(await page.locator('#password-problem').textContent()).toContain('is wrong');
    expect(await page.getByLabel('Email').inputValue()).toBe(owner.email);
    expect(await page.getByLabel('Password').inputValue()).toBe('');
    expect(await focused()).toBe('password');
    await fillIn({ Password: owner.password }, 'Sign in');
    // The console needs scripts, which are off in this browser.
    expect(page.url()).toBe(`${server.url}/`);
    await page.goto(`${server.url}/sign-in/account`);
    expect(await heading()).toBe('Your account');
    const [cookie] = (await context.cookies()).filter(({ name }) => name === 'pumphouse');
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' });
  });

  it("sign a client in with a click, and redirect the browser to the client's port", async () => {
    const client = await beginAtClient();
    try {
      await page.goto(client.url);
      expect(await heading()).toMatch(/^Sign in to .+\?$/);
      expect(client.answers).toEqual([]);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.waitForURL('http://127.0.0.1:*/callback**');
      expect(await heading()).toBe('Back at the client');
      expect(client.answers[0]?.searchParams.get('state')).toBe('of-the-client');
      expect(await client.redeem()).toMatchObject({ email: owner.email });
    } finally {
      client.close();
    }
  });

  it('ask for the user first, then for the click, and allow to decline', async () => {
    const client = await beginAtClient();
    const other = await (await browser.newContext()).newPage();
    try {
      await other.goto(client.url);
      expect(await heading(other)).toBe('Sign in');
      await signIn(owner.password, other);
      expect(await heading(other)).toMatch(/^Sign in to/);
      await other.getByRole('button', { name: 'Decline' }).click();
      await other.waitForURL('http://127.0.0.1:*/callback**');
      expect(client.answers[0]?.searchParams.get('error')).toBe('access_denied');
    } finally {
      await other.context().close();
      client.close();
    }
  });

  it('accept no form from a page of another site', async () => {
    const client = await beginAtClient();
    const foreign = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(
        `<form method="post" action="${client.url}"><input name="answer" value="approve"><button>Win</button></form>`,
      );
    });
    foreign.listen(0, '127.0.0.1');
    await once(foreign, 'listening');
    const { port } = foreign.address() as AddressInfo;
    try {
      // A different host for browsers, like the apps and every other program on this machine.
      await page.goto(`http://localhost:${port}/`);
      await page.getByRole('button', { name: 'Win' }).click();
      expect(await heading()).toBe('The request failed');
      expect(client.answers).toEqual([]);
    } finally {
      foreign.close();
      client.close();
    }
  });

  it("set a new password with an operator's link", async () => {
    const link = (await runAdmin(server, ['reset-password-link', '--email', owner.email])).trim();
    await page.goto(`${server.url}/sign-in/reset-password${new URL(link).search}`);
    await fillIn({ 'New password': 'quite another password' }, 'Set password');
    expect(await heading()).toBe('Your account');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await signIn('quite another password');
    expect(page.url()).toBe(`${server.url}/`);
  });

  it('use nothing that their policy forbids', () => {
    // The browser only reports the responses that were meant to be rejections.
    expect(complaints.filter((text) => !/status of 4\d\d/.test(text))).toEqual([]);
  });
});
