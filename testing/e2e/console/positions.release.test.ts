import type { ConsoleSite } from '../../fixtures/console-site.ts';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectAccessible, startConsoleSite } from '../../fixtures/console-site.ts';
import { hasBrowser } from '../../fixtures/browser.ts';

let site: ConsoleSite;
let page: Page;

beforeAll(async () => {
  if (!hasBrowser) return;
  site = await startConsoleSite();
  page = await site.openAs('owner');
});
afterAll(() => site?.remove());

async function topOf(name: string | RegExp, role: 'region' | 'navigation' = 'region'): Promise<number> {
  const box = await page.getByRole(role, { name }).boundingBox();
  if (box === null) throw new Error(`${name} is not visible`);
  return box.y;
}

/** Waits for the charts, which are loaded apart. */
const open = async (path: string) => {
  await page.goto(site.workspaceUrl(path));
  await page.getByRole('img').locator('canvas').first().waitFor();
};

describe.skipIf(!hasBrowser)('on a screen of 1440 x 900', () => {
  it.each([
    ['/pipelines/shop', '3 tables'],
    ['/datasets/shop_data', 'Written by'],
    ['/datasets/shop_data/tables/orders', '4 columns'],
  ])('what %s lists begins above 300 px', async (path, name) => {
    await open(path);
    expect(await topOf(name)).toBeLessThan(300);
  });

  it('a job shows 15 of its runs', async () => {
    // This job has no notice about installed packages above its tabs, since it has not run.
    await page.goto(site.workspaceUrl('/jobs/warehouse_backfill'));
    await page.getByText('No runs yet').waitFor();
    const tabs = await topOf('Sections of the job', 'navigation');
    await open('/jobs/shop_orders');
    const rows = page.getByRole('table', { name: 'Runs of the job' }).locator('[data-row]');
    await rows.nth(1).waitFor();
    // Read at once: the notice may move them at any moment.
    const [ownTabs = NaN, first = NaN, second = NaN] = await rows.evaluateAll(([one, two]) => {
      const sections = one?.ownerDocument.querySelector('[aria-label="Sections of the job"]');
      return [sections, one, two].map((element) => element?.getBoundingClientRect().y ?? NaN);
    });
    expect(tabs + (first - ownTabs) + 15 * (second - first)).toBeLessThanOrEqual(900);
  });

  it('content has the edges of the header on a wider one', async () => {
    for (const width of [1440, 1920, 2560, 3840]) {
      await page.setViewportSize({ width, height: 900 });
      const heading = await page.getByRole('heading', { level: 1 }).boundingBox();
      const account = await page.getByRole('button', { name: /^Account of/ }).boundingBox();
      const table = await page.getByRole('region', { name: 'Runs', exact: true }).boundingBox();
      if (!heading || !account || !table) throw new Error('The page has no heading, menu or list');
      expect(Math.abs(table.x + table.width - (account.x + account.width))).toBeLessThan(16);
      expect(table.width).toBeGreaterThan(Math.min(width, 2400) - 40);
    }
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  it('all settings of a job are in its definition', async () => {
    await page.goto(site.workspaceUrl('/jobs/stripe_payments?tab=definition'));
    await page.getByRole('region', { name: 'Settings' }).getByText('Europe/Berlin').waitFor();
    await expectAccessible(page);
  });
});
