import type { ConsoleSite } from '../../fixtures/console-site.ts';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appRefs, deployApps, failApp } from '../../fixtures/console-apps.ts';
import { awaitApp } from '../../fixtures/app-site.ts';
import { pressKeys } from '../../fixtures/browser.ts';
import { expectAccessible, startEmptyConsoleSite } from '../../fixtures/console-site.ts';

let site: ConsoleSite;
let owner: Page;

beforeAll(async () => {
  site = await startEmptyConsoleSite();
  owner = await site.openAs('owner', '/jobs', {
    timezoneId: 'Asia/Tokyo',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
});
afterAll(() => site?.remove());

const button = (context: Page | Locator, name: string) => context.getByRole('button', { name, exact: true });
const field = (context: Page | Locator, label: string) => context.getByLabel(label, { exact: true });
const row = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name });
const section = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
const dialog = (page: Page) => page.getByRole('dialog');
const output = (page: Page, text: string) => page.getByRole('status').filter({ hasText: text }).waitFor();

async function choose(page: Page, app: string, item: string): Promise<void> {
  await button(page, `More actions for ${app}`).click();
  await page.getByRole('menuitem', { name: item, exact: true }).click();
}

async function readApp(jobRef: string) {
  const { id } = await site.api.findJob(jobRef);
  return site.server.client.call('get_app', { params: { workspace_id: site.api.id, job_id: id } });
}

async function openAppPage(page: Page, jobRef: string): Promise<void> {
  await page.goto(site.workspaceUrl(`/apps/${(await readApp(jobRef)).job_id}`));
  await section(page, 'Details').waitFor();
}

/** Midnight UTC in about a month, which is 9:00 in Tokyo. */
function nextMonth(): { instant: string; inTokyo: string } {
  const day = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
  return { instant: `${day}T00:00:00.000Z`, inTokyo: `${day}T09:00` };
}

async function expectNoScrollAside(page: Page): Promise<void> {
  expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
}

describe('the apps of a workspace', () => {
  it('explain how to create one, and are listed once deployed', async () => {
    await owner.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor();
    await pressKeys(owner, 'g', 'a');
    await owner.getByRole('heading', { name: 'Apps', level: 1 }).waitFor();
    const commands = await owner.getByLabel('Command', { exact: true }).allTextContents();
    expect(commands).toEqual([
      'dlthub serve notebook.py',
      'dlthub serve dashboard.py',
      'dlthub serve tools.py',
    ]);
    await expectAccessible(owner);

    await deployApps(site.server, site.api);
    await row(owner, 'Orders board').waitFor();
    expect(await row(owner, 'Orders board').textContent()).toMatch(
      /Dashboard.*Stopped.*Starts on the next visit\..*prod.*no access profile.*30 min.*no/,
    );
    expect(await row(owner, 'shop.shop_tools').textContent()).not.toContain('no access profile');
    await owner
      .getByText('profile, so Orders board and shop.price_check run with the profile of batch jobs.')
      .waitFor();
    await expectAccessible(owner);
  });

  it('start and stop manually, with live updates', async () => {
    await choose(owner, 'Orders board', 'Start');
    await output(owner, 'The app is starting.');
    // Its environment may have to be built first, which takes longer than a page timeout.
    await awaitApp(site.server, site.api, appRefs.board, ({ state }) => state === 'ready');
    await row(owner, 'Orders board').getByText('Ready').waitFor();
    const log = await row(owner, 'Orders board')
      .getByRole('link', { name: 'Log of Orders board' })
      .getAttribute('href');
    expect(log).toContain(`/runs/${(await readApp(appRefs.board)).job_run?.id}?tab=log`);

    await choose(owner, 'Orders board', 'Stop…');
    await button(dialog(owner), 'Stop').click();
    await row(owner, 'Orders board').getByText('Stopped').waitFor();
    expect((await readApp(appRefs.board)).state).toBe('stopped');
    await button(owner, 'More actions for Orders board').click();
    await owner.getByRole('menuitem').filter({ hasText: 'The app is not running.' }).waitFor();
    await owner.keyboard.press('Escape');
  });

  it('show why one failed, and link to its log', async () => {
    await failApp(site.server, site.api, appRefs.broken);
    const failed = row(owner, 'shop.price_check');
    await failed.getByText('Failed').waitFor();
    await failed.getByText('ValueError: prices.csv is not there').waitFor();
    await failed.getByText(/^Retry in \d+ (s|min)$/).waitFor();
    await owner.getByRole('link', { name: 'Log of shop.price_check' }).click();
    await owner.getByText('ValueError: prices.csv is not there').first().waitFor();
    await openAppPage(owner, appRefs.broken);
    await section(owner, 'Details').getByText('ValueError: prices.csv is not there').waitFor();
  });
});

