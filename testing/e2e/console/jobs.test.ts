import type { ConsoleSite } from '../../fixtures/console-site.ts';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectAccessible, startConsoleSite } from '../../fixtures/console-site.ts';

let site: ConsoleSite;
beforeAll(async () => {
  site = await startConsoleSite();
});
afterAll(() => site?.remove());

const bothSchemes = ['light', 'dark'] as const;
const rowOf = (page: Page, name: string) =>
  page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });
const searchOf = (page: Page) => new URL(page.url()).search;

describe('the overview', () => {
  it('shows failures with reasons, loads, changes and next starts', async () => {
    const page = await site.openAs('owner');
    const attention = page.getByRole('region', { name: '1 job needs attention' });
    await attention.getByText("ValueError: invalid literal for int() with base 10: '12,00 EUR'").waitFor();
    await attention.getByText('stripe_payments.py:5').waitFor();
    await attention.getByText('2nd in a row').waitFor();
    const strip = page.getByRole('img', { name: /^Runs in the last 24 hours by hour: 2 failed/ });
    await strip.waitFor();
    await page.getByRole('region', { name: 'Loaded' }).getByRole('link', { name: 'shop' }).waitFor();
    const changes = page.getByRole('region', { name: 'Schema changes' });
    await changes.getByText('orders.discount_code').waitFor();
    await changes.getByRole('link', { name: 'shop_orders #2' }).waitFor();
    await page.getByRole('region', { name: 'Next up' }).getByRole('link', { name: 'clean_up' }).waitFor();

    await page.getByRole('link', { name: '7 d' }).click();
    await page.getByRole('img', { name: /^Runs in the last 7 days by hour: 2 failed/ }).waitFor();
    expect(searchOf(page)).toBe('?window=7d');
    await page.context().close();
  });

  it.each(bothSchemes)(
    'is accessible in %s colours, and does not scroll horizontally on a phone',
    async (colorScheme) => {
      const page = await site.openAs('viewer', '', { colorScheme, viewport: { width: 380, height: 800 } });
      await page.getByText('orders.discount_code').waitFor();
      await expectAccessible(page);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(380);
      await page.context().close();
    },
  );
});

it('a failure stays visible while its job is paused, on the overview and in the list', async () => {
  const page = await site.openAs('owner', '/jobs/stripe_payments');
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByText(/^Paused\. Its schedule starts no runs/).waitFor();
  await page.goto(site.workspaceUrl(''));
  const attention = page.getByRole('region', { name: '1 job needs attention' });
  await attention.getByText(/^Paused since /).waitFor();
  await attention.getByText(/^ValueError: /).waitFor();
  await page.goto(site.workspaceUrl('/jobs?status=failed'));
  await rowOf(page, 'stripe_payments')
    .getByText(/^paused since /)
    .waitFor();
  await rowOf(page, 'stripe_payments')
    .getByText(/^ValueError: /)
    .waitFor();
  await page.goto(site.workspaceUrl('/jobs/stripe_payments'));
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByText('Resumed. Its schedule starts runs again.').waitFor();
  await page.context().close();
});

