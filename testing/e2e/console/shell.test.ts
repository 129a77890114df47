import type { Route } from 'playwright-core';
import type { ConsoleSite } from '../../fixtures/console-site.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pressKeys } from '../../fixtures/browser.ts';
import { expectAccessible, startEmptyConsoleSite } from '../../fixtures/console-site.ts';
import { ownerEmail } from '../../fixtures/server.ts';
import { sendSignInForm } from '../../fixtures/sign-in-form.ts';

let site: ConsoleSite;
beforeAll(async () => {
  site = await startEmptyConsoleSite();
});
afterAll(() => site?.remove());

describe('signing in to the console', () => {
  it('returns to the requested page, with its full URL', async () => {
    const page = await (await site.browser.newContext()).newPage();
    const address = site.workspaceUrl('/jobs?status=failed&status=cancelled&q=shop');
    await page.goto(address);
    await sendSignInForm(page, ownerEmail);
    await page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor();
    expect(page.url()).toBe(address);
    await page.context().close();
  });

  it('drops a response that its tab has not requested', async () => {
    const context = await site.signIn('viewer');
    const page = await context.newPage();
    await page.goto(`${site.server.url}/callback?code=dlt_c_of_somebody_else&state=guessed`);
    await page.waitForURL(site.workspaceUrl());
    await page.getByRole('button', { name: 'Account of viewer@example.com' }).waitFor();
    await context.close();
  });

  it('ends for all tabs of the browser by signing out, and at the sign-in pages too', async () => {
    const context = await site.signIn('viewer');
    const [one, other] = [await context.newPage(), await context.newPage()];
    await other.goto(site.workspaceUrl('/runs'));
    await one.goto(site.workspaceUrl('/jobs'));
    await one.getByRole('button', { name: 'Account of viewer@example.com' }).click();
    await one.getByRole('menuitem', { name: 'Sign out' }).click();
    await one.getByRole('heading', { name: 'Sign in' }).waitFor();
    await other.getByRole('heading', { name: 'Sign in' }).waitFor();
    await context.close();
  });
});

describe('the font', () => {
  it('is served by the console in two weights that take less than 60 kB', async () => {
    const page = await site.openAs('viewer', '/jobs');
    await page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor();
    await page.evaluate('document.fonts.ready');
    const fonts = await page.evaluate<[string, number][]>(
      `performance.getEntriesByType('resource')
        .filter(({ name }) => /\\.woff2?$/.test(name)).map(({ name, decodedBodySize }) => [name, decodedBodySize])`,
    );
    expect(fonts).toHaveLength(2);
    expect(fonts.every(([url]) => url.startsWith(site.server.url))).toBe(true);
    expect(fonts.reduce((sum, [, bytes]) => sum + bytes, 0)).toBeLessThan(60_000);
    expect(await page.evaluate(`document.fonts.check('400 14px Inter')`)).toBe(true);
    expect(await page.evaluate(`document.fonts.check('600 14px Inter')`)).toBe(true);
    await page.context().close();
  });
});