/** Fakes the server's next responses: what is behind the URL is up to the proxy. */
const answerOpening = (status: number, json: unknown) =>
  owner.context().route('**/apps/*/-open', (route) => route.fulfill({ status, json }));

describe('opening an app', () => {
  it("opens the URL from the server in a new tab without access to the console's window", async () => {
    await owner.goto(site.workspaceUrl('/apps'));
    const elsewhere = `${site.server.url.replace('127.0.0.1', 'localhost')}/healthz`;
    await answerOpening(200, { url: elsewhere, expires_in: 60 });
    const opened = owner.context().waitForEvent('page');
    await button(owner, 'Open Orders board').click();
    const tab = await opened;
    await tab.waitForURL(elsewhere);
    expect(await tab.evaluate('opener')).toBeNull();
    await tab.close();
  });

  it('shows why it failed, and leaves no empty tab', async () => {
    await owner.context().unrouteAll();
    await answerOpening(404, { detail: 'There is no job of that name.', code: 'not_found' });
    const opened = owner.context().waitForEvent('page');
    await button(owner, 'Open Orders board').click();
    const tab = await opened;
    if (!tab.isClosed()) await tab.waitForEvent('close');
    await owner.getByRole('alert').getByText('There is no job of that name.').waitFor();
    await owner.context().unrouteAll();
    // The rejection was expected, so it is not a complaint about the page.
    expect(site.complaints.splice(0).join()).toMatch(/^[^,]*404[^,]*$/);
  });
});

describe('a public link', () => {
  it('is created with an expiry and a password, and copied', async () => {
    await openAppPage(owner, appRefs.board);
    await button(owner, 'Publish…').click();
    const { instant, inTokyo } = nextMonth();
    await dialog(owner).getByText('In the time zone Asia/Tokyo.').waitFor();
    await field(dialog(owner), 'Expires').fill('2020-01-01T09:00');
    await button(dialog(owner), 'Create link').click();
    await dialog(owner).getByText('Must be in the future.').waitFor();
    await field(dialog(owner), 'Expires').fill(inTokyo);
    await field(dialog(owner), 'Password').fill('short');
    await button(dialog(owner), 'Create link').click();
    await dialog(owner).getByText('Must have 8 to 200 characters.').waitFor();
    await expectAccessible(owner);
    await field(dialog(owner), 'Password').fill('open sesame');
    await button(dialog(owner), 'Create link').click();
    await dialog(owner).getByText('password required').waitFor();
    const { public_link: link } = await readApp(appRefs.board);
    expect(link).toMatchObject({ has_password: true, expires_at: instant });
    await button(dialog(owner), 'Copy public link to Orders board').click();
    expect(await owner.evaluate('navigator.clipboard.readText()')).toBe(link?.url);
    await button(dialog(owner), 'Done').click();
    await section(owner, 'Public link').getByText('required').waitFor();
    await section(owner, 'Public link')
      .getByText(link?.url ?? 'no link')
      .waitFor();
    await expectAccessible(owner);
  });

  it('is replaced by another one after a warning', async () => {
    const { public_link: before } = await readApp(appRefs.board);
    await owner.goto(site.workspaceUrl('/apps'));
    await row(owner, 'Orders board').getByText('password required').waitFor();
    await choose(owner, 'Orders board', 'Replace public link…');
    await dialog(owner).getByText('The current link stops working').waitFor();
    await button(dialog(owner), 'Replace link').click();
    await button(dialog(owner), 'Done').click();
    await row(owner, 'Orders board').getByText('yes, does not expire').waitFor();
    const { public_link: after } = await readApp(appRefs.board);
    expect(after).toMatchObject({ has_password: false, expires_at: null });
    expect(after?.url).not.toBe(before?.url);
    await button(row(owner, 'Orders board'), 'Copy public link to Orders board').click();
    expect(await owner.evaluate('navigator.clipboard.readText()')).toBe(after?.url);
  });

  it('is revoked after a confirmation, on every page that shows it', async () => {
    const other = await owner.context().newPage();
    await openAppPage(other, appRefs.board);
    await button(other, 'Unpublish…').waitFor();
    await choose(owner, 'Orders board', 'Unpublish…');
    await button(dialog(owner), 'Unpublish').click();
    await output(owner, 'Unpublished.');
    await other.getByText('Only workspace members have access').waitFor();
    expect((await readApp(appRefs.board)).public_link).toBeNull();
    await other.close();
  });
});