describe('the list of jobs', () => {
  it('can be filtered, searched and sorted by its URL', async () => {
    const page = await site.openAs('developer', '/jobs');
    await rowOf(page, 'shop_orders').getByText('907 rows, 3 tables').waitFor();
    await page.getByRole('button', { name: 'Last run', exact: true }).first().click();
    await page.getByRole('menuitemcheckbox', { name: 'Failed' }).click();
    await page.keyboard.press('Escape');
    await page.getByText('1 job', { exact: true }).waitFor();
    expect(searchOf(page)).toBe('?status=failed');
    await page.goto(site.workspaceUrl('/jobs?q=shop&sort=-last_run_at'));
    await page.getByText('1 job', { exact: true }).waitFor();
    await rowOf(page, 'shop_orders').waitFor();
    expect(await page.getByLabel('Search jobs by name').inputValue()).toBe('shop');
    await page.getByRole('button', { name: 'Clear search' }).click();
    await rowOf(page, 'clean_up').waitFor();
    expect(searchOf(page)).toBe('?sort=-last_run_at');
    await page.context().close();
  });

  it('starts a job, follows it live, and says why it cannot start again', async () => {
    const page = await site.openAs('developer', '/jobs');
    const row = rowOf(page, 'clean_up');
    const startDue = async () => {
      await page.getByRole('button', { name: 'Run clean_up' }).click();
      await page.getByLabel(/^Run only if an interval is due/).check();
      await page.getByRole('button', { name: 'Run now' }).click();
    };
    await startDue();
    await page.getByRole('status').getByText('Started #1').waitFor();
    await row.getByText('Completed').first().waitFor();
    await startDue();
    await page
      .getByRole('alert')
      .getByText(/^Not started: a completed run covers everything until/)
      .waitFor();
    await page.getByRole('button', { name: 'Run clean_up' }).click();
    await page.getByLabel(/^Refresh/).check();
    await page
      .getByRole('status')
      .getByText(/^Reloads .+ – .+\.$/)
      .waitFor();
    await page.context().close();
  });

  it('pauses, resumes and archives from the menu of a row', async () => {
    const page = await site.openAs('developer', '/jobs');
    const choose = async (job: string, action: string) => {
      await page.getByRole('button', { name: `More actions for ${job}` }).click();
      await page.getByRole('menuitem', { name: action }).click();
    };
    await choose('ga4_events', 'Pause');
    await rowOf(page, 'ga4_events')
      .getByText(/^paused since /)
      .waitFor();
    await page.getByText('Paused', { exact: true }).click();
    await page.getByText('1 paused job').waitFor();
    await choose('ga4_events', 'Resume');
    await page.getByText('0 paused jobs').waitFor();
    await page.goto(site.workspaceUrl('/jobs'));
    await choose('ga4_events', 'Archive');
    await page.getByRole('button', { name: 'Archive', exact: true }).click();
    await page.getByText('5 jobs').waitFor();
    await page.goto(site.workspaceUrl('/jobs?show=archived'));
    await choose('ga4_events', 'Restore');
    await page.getByText('0 archived jobs').waitFor();
    await page.context().close();
  });

  it('tells a viewer what is not permitted, and why, and starts jobs with the profile access', async () => {
    const page = await site.openAs('viewer', '/jobs', { colorScheme: 'dark' });
    await rowOf(page, 'clean_up').waitFor();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'More actions for clean_up' }).click();
    const pause = page.getByRole('menuitem', { name: 'Pause' });
    await pause.getByText('Requires the role developer in this workspace').waitFor();
    expect(await pause.getAttribute('aria-disabled')).toBe('true');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Run clean_up' }).click();
    await page.getByText('Viewers can only use the profile access.').waitFor();
    await page.getByRole('button', { name: 'Run now' }).click();
    await page.getByRole('status').getByText('Started #2').waitFor();
    const [, run] = await site.api.listRuns('jobs.clean_up');
    expect(run?.profile).toBe('access');
    await page.context().close();
  });
});