describe('signing out', () => {
  it.each<[string, (route: Route) => Promise<void>, string]>([
    ['the server fails', (route) => route.fulfill({ status: 503, body: '' }), 'The server answered 503'],
    [
      'a proxy answers with a page of its own, without a form token',
      (route) => route.fulfill({ status: 200, contentType: 'text/html', body: '<h1>Welcome</h1>' }),
      'not from Pumphouse',
    ],
    ['the network fails', (route) => route.abort(), 'Cannot reach the server'],
  ])(
    'reports that the user is still signed in when %s, and works on the next try',
    async (_, answer, cause) => {
      const context = await site.signIn('viewer');
      const page = await context.newPage();
      await page.goto(site.workspaceUrl('/jobs'));
      const signInPages = `${site.server.url}/sign-in/**`;
      await page.route(signInPages, answer);
      await page.getByRole('button', { name: 'Account of viewer@example.com' }).click();
      await page.getByRole('menuitem', { name: 'Sign out' }).click();
      const dialog = page.getByRole('dialog', { name: 'You are still signed in' });
      await dialog.getByText(cause).waitFor();
      await expectAccessible(page);
      // A new tab shows the same user, so the session was kept.
      const other = await context.newPage();
      await other.goto(site.workspaceUrl('/jobs'));
      await other.getByRole('button', { name: 'Account of viewer@example.com' }).waitFor();

      await page.unrouteAll({ behavior: 'ignoreErrors' });
      await dialog.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      await other.getByRole('heading', { name: 'Sign in' }).waitFor();
      await context.close();
    },
  );

  it('at the sign-in pages also signs the console out', async () => {
    const context = await site.signIn('viewer');
    const page = await context.newPage();
    await page.goto(site.workspaceUrl('/jobs'));
    await page.getByRole('button', { name: 'Account of viewer@example.com' }).waitFor();
    await page.goto(`${site.server.url}/sign-in/account`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.goto(site.workspaceUrl('/jobs'));
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await context.close();
  });
});

describe('every page of the console', () => {
  it('sends requests only to this server, and does nothing that its policy forbids', async () => {
    const context = await site.signIn('owner');
    const hosts = new Set<string>();
    context.on('request', (request) => {
      const { protocol, host } = new URL(request.url());
      if (protocol.startsWith('http')) hosts.add(host);
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    for (const path of [
      '',
      '/jobs',
      '/runs',
      '/pipelines',
      '/datasets',
      '/apps',
      '/deployments',
      '/configurations',
      '/settings',
    ]) {
      await page.goto(site.workspaceUrl(path));
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.getByRole('status', { name: 'Loading' }).first().waitFor({ state: 'detached' });
    }
    expect([...hosts]).toEqual([new URL(site.server.url).host]);
    expect(complaints.filter((text) => /policy|refused to/i.test(text))).toEqual([]);
    await context.close();
  });

  it('can be reached by keyboard, and the command palette navigates and acts', async () => {
    const page = await site.openAs('owner', '/jobs');
    await page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor();
    await pressKeys(page, 'g', 'r');
    await page.getByRole('heading', { name: 'Runs', level: 1 }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor({ state: 'detached' });
    await page.keyboard.press('Control+k');
    const field = page.getByRole('combobox', { name: 'Search or run a command' });
    await field.fill('jo');
    await page.getByRole('option', { name: /^Jobs/ }).waitFor();
    await expectAccessible(page);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor();
    await pressKeys(page, 'g', 'r');
    await page.getByRole('heading', { name: 'Runs', level: 1 }).waitFor();
    await page.keyboard.press('/');
    await page.locator('[data-search-input]:focus').waitFor();
    await page.context().close();
  });

  it('outside the workspace has the palette and a way back, also after a reload', async () => {
    const page = await site.openAs('viewer', '/jobs');
    await page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor();
    for (const path of ['/account', '/organizations']) {
      const { organization } = await site.server.client.call('get_workspace_me', {
        params: { workspace_id: site.api.id },
      });
      const url = path === '/account' ? path : `${path}/${organization.id}`;
      await page.goto(`${site.server.url}${url}`);
      const back = page.getByRole('banner').getByRole('link', { name: 'Back to acme-data' });
      await back.waitFor();
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: 'Search or run a command' }).fill('jo');
      await page.getByRole('option', { name: /^Jobs/ }).waitFor();
      await expectAccessible(page);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor();
      await page.goBack();
      await back.click();
      await page.waitForURL(site.workspaceUrl());
    }
    await page.context().close();
  });

  it('is listed in a menu if a narrow screen has no room for its link', async () => {
    const page = await site.openAs('viewer', '/jobs', { viewport: { width: 390, height: 844 } });
    const navigation = page.getByRole('navigation', { name: 'Workspace' });
    await navigation.getByRole('link', { name: 'Jobs' }).waitFor();
    expect(await navigation.getByRole('link', { name: 'Datasets' }).isVisible()).toBe(false);
    await navigation.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Datasets' }).waitFor();
    await expectAccessible(page);
    await page.getByRole('menuitem', { name: 'Datasets' }).click();
    await page.getByRole('heading', { name: 'Datasets', level: 1 }).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    await page.context().close();
  });

  it('uses the chosen theme, in this browser and next time', async () => {
    const page = await site.openAs('owner');
    const scheme = () => page.locator('html').getAttribute('data-mantine-color-scheme');
    await page.getByRole('button', { name: `Account of ${ownerEmail}` }).click();
    await page.getByRole('menuitem', { name: 'Dark' }).click();
    await expect.poll(scheme).toBe('dark');
    await page.reload();
    await expect.poll(scheme).toBe('dark');
    await page.context().close();
  });
});
