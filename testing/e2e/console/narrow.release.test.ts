/** Every page of the console on the screen of a phone. */
import type { ConsoleRuns } from '../../fixtures/console-workspace.ts';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { deployApps } from '../../fixtures/console-apps.ts';
import { expectAccessible, startConsoleSite, type ConsoleSite } from '../../fixtures/console-site.ts';
import { listAppPages, listPages, type ShownPage } from '../../screenshots/pages.ts';
import { startRun } from '../../fixtures/console-workspace.ts';

const phone = { width: 390, height: 844 };
/** The least width and height of a target for thumbs. */
const minTargetPx = 44;

let site: ConsoleSite & { runs: ConsoleRuns };
let page: Page;
let pages: ShownPage[];

beforeAll(async () => {
  site = await startConsoleSite();
  const running = await startRun(site.server, site.api, 'jobs.warehouse_backfill');
  await site.api.awaitLine(running, 'day 3 of');
  pages = await listPages(site, running);
  page = await site.openAs('owner', '', { viewport: phone, hasTouch: true });
});
afterAll(() => site?.remove());

async function open({ path, isOutside = false, prepare }: ShownPage): Promise<void> {
  await page.goto(isOutside ? `${site.server.url}${path}` : site.workspaceUrl(path));
  await page.getByRole('heading', { level: 1 }).waitFor();
  if (prepare) await prepare(page);
  await page.getByRole('status', { name: 'Loading' }).first().waitFor({ state: 'detached' });
}

/** The elements that reach beyond the viewport and are not within one that scrolls. */
const listWide = `[...document.querySelectorAll('main *, header *')]
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5)
  .filter((element) => {
    for (let parent = element.parentElement; parent; parent = parent.parentElement)
      if (getComputedStyle(parent).overflowX !== 'visible') return false;
    return true;
  })
  .slice(0, 5)
  .map((element) => element.outerHTML.slice(0, 160))`;

/** @returns what is wrong with the page */
async function examine(shown: ShownPage): Promise<string[]> {
  await open(shown);
  const width = Number(await page.evaluate('document.documentElement.scrollWidth'));
  const wide = await page.evaluate<string[]>(listWide);
  const problems = width > phone.width ? [`${width} px wide: ${wide.join(' ')}`] : [];
  try {
    await expectAccessible(page);
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  }
  return problems.map((problem) => `${shown.name}: ${problem}`);
}

async function examineAll(list: readonly ShownPage[]): Promise<string[]> {
  const found: string[] = [];
  for (const shown of list) found.push(...(await examine(shown)));
  return found;
}

it('no page is wider than the screen, and axe finds nothing serious', async () => {
  expect(await examineAll(pages)).toEqual([]);
});

it('has targets for thumbs in the bar at the bottom', async () => {
  await page.goto(site.workspaceUrl('/jobs'));
  const navigation = page.getByRole('navigation', { name: 'Workspace' });
  await navigation.getByRole('link', { name: 'Jobs' }).waitFor();
  const targets = await navigation.locator('a:visible, button:visible').all();
  expect(targets.length).toBeGreaterThan(4);
  for (const target of targets) {
    const box = await target.boundingBox();
    expect(Math.min(box?.width ?? 0, box?.height ?? 0), await target.innerText()).toBeGreaterThanOrEqual(
      minTargetPx,
    );
  }
});

it('the pages of apps fit, too', async () => {
  await deployApps(site.server, site.api);
  expect(await examineAll(await listAppPages(site))).toEqual([]);
});
