/** The list of windows of a backfill: filter, pages, and what can be done with selected windows. */
import type { ConsoleSite } from '../../fixtures/console-site.ts';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { defineScriptJob, deployWorkspace } from '../../fixtures/deploy-workspace.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { expectAccessible, startEmptyConsoleSite } from '../../fixtures/console-site.ts';

let site: ConsoleSite;

/** Used as its own launcher, so that a run need not import dlt. The third run fails. */
const loadScript = `
import os, sys

starts = f".dlt/data/{os.environ['WORKSPACE__PROFILE']}/starts"
with open(starts, "a") as file:
    file.write("started\\n")
with open(starts) as file:
    sys.exit(1 if len(file.readlines()) == 3 else 0)
`;

/** The first of the last month, which the calendar shows. */
const firstDay = (() => {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1));
})();
const dateOf = (days: number) => new Date(firstDay.getTime() + days * 86_400_000).toISOString().slice(0, 10);
const dayOf = (page: Page, days: number) => page.locator(`[data-date="${dateOf(days)}"]`);

beforeAll(async () => {
  site = await startEmptyConsoleSite();
  const script = defineScriptJob('load', ['schedule:0 * * * *']);
  const entryPoint = { ...(script['entry_point'] as object), launcher: 'load' };
  await deployWorkspace(site.server, site.api.id, {
    files: { 'load.py': loadScript },
    jobs: [{ ...script, entry_point: entryPoint, interval: { start: dateOf(0) } }],
  });
  // Otherwise the schedule may load the skipped windows meanwhile. Windows ignore the pause of a job.
  const { id } = await site.api.findJob('jobs.load');
  await site.server.client.call('pause_job', { params: { workspace_id: site.api.id, job_id: id } });
});
afterAll(() => site.remove());

const openTab = (viewport: { width: number; height: number }) =>
  site.openAs('developer', '/jobs/jobs.load?tab=backfill', { viewport });
const wide = { width: 1440, height: 900 };
const narrow = { width: 390, height: 844 };

it('a backfill that pauses after a failure is finished with retries and skips of selected windows', async () => {
  const page = await openTab(wide);
  await dayOf(page, 0).click();
  await dayOf(page, 2).click({ modifiers: ['Shift'] });
  await page.getByText('Starts 72 runs. Of 72 windows: 72 missing.').waitFor();
  await page.getByLabel('Pause after failures').fill('1');
  await page.getByRole('button', { name: 'Create backfill' }).click();
  await page.getByText('Created a backfill of 72 windows.').waitFor();
  const list = page.getByRole('region', { name: 'Backfills' });
  await list.getByText('2 of 72 done, 1 failed').waitFor();
  await list.getByText('Paused', { exact: true }).waitFor();
  expect(await list.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('2');

  await list.getByRole('link', { name: 'Show windows' }).click();
  const windows = page.getByRole('region', { name: 'Windows of the backfill' });
  const rows = windows.getByRole('row');
  const expectRows = (count: number) =>
    eventually(`${count} windows are listed`, async () => (await rows.count()) === count + 1);
  const filter = (state: string) => windows.getByLabel('State of windows').selectOption(state);
  const select = (number: number) =>
    windows.getByRole('checkbox', { name: `Select window ${number}`, exact: true }).check();
  await expectRows(50);
  await windows.getByRole('button', { name: 'Next windows' }).click();
  await expectRows(22);
  await expectAccessible(page);

  await filter('Waiting');
  await expectRows(50);
  const all = windows.getByRole('checkbox', { name: 'Select all windows of this page' });
  await all.check();
  await windows.getByRole('checkbox', { name: 'Select window 4', exact: true }).uncheck();
  await windows.getByText('49 selected').waitFor();
  await windows.getByRole('button', { name: 'Skip 49' }).click();
  await expectRows(20);
  await all.check();
  await windows.getByRole('button', { name: 'Skip 20' }).click();
  await windows.getByText('No windows in this state').waitFor();
  await list.getByText('2 of 72 done, 1 failed, 69 skipped').waitFor();

  await filter('Failed');
  await expectRows(1);
  await select(3);
  await expectAccessible(page);
  // The backfill goes on with it, because it paused for no other reason.
  await windows.getByRole('button', { name: 'Retry 1' }).click();
  await list.getByText('3 of 72 done, 69 skipped').waitFor();
  await list.getByText('Completed', { exact: true }).waitFor();

  await filter('Skipped');
  await expectRows(50);
  await select(10);
  await windows.getByRole('button', { name: 'Retry 1' }).click();
  await list.getByText('4 of 72 done, 68 skipped').waitFor();

  await filter('Completed');
  await expectRows(4);
  await select(1);
  await select(2);
  await windows.getByRole('button', { name: 'Invalidate' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill('The source was wrong.');
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Invalidate' }).click();
  await windows.getByText('Invalidated 2 windows.').waitFor();
  await eventually('the calendar shows it', async () =>
    (await dayOf(page, 0).getAttribute('aria-label'))?.includes('2 invalidated, 20 missing, 2 completed'),
  );
  await windows.getByRole('link').first().click();
  await page.waitForURL(/\/runs\/[0-9a-f-]{36}/);
});

it('on a phone, nothing is wider than the screen', async () => {
  const page = await openTab(narrow);
  const list = page.getByRole('region', { name: 'Backfills' });
  await dayOf(page, 1).click();
  await page.getByText('Starts 24 runs.').waitFor();
  await list.getByRole('link', { name: 'Show windows' }).click();
  const windows = page.getByRole('region', { name: 'Windows of the backfill' });
  await windows.getByRole('checkbox', { name: 'Select window 4', exact: true }).check();
  await windows.getByText('1 selected').waitFor();
  await expectAccessible(page);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(narrow.width);
  expect(site.complaints).toEqual([]);
});