describe("an app's page", () => {
  it('has the configuration for MCP clients, ready to copy', async () => {
    // There is nothing to open in a browser.
    await owner.goto(site.workspaceUrl('/apps'));
    await button(owner, 'Connect to shop.shop_tools').click();
    await section(owner, 'Connect').getByText('claude mcp add --transport http').waitFor();
    expect(await button(owner, 'Open').count()).toBe(0);
    const { url, bare_url: bareUrl } = await readApp(appRefs.tools);
    await expectAccessible(owner);
    await button(owner, 'Copy configuration of Other clients').click();
    const copied = String(await owner.evaluate('navigator.clipboard.readText()'));
    expect(JSON.parse(copied)).toEqual({
      mcpServers: {
        'shop-shop_tools': {
          type: 'http',
          url: `${url}/mcp`,
          headers: { Authorization: 'Bearer <key>' },
        },
      },
    });
    expect(await field(owner, 'Alternative URL').textContent()).toBe(`${bareUrl}/mcp`);
    await owner.getByRole('link', { name: 'workspace key' }).click();
    await owner.getByRole('heading', { name: 'Keys', level: 1 }).waitFor();
  });

  it('shows who opened it, to users with permission', async () => {
    await openAppPage(owner, appRefs.board);
    await section(owner, 'Recent visitors').getByText('No visitors yet').waitFor();
  });

  it('warns about incompatible packages of a dashboard', async () => {
    await openAppPage(owner, appRefs.board);
    await owner.getByText('Add sqlglot<30.22 to your requirements').waitFor();
  });

  it('links to its job and its runs, and they link back', async () => {
    await owner.getByRole('link', { name: appRefs.board }).click();
    await owner.getByRole('link', { name: 'Open app' }).click();
    await owner.getByRole('link', { name: 'View all runs' }).click();
    await owner.getByRole('heading', { name: 'Runs', level: 1 }).waitFor();
    expect(new URL(owner.url()).search).toBe(`?job_id=${(await readApp(appRefs.board)).job_id}`);
    await owner.goto(site.workspaceUrl('/jobs'));
    await owner.getByRole('link', { name: 'App Orders board' }).click();
    await owner.getByRole('heading', { name: 'Orders board', level: 1 }).waitFor();
  });
});

it('a viewer may open apps, and sees what the other actions require', async () => {
  const viewer = await site.openAs('viewer', '/apps', { viewport: { width: 390, height: 844 } });
  await row(viewer, 'Orders board').waitFor();
  expect(await button(viewer, 'Open Orders board').getAttribute('aria-disabled')).toBe('false');
  await button(viewer, 'More actions for Orders board').click();
  const refused = viewer.getByRole('menuitem').filter({ hasText: 'Requires the role developer' });
  await refused.first().waitFor();
  expect(await refused.count()).toBe(3);
  await viewer.keyboard.press('Escape');
  await expectNoScrollAside(viewer);

  await openAppPage(viewer, appRefs.tools);
  await section(viewer, 'Recent visitors').getByText('Requires the role developer').waitFor();
  expect(await button(viewer, 'Publish…').getAttribute('aria-disabled')).toBe('true');
  await expectAccessible(viewer);
  await expectNoScrollAside(viewer);
  await viewer.context().close();
});

it("nothing on these pages violates the console's content policy", () => {
  expect(site.complaints).toEqual([]);
});