describe("a job's page", () => {
  it.each([['jobs.shop_orders'], ['id']])(
    'is found by %s, as the dlthub client opens it',
    async (address) => {
      const { id } = await site.api.findJob('jobs.shop_orders');
      const page = await site.openAs('viewer', `/jobs/${address === 'id' ? id : address}`);
      await page.getByRole('heading', { name: 'shop_orders', level: 1 }).waitFor();
      await page.getByRole('link', { name: '#2', exact: true }).waitFor();
      await page.context().close();
    },
  );

  it('has runs with their usage, a schedule, neighbours, versions and a definition, all accessible', async () => {
    const page = await site.openAs('owner', '/jobs/shop_orders');
    await page.getByRole('img', { name: /^Duration: 2 points/ }).waitFor();
    await page.getByRole('img', { name: /^Rows loaded: 2 points/ }).waitFor();
    await expectAccessible(page);
    const parts = page.getByRole('navigation', { name: 'Sections of the job' });
    const open = async (part: string) => {
      await parts.getByRole('link', { name: part }).click();
      await page.waitForURL(`**/*tab=${part.toLowerCase()}`);
    };
    await open('Schedule');
    await expect
      .poll(() =>
        page
          .getByRole('list', { name: /^Next ticks/ })
          .getByRole('listitem')
          .count(),
      )
      .toBe(10);
    await open('Versions');
    await page.getByText('First version').waitFor();
    await open('Definition');
    await page.getByLabel('Definition', { exact: true }).getByText('"job_ref": "jobs.shop_orders"').waitFor();
    await open('Graph');
    await page.getByText('starts after shop_orders succeeds').waitFor();
    await expectAccessible(page);
    await page
      .getByRole('group', { name: 'Job graph' })
      .getByRole('link', { name: /revenue_by_day/ })
      .click();
    await page.getByRole('heading', { name: 'revenue_by_day', level: 1 }).waitFor();
    await page.context().close();
  });

  it('has a calendar of what its schedule did and plans, whose days lead to their runs', async () => {
    const page = await site.openAs('viewer', '/jobs/stripe_payments?tab=schedule');
    // Until its tick in the morning, today also has one that is planned.
    const today = page.getByRole('link', { name: /^\d+ \w+ \d{4} 2 failed(?: 1 planned)?$/ });
    await today.waitFor();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Next month' }).click();
    await page.waitForURL(/month=\d{4}-\d\d/);
    const planned = page.getByRole('link', { name: /^\d+ \w+ \d{4} 1 planned$/ });
    // Monday through Friday.
    await expect.poll(() => planned.count()).toBeGreaterThanOrEqual(20);
    expect(await planned.count()).toBeLessThanOrEqual(23);
    await page.getByRole('button', { name: 'Previous month' }).click();
    await page.waitForURL((url) => !url.searchParams.has('month'));
    const isFocused = () =>
      today
        .and(page.locator(':focus'))
        .count()
        .then((count) => count === 1);
    await today.focus();
    const step = (await today.textContent())?.startsWith('1') ? 'ArrowRight' : 'ArrowLeft';
    await page.keyboard.press(step);
    await expect.poll(isFocused).toBe(false);
    await page.keyboard.press(step === 'ArrowLeft' ? 'ArrowRight' : 'ArrowLeft');
    await expect.poll(isFocused).toBe(true);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Runs', level: 1 }).waitFor();
    await page.getByRole('link', { name: 'stripe_payments #2' }).waitFor();
    expect(searchOf(page)).toMatch(/job_id=.*from=.*to=/);
    await page.context().close();
  });

  it('asks for the inputs of its function, shows them with the run, and begins with them again', async () => {
    const page = await site.openAs('developer', '/jobs/clean_up');
    await page.getByRole('button', { name: 'Run now' }).click();
    const dialog = page.getByRole('dialog');
    const olderThan = dialog.getByLabel('older_than');
    expect(await olderThan.getAttribute('type')).toBe('date');
    await dialog.getByText(/^Everything before this day is removed. Default: /).waitFor();
    await expectAccessible(page);
    await olderThan.fill('2026-11-29');
    await dialog.getByLabel('what').selectOption('tables');
    await dialog.getByRole('button', { name: 'Run now' }).click();
    await page.getByRole('link', { name: 'View run' }).click();
    await page.getByText('no tables older than 2026-11-29').waitFor();
    await page.getByRole('link', { name: 'Details' }).click();
    await page.getByRole('region', { name: 'Inputs' }).getByText('2026-11-29').waitFor();
    await page.getByRole('button', { name: 'Run again' }).click();
    expect(await olderThan.inputValue()).toBe('2026-11-29');
    expect(await dialog.getByLabel('what').inputValue()).toBe('tables');
    await page.context().close();
  });

  it('starts a run and cancels it', async () => {
    const page = await site.openAs('developer', '/jobs/warehouse_backfill');
    await page.getByText('No runs yet').waitFor();
    await page.getByRole('button', { name: 'Run now' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Run now' }).click();
    const heading = page.getByRole('heading', { level: 1 });
    await heading.getByText('Running').waitFor();
    await page.getByRole('button', { name: 'Cancel #1' }).click();
    await page.getByRole('button', { name: 'Cancel run' }).click();
    await heading.getByText('Cancelled').waitFor();
    await page.context().close();
  });
});

it('nothing on these pages violates the content policy', () => {
  expect(site.complaints.filter((text) => !/status of (403|409)/.test(text))).toEqual([]);
});
