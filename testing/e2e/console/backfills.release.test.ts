import type { ConsoleSite } from '../../fixtures/console-site.ts';
import type { Page } from 'playwright-core';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRunsLocation } from '../../fixtures/runs-location.ts';
import { defineScriptJob, deployWorkspace } from '../../fixtures/deploy-workspace.ts';
import { expectAccessible, startEmptyConsoleSite } from '../../fixtures/console-site.ts';
import { eventually } from '../../fixtures/eventually.ts';

let site: ConsoleSite;

/** Used as its own launcher, so that a run need not import dlt. */
const loadScript = `
import os, time

while os.path.exists(f".dlt/data/{os.environ['WORKSPACE__PROFILE']}/hold"):
    time.sleep(0.05)
print("loaded")
`;

function defineLoad() {
  const script = defineScriptJob('load', ['schedule:0 0 * * *']);
  const entryPoint = { ...(script['entry_point'] as object), launcher: 'load' };
  return { ...script, entry_point: entryPoint, execute: { concurrency: 4 }, interval: { start: firstDay() } };
}

/** Two months ago: the calendar shows this month and the two before. */
function firstDay(): string {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 5)).toISOString().slice(0, 10);
}

const dayAfter = (days: number) =>
  new Date(new Date(`${firstDay()}T00:00:00Z`).getTime() + days * 86_400_000).toISOString().slice(0, 10);

const dayOf = (page: Page, days: number) => page.locator(`[data-date="${dayAfter(days)}"]`);

beforeAll(async () => {
  site = await startEmptyConsoleSite();
  await deployWorkspace(site.server, site.api.id, { files: { 'load.py': loadScript }, jobs: [defineLoad()] });
});
afterAll(() => site.remove());

it('days are selected with the pointer and the keyboard, previewed, and loaded by a backfill', async () => {
  const page = await site.openAs('developer', '/jobs/jobs.load?tab=backfill');
  await dayOf(page, 0).waitFor();
  await eventually(
    'the days have their states',
    async () => (await dayOf(page, 0).getAttribute('data-state')) === 'missing',
  );
  expect(await dayOf(page, -1).getAttribute('data-state')).toBe('outside');
  await dayOf(page, 0).hover();
  await page.mouse.down();
  await dayOf(page, 2).hover();
  await page.mouse.up();
  await page.getByText('Starts 3 runs. Of 3 windows: 3 missing.').waitFor();
  await page.keyboard.press('Shift+ArrowRight');
  await dayOf(page, 1).click();
  await page.keyboard.press('Shift+ArrowRight');
  await page.getByText('Starts 2 runs.').waitFor();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Create backfill' }).click();
  await page.getByText('Created a backfill of 2 windows.').waitFor();
  await page.getByText('2 of 2 done').waitFor();
  await eventually(
    'the days are completed',
    async () => (await dayOf(page, 2).getAttribute('data-state')) === 'completed',
  );
  await expectAccessible(page);
  await page.getByRole('table').last().getByRole('link').first().click();
  await page.getByRole('heading', { name: 'Runs' }).waitFor();
  expect(page.url()).toContain('backfill_id=');
});

it('days are invalidated with a reason, and a backfill is paused, resumed and cancelled', async () => {
  const page = await site.openAs('developer', '/jobs/jobs.load?tab=backfill');
  await dayOf(page, 1).click();
  await page.getByRole('button', { name: 'Invalidate' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill('The source was wrong.');
  await dialog.getByRole('button', { name: 'Invalidate' }).click();
  await page.getByText('Invalidated 1 window.').waitFor();
  expect(await dayOf(page, 1).getAttribute('data-state')).toBe('invalidated');
  // Its windows must not end before it is cancelled.
  const hold = join(createRunsLocation(site.server.dataDir).locateLocalData(site.api.id, 'prod'), 'hold');
  await writeFile(hold, '');
  await dayOf(page, 5).click();
  await dayOf(page, 24).click({ modifiers: ['Shift'] });
  await page.getByRole('button', { name: 'Create backfill' }).click();
  // The job has buttons of the same names for its schedule.
  const list = page.getByRole('region', { name: 'Backfills' });
  await list.getByRole('button', { name: 'Pause' }).click();
  await list.getByText('A user paused it.').waitFor();
  await list.getByRole('button', { name: 'Resume' }).click();
  await list.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Cancel backfill' }).click();
  await rm(hold);
  await list.getByText('Cancelled').first().waitFor();
});

it('a viewer sees the calendar and changes nothing', async () => {
  const page = await site.openAs('viewer', '/jobs/jobs.load?tab=backfill');
  await dayOf(page, 4).click();
  const create = page.getByRole('button', { name: 'Create backfill' });
  await create.waitFor();
  expect(await create.getAttribute('aria-disabled')).toBe('true');
  expect(site.complaints).toEqual([]);
});
