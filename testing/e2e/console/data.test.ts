import type { Page } from 'playwright-core';
import type { ConsoleSite } from '../../fixtures/console-site.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWorkspace } from '../../fixtures/deploy-workspace.ts';
import { ordersSchedule } from '../../fixtures/console-workspace.ts';
import { expectAccessible, startConsoleSite } from '../../fixtures/console-site.ts';

let site: ConsoleSite;
let page: Page;
beforeAll(async () => {
  site = await startConsoleSite();
  // All of this is readable: a viewer sees what an owner sees.
  page = await site.openAs('viewer', '/pipelines');
});
afterAll(() => site?.remove());

const rowOf = (name: string) =>
  page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });
const runsByDay = () => page.getByRole('table', { name: 'Runs', exact: true });
const open = (path: string) => page.goto(site.workspaceUrl(path));
const textsOf = (column: number) =>
  page.getByRole('table').first().locator(`tbody td:nth-child(${column})`).allInnerTexts();

describe('the list of pipelines', () => {
  it('shows those first that need attention, with the reason, loaded rows and changes', async () => {
    await open('/pipelines');
    await rowOf('shop').waitFor();
    expect((await textsOf(1))[0]).toBe('payments');
    await rowOf('payments')
      .getByText("ValueError: invalid literal for int() with base 10: '12,00 EUR'")
      .waitFor();
    await rowOf('shop').getByText('orders.discount_code').waitFor();
    await rowOf('shop')
      .getByRole('img', { name: /rows loaded in 30 days/ })
      .waitFor();
    await expectAccessible(page);
  });

  it('can be searched, filtered and sorted by its URL', async () => {
    await page.getByRole('searchbox', { name: 'Search pipelines' }).fill('rev');
    await page.waitForURL('**/pipelines?q=rev');
    await expect.poll(() => textsOf(1)).toEqual(['revenue']);
    await open('/pipelines?sort=-rows&status=fresh');
    await expect.poll(() => textsOf(1)).toEqual(['shop', 'revenue']);
    await page.getByRole('button', { name: 'Rows' }).click();
    await page.waitForURL('**/pipelines?*sort=rows*');
    await expect.poll(() => textsOf(1)).toEqual(['revenue', 'shop']);
  });
});

describe('the freshness board', () => {
  it('groups pipelines by age, and expects data of a started job when the job before it is due', async () => {
    await open('/pipelines');
    await page.getByRole('navigation', { name: 'View' }).getByRole('link', { name: 'Freshness' }).click();
    await page.waitForURL('**/pipelines?view=board');
    const failing = page.getByRole('region', { name: 'Failing: 1' });
    await failing.getByRole('link', { name: 'payments' }).waitFor();
    await failing.getByText(/invalid literal for int/).waitFor();
    const fresh = page.getByRole('region', { name: 'Fresh: 2' });
    const revenue = fresh.getByRole('listitem').filter({ has: page.getByRole('link', { name: 'revenue' }) });
    await revenue.getByText(/old, expected every 1 d/).waitFor();
    await page.getByRole('region', { name: 'Stale: 0' }).getByText('None').waitFor();
    await expectAccessible(page);
    const folder = process.env['PUMPHOUSE_TEST_SCREENSHOTS'];
    if (folder) await page.screenshot({ path: `${folder}/freshness-board.png` });
    const phone = await site.openAs('viewer', '/pipelines?view=board', {
      viewport: { width: 390, height: 844 },
    });
    await phone.getByRole('region', { name: 'Fresh: 2' }).waitFor();
    await expectAccessible(phone);
    expect(await phone.evaluate('document.documentElement.scrollWidth')).toBe(390);
    if (folder) await phone.screenshot({ path: `${folder}/freshness-board-390.png` });
    await phone.context().close();
  });

  it('returns to the opened pipeline on Back', async () => {
    await open('/pipelines');
    const link = page.getByRole('link', { name: 'shop', exact: true });
    await link.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'shop', level: 1 }).waitFor();
    await page.goBack();
    await expect
      .poll(() => link.evaluate((element) => element === element.ownerDocument.activeElement))
      .toBe(true);
  });
});

