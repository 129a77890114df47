/**
 * `npm run screenshots [-- <page> ...]`: saves every page of the console, or those named, over 120 days of runs, light
 * and dark, wide and narrow, to the folder `screenshots`.
 */
import type { BrowserContext, Page } from 'playwright-core';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { appRefs, deployApps, failApp, startApp } from '../fixtures/console-apps.ts';
import { eventually } from '../fixtures/eventually.ts';
import { listAppPages, listPages, type ShownPage } from './pages.ts';
import { repositoryFolder } from '../fixtures/server.ts';
import { startEmptyConsoleSite, type ConsoleSite } from '../fixtures/console-site.ts';
import { startHistorySite } from '../history/history-site.ts';
import { startRun } from '../fixtures/console-workspace.ts';

const folder = join(repositoryFolder, 'screenshots');
const schemes = ['light', 'dark'] as const;
const sizes = {
  wide: { width: 1440, height: 900 },
  narrow: { width: 390, height: 844 },
} as const;

const named = process.argv.slice(2);

const say = (text: string) => void process.stdout.write(`${text}\n`);

/** A page is complete when it has its heading and nothing is loading. */
async function awaitContent(page: Page, shown: ShownPage): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor();
  if (shown.prepare) await shown.prepare(page);
  await page.getByRole('status', { name: 'Loading' }).first().waitFor({ state: 'detached' });
  await page.evaluate('document.fonts.ready');
  // Charts are loaded after the page.
  const empty = page.locator('figure [role="img"]:not(:has(canvas))');
  await eventually('all charts are drawn', async () => (await empty.count()) === 0);
}

async function takeAll(
  site: ConsoleSite,
  pages: readonly ShownPage[],
  context: BrowserContext,
  suffix: string,
): Promise<void> {
  const page = await context.newPage();
  for (const shown of pages.filter(({ name }) => named.length === 0 || named.includes(name))) {
    await page.goto(shown.isOutside ? `${site.server.url}${shown.path}` : site.workspaceUrl(shown.path));
    await awaitContent(page, shown);
    await page.screenshot({
      path: join(folder, `${shown.name}-${suffix}.png`),
      fullPage: shown.isWhole ?? false,
    });
    say(`${shown.name}-${suffix}`);
  }
  await page.close();
}

async function takeOf(site: ConsoleSite, pages: readonly ShownPage[]): Promise<void> {
  for (const [size, viewport] of Object.entries(sizes)) {
    for (const colorScheme of schemes) {
      const context = await site.signIn('owner', { viewport, colorScheme });
      await takeAll(site, pages, context, `${size}-${colorScheme}`);
      await context.close();
    }
  }
}

await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
say('Preparing a server with an empty workspace ...');
const empty = await startEmptyConsoleSite();
try {
  await takeOf(empty, [
    { name: 'first-steps', path: '' },
    { name: 'apps-none', path: '/apps' },
  ]);
  await deployApps(empty.server, empty.api);
  await startApp(empty.server, empty.api, appRefs.board);
  await failApp(empty.server, empty.api, appRefs.broken);
  await takeOf(empty, await listAppPages(empty));
} finally {
  await empty.remove();
}
say('Preparing a server with 120 days of runs ...');
const site = await startHistorySite();
try {
  const running = await startRun(site.server, site.api, 'jobs.warehouse_backfill');
  await site.api.awaitLine(running, 'day 3 of');
  await takeOf(site, await listPages(site, running));
} finally {
  await site.remove();
}
say(`Written to ${folder}`);
