import type { AppResponse } from '@pumphouse/contract';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { awaitApp, defineAppJob, findApp } from '../../fixtures/app-site.ts';
import { deployWorkspace } from '../../fixtures/deploy-workspace.ts';
import { echoTexts, writeEchoApp } from '../../fixtures/echo-app.ts';
import { ownerEmail } from '../../fixtures/server.ts';
import { sendSignInForm } from '../../fixtures/sign-in-form.ts';
import { startEmptyConsoleSite, type ConsoleSite } from '../../fixtures/console-site.ts';

/** Revoked access is checked every five seconds, and the result of a check is cached for five. A busy machine is slower. */
const cutMs = 60_000;

let site: ConsoleSite;
let app: AppResponse;
beforeAll(async () => {
  site = await startEmptyConsoleSite();
  await deployWorkspace(site.server, site.api.id, {
    files: { 'echo.py': writeEchoApp() },
    jobs: [defineAppJob('echo', 'module', { idleSeconds: 0 })],
  });
  const { job_id: jobId } = await findApp(site.server, site.api, 'jobs.echo');
  await site.server.client.call('restart_app', { params: { workspace_id: site.api.id, job_id: jobId } });
  app = await awaitApp(site.server, site.api, 'jobs.echo', ({ state }) => state === 'ready');
});
afterAll(async () => {
  await site.remove();
});

const sees = (page: Page, text: string, timeout = 60_000) =>
  page.getByText(text, { exact: true }).waitFor({ timeout });

/** A page of a browser without a session. */
const newPage = async () => (await site.browser.newContext()).newPage();

/** Opens a URL of the app that admits the visitor, and waits until the WebSocket of its page is open. */
async function openWithSocket(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  await sees(page, echoTexts.open);
  return page;
}

/** The page's WebSocket is closed, and its requests are no longer answered. */
async function expectCut(page: Page): Promise<void> {
  await sees(page, echoTexts.closed, cutMs);
  expect(await page.evaluate(`fetch('/orders').then(({ status }) => status)`)).toBe(401);
}

const params = () => ({ workspace_id: site.api.id, job_id: app.job_id });
async function publish(options: { expires_at?: string; password?: string } = {}): Promise<string> {
  return (await site.server.client.call('publish_app', { params: params(), body: options })).url;
}

describe('a visitor with a public link open', () => {
  it.each([
    ['is taken back', () => site.server.client.call('unpublish_job', { params: params() })],
    ['is replaced by another one', () => publish()],
  ])('is cut off when it %s', async (_what, end) => {
    const link = await publish();
    const page = await openWithSocket(await site.browser.newContext(), link);
    await end();
    await expectCut(page);
    expect((await page.goto(link))?.status()).toBe(404);
    await page.context().close();
  });

  it('is cut off when it expires', async () => {
    const expiresAt = new Date(Date.now() + 60_000);
    const link = await publish({ expires_at: expiresAt.toISOString() });
    const page = await openWithSocket(await site.browser.newContext(), link);
    expect(Date.now()).toBeLessThan(expiresAt.getTime());
    await sees(page, echoTexts.closed, 60_000 + cutMs);
    expect(Date.now()).toBeGreaterThan(expiresAt.getTime());
    await expectCut(page);
    expect((await page.goto(link))?.status()).toBe(404);
    await page.context().close();
  });

  it('is admitted with the right password only', async () => {
    const page = await newPage();
    await page.goto(await publish({ password: 'open sesame' }));
    for (const [password, text] of [
      ['open barley', 'The password is wrong.'],
      ['open sesame', echoTexts.open],
    ] as const) {
      await page.getByLabel('Password of the link').fill(password);
      await page.getByRole('button', { name: 'Open' }).click();
      await sees(page, text);
    }
    expect(page.url()).toBe(`${app.url}/`);
    await page.context().close();
  });
});

describe('a member with an app open', () => {
  it('is cut off when the role is revoked', async () => {
    const page = await openWithSocket(await site.signIn('developer'), app.url);
    const { client } = site.server;
    const { items } = await client.call('list_workspace_access', {
      params: { workspace_id: site.api.id },
    });
    const { membership_id: membershipId = '' } =
      items.find((item) => item.email?.startsWith('developer')) ?? {};
    await client.call('remove_workspace_member', {
      params: { workspace_id: site.api.id, membership_id: membershipId ?? '' },
    });
    await expectCut(page);
    await page.goto(app.url);
    await page.getByText('The app does not exist, or you have no access to its workspace.').waitFor();
    await page.context().close();
  });

  it('is cut off at signing out', async () => {
    const page = await openWithSocket(await site.signIn('viewer'), app.url);
    const account = await page.context().newPage();
    await account.goto(`${site.server.url}/sign-in/account`);
    await account.getByRole('button', { name: 'Sign out' }).click();
    await account.getByRole('heading', { name: 'Sign in' }).waitFor();
    await expectCut(page);
    await page.goto(app.url);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.context().close();
  });
});

describe('a visitor who opens an app', () => {
  it('signs in on the way, with a single-use code', async () => {
    const page = await newPage();
    const entered: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/-pumphouse/enter?')) entered.push(request.url());
    });
    await page.goto(`${app.url}/orders?of=2026`);
    await sendSignInForm(page, ownerEmail);
    await sees(page, '/orders?of=2026');
    expect(page.url()).toBe(`${app.url}/orders?of=2026`);
    expect(entered).toHaveLength(1);

    // A visitor with a session continues; no one else gets in with the code.
    await page.goto(entered[0] ?? '');
    await sees(page, '/orders?of=2026');
    const other = await newPage();
    expect((await other.goto(entered[0] ?? ''))?.status()).toBe(400);
    await other.getByRole('heading', { name: 'echo was not opened' }).waitFor();
    for (const one of [page, other]) await one.context().close();
  });
});

it('a program is cut off when its key is revoked', async () => {
  const { client } = site.server;
  const { id: keyId, secret } = await client.call('create_workspace_key', {
    params: { workspace_id: site.api.id },
    body: { name: 'board', role: 'viewer', days: 1 },
  });
  const address = app.bare_url.replace('//localhost', '//127.0.0.1');
  const headers = { authorization: `Bearer ${secret}` };
  const socket = new WebSocket(`${address.replace('http', 'ws')}/ws`, { headers });
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
  const closed = new Promise((resolve) => socket.addEventListener('close', resolve, { once: true }));
  await client.call('revoke_workspace_key', {
    params: { workspace_id: site.api.id, key_id: keyId },
  });
  await closed;
  expect((await fetch(`${address}/orders`, { headers })).status).toBe(401);
});