describe('a pipeline', () => {
  it("opens at the dlthub client's URL, with loads by day and per table", async () => {
    await open('/pipelines/shop');
    await page.getByRole('heading', { name: 'shop', level: 1 }).waitFor();
    await page.getByRole('button', { name: 'Show Runs as table' }).click();
    // Midnight may have passed between its runs, so all days count.
    const counts = (await runsByDay().getByRole('cell').allInnerTexts()).map((text) => Number(text) || 0);
    const sumOf = (column: number) =>
      counts.filter((_, index) => index % 2 === column).reduce((sum, count) => sum + count, 0);
    expect([sumOf(0), sumOf(1)]).toEqual([2, 0]);
    await rowOf('orders__lines').waitFor();
    expect(await rowOf('orders').getByRole('cell').allInnerTexts()).toEqual(
      expect.arrayContaining(['orders', '300', '600', 'merge']),
    );
    await expectAccessible(page);
  });

  it('links from a day of its charts to its runs, and from a run to its steps and its job run', async () => {
    const daysWithRuns = runsByDay()
      .getByRole('row')
      .filter({ has: page.getByRole('cell', { name: /^[12]$/ }) });
    await daysWithRuns.first().getByRole('button').click();
    await page.waitForURL('**/pipelines/shop?*tab=runs*');
    await page.getByText('Show all').waitFor();
    const runs = page.getByRole('table', { name: 'Pipeline runs' });
    await runs
      .getByRole('link', { name: /Succeeded/ })
      .first()
      .click();
    await page.getByText('Normalize').waitFor();
    await page.getByRole('table', { name: 'Tables of the run' }).getByText('orders__lines').waitFor();
    await expectAccessible(page);
    await page.getByRole('link', { name: 'Open job run' }).click();
    await page.waitForURL('**/runs/*');
  });

  it('shows its schema as a graph with keyboard access, and as a list with changes', async () => {
    await open('/pipelines/shop?tab=schema');
    const graph = page.getByRole('group', { name: /^Graph of 3 tables/ });
    await graph.getByRole('button', { name: /^orders ~ changed/ }).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/pipelines/shop?*table=orders__lines*');
    const columns = page.getByRole('table', { name: 'Columns of orders', exact: true });
    expect(await columns.getByRole('row', { name: 'discount_code' }).innerText()).toMatch(
      /text\s+yes\s+\+ new/,
    );
    await expectAccessible(page);
  });

  it('has a history in which any two versions can be compared, showing the differences', async () => {
    await open('/pipelines/shop?tab=history');
    await page.getByText('orders.discount_code').waitFor();
    await page.getByRole('link', { name: 'shop_orders #2' }).first().waitFor();
    const newest = await page.getByLabel('To', { exact: true }).inputValue();
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByRole('row', { name: 'discount_code' }).getByText('+ new').waitFor();
    // In the other direction, new columns appear as removed.
    const oldest = await page.getByLabel('From', { exact: true }).inputValue();
    await open(
      `/pipelines/shop?tab=history&version=${encodeURIComponent(oldest)}&base=${encodeURIComponent(newest)}`,
    );
    await page.getByRole('row', { name: 'discount_code' }).getByText('− removed').waitFor();
    await expectAccessible(page);
  });

  it('shows which jobs run it and what its last run left behind', async () => {
    await open('/pipelines/shop?tab=jobs');
    const jobs = page.getByRole('table', { name: 'Jobs that run the pipeline' });
    expect(await jobs.getByRole('row').nth(1).innerText()).toContain(`schedule ${ordersSchedule}`);
    await page.getByRole('region', { name: 'Pending load packages' }).getByText('None').waitFor();
    await expectAccessible(page);
  });

  it("fits its parts on a phone's first screen, without horizontal scrolling", async () => {
    const phone = await site.openAs('viewer', '/pipelines/shop', { viewport: { width: 390, height: 844 } });
    const charts = phone.getByRole('img', { name: /^(Rows|Bytes) loaded/ });
    await expect.poll(() => charts.count()).toBe(2);
    const parts = await phone.getByRole('navigation', { name: 'Sections of the pipeline' }).boundingBox();
    const bar = await phone.getByRole('navigation', { name: 'Workspace' }).boundingBox();
    expect((parts?.y ?? 844) + (parts?.height ?? 0)).toBeLessThan(bar?.y ?? 0);
    expect(await phone.evaluate('document.documentElement.scrollWidth')).toBe(390);
    await expectAccessible(phone);
    await phone.context().close();
  });

  it('that does not exist gets a clear message', async () => {
    await open('/pipelines/of_nobody');
    await page.getByText('There is no pipeline of_nobody').waitFor();
  });
});

describe('datasets', () => {
  it('are listed with the pipelines that write them, and link to their tables and changes', async () => {
    await open('/datasets');
    await rowOf('shop_data').getByRole('link', { name: 'shop', exact: true }).waitFor();
    await expectAccessible(page);
    await page.getByRole('link', { name: 'shop_data' }).click();
    await page.getByRole('heading', { name: 'shop_data', level: 1 }).waitFor();
    await rowOf('orders__lines').waitFor();
    await page.getByRole('region', { name: 'Schema changes' }).getByText('orders.discount_code').waitFor();
    await expectAccessible(page);
  });
});

describe('a workspace in which nothing has run', () => {
  it('explains where pipelines and datasets come from', async () => {
    const empty = await createWorkspace(site.server, 'nothing-yet');
    const owner = await (await site.signIn('owner')).newPage();
    for (const path of ['pipelines', 'datasets']) {
      await owner.goto(`${site.server.url}/w/${empty}/${path}`);
      await owner.getByText('appear here automatically').waitFor();
      await owner.getByRole('link', { name: 'Jobs' }).first().waitFor();
      await expectAccessible(owner);
    }
  });
});

it('pages of pipelines and datasets do nothing that the content policy forbids', () => {
  expect(site.complaints.filter((text) => !/404|not_found/.test(text))).toEqual([]);
});
