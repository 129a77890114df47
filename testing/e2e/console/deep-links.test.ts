import type { BrowserContext, Page } from 'playwright-core';
import type { ConsoleSite } from '../../fixtures/console-site.ts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ownerEmail, ownerPassword } from '../../fixtures/server.ts';
import { sendSignInForm } from '../../fixtures/sign-in-form.ts';
import { startEmptyConsoleSite } from '../../fixtures/console-site.ts';

const deepLink = '/runs?status=failed&status=cancelled&q=shop#content';
const sessionKey = 'pumphouse.session';
let site: ConsoleSite;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  site = await startEmptyConsoleSite();
});
afterAll(() => site?.remove());
beforeEach(async () => {
  context = await site.signIn('owner');
  page = await context.newPage();
});
afterEach(async () => {
  // A handler whose page closes meanwhile fails outside of all tests.
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await context.close();
});

const shows = (name: string, of = page) => of.getByRole('heading', { name, level: 1, exact: true }).waitFor();

/** Ends the session, which the console notices at its next request, and so do the sign-in pages. */
async function endSession(of: Page): Promise<void> {
  await context.clearCookies();
  await changeSession(of, { jwt: 'expired', refreshToken: 'dlt_r_unknown' });
}

const changeSession = (of: Page, change: Record<string, string>) =>
  of.evaluate(
    ([key, part]) =>
      localStorage.setItem(
        key,
        JSON.stringify({ ...JSON.parse(localStorage.getItem(key) ?? '{}'), ...part }),
      ),
    [sessionKey, change] as const,
  );

describe('a deep link', () => {
  it('is opened after signing in again when several queries find that the session has ended', async () => {
    await page.goto(site.workspaceUrl(deepLink));
    await shows('Runs');
    await endSession(page);
    let requests = 0;
    // Later requests for the sign-in pages are answered after the page has left for those of the first.
    await page.route('**/auth/v1/sessions/-issue-authorization-url', async (route) => {
      requests += 1;
      if (requests === 1) await route.continue();
    });
    await page.reload();
    await shows('Sign in');
    await sendSignInForm(page, ownerEmail);
    await shows('Runs');
    expect(page.url()).toBe(site.workspaceUrl(deepLink));
  });

  it('is opened after signing in when the tab stayed on the sign-in page for longer than its request lasts', async () => {
    await page.goto(site.workspaceUrl('/jobs'));
    await shows('Jobs');
    await endSession(page);
    await page.goto(site.workspaceUrl(deepLink));
    await shows('Sign in');
    const address = new URL(page.url());
    const returnTo = address.searchParams.get('return_to') ?? '';
    address.searchParams.set(
      'return_to',
      returnTo.replace(/request=[^&]+/, `request=${crypto.randomUUID()}`),
    );
    await page.goto(address.href);
    await sendSignInForm(page, ownerEmail);
    await shows('Runs');
    expect(page.url()).toBe(site.workspaceUrl(deepLink));
  });

  it('survives a session renewal that fails once', async () => {
    // A page without the console, which would renew the session before the fake responses are ready.
    await page.goto(`${site.server.url}/healthz`);
    await changeSession(page, { jwt: 'expired' });
    const answers = [503, null];
    await page.route('**/auth/v1/sessions/-refresh', async (route) => {
      const status = answers.shift();
      if (status === undefined) await route.continue();
      else if (status === null) await route.abort();
      else await route.fulfill({ status });
    });
    await page.goto(site.workspaceUrl(deepLink));
    await shows('Runs');
    expect(answers).toEqual([]);
    expect(page.url()).toBe(site.workspaceUrl(deepLink));
  });

  it('of each tab is opened after signing in again when the session ended in one of them', async () => {
    const other = await context.newPage();
    await other.goto(site.workspaceUrl('/pipelines?q=shop#other'));
    await shows('Pipelines', other);
    await page.goto(site.workspaceUrl(deepLink));
    await shows('Runs');
    await endSession(page);
    await page.reload();
    await shows('Sign in');
    await shows('Sign in', other);
    await sendSignInForm(page, ownerEmail);
    await shows('Runs');
    expect(page.url()).toBe(site.workspaceUrl(deepLink));
    await other.reload();
    await shows('Pipelines', other);
    expect(other.url()).toBe(site.workspaceUrl('/pipelines?q=shop#other'));
  });

  it('and unsaved input stay when another tab renews the session', async () => {
    await page.goto(site.workspaceUrl('/jobs'));
    await shows('Jobs');
    await page.evaluate('globalThis.isSamePage = true');
    const other = await context.newPage();
    await other.goto(site.workspaceUrl('/jobs'));
    await shows('Jobs', other);
    // Either tab may be the first to notice.
    const renewed = context.waitForEvent('response', (answer) =>
      answer.url().endsWith('/auth/v1/sessions/-refresh'),
    );
    await changeSession(other, { jwt: 'expired' });
    await other.reload();
    await renewed;
    await shows('Jobs', other);
    // A reload would have begun before this response of the page.
    await page.getByRole('searchbox', { name: 'Search jobs by name' }).fill('shop');
    expect(await page.evaluate('globalThis.isSamePage === true')).toBe(true);
  });

  it('is opened after an invitation that was extended with it', async () => {
    const { link } = await site.server.client.call('create_workspace_invitation', {
      params: { workspace_id: site.api.id },
      body: { email: 'invited@example.com', role: 'viewer' },
    });
    const address = new URL(link);
    address.searchParams.set(
      'return_to',
      new URL(site.workspaceUrl(deepLink)).href.slice(address.origin.length),
    );
    await context.clearCookies();
    const invited = await site.browser.newContext();
    const theirs = await invited.newPage();
    await theirs.goto(address.href);
    await theirs.getByLabel('New password').fill(ownerPassword);
    await theirs.getByRole('button', { name: 'Create account and join' }).click();
    await shows('Runs', theirs);
    expect(theirs.url()).toBe(site.workspaceUrl(deepLink));
    await invited.close();
  });
});
