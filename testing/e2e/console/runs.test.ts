import type { ConsoleRuns } from '../../fixtures/console-workspace.ts';
import type { ConsoleSite } from '../../fixtures/console-site.ts';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRun } from '../../fixtures/console-workspace.ts';
import { expectAccessible, startConsoleSite } from '../../fixtures/console-site.ts';

let site: ConsoleSite & { runs: ConsoleRuns };
beforeAll(async () => {
  site = await startConsoleSite();
});
afterAll(() => site?.remove());

const rowOf = (page: Page, name: string) =>
  page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });
const logLine = (page: Page, number: number) => page.locator(`[data-line="${number - 1}"]`);
const log = (page: Page) => page.getByRole('log');

/** A run that prints until it is cancelled. */
const startBackfill = () => startRun(site.server, site.api, 'jobs.warehouse_backfill');

describe('the list of runs', () => {
  it('shows for each run why it was started and its result', async () => {
    const page = await site.openAs('viewer', '/runs');
    const failed = rowOf(page, 'stripe_payments #1');
    await failed.waitFor();
    expect(await failed.innerText()).toContain("ValueError: invalid literal for int() with base 10: '12,00");
    expect(await rowOf(page, 'shop_orders #2').innerText()).toMatch(
      /907 rows, 3 tables[\s\S]*added\s+orders\.discount_code/,
    );
    await rowOf(page, 'revenue_by_day #2').getByRole('link', { name: 'after shop_orders #2' }).waitFor();
    await expectAccessible(page);
    await page.context().close();
  });

  it('is filtered by its URL', async () => {
    const page = await site.openAs('viewer', '/runs');
    const failed = page.getByRole('navigation', { name: 'States' }).getByRole('link', { name: 'Failed' });
    await failed.click();
    await rowOf(page, 'ga4_events #1').waitFor({ state: 'detached' });
    await page.getByRole('searchbox', { name: /Search by job/ }).fill('stripe');
    await page.waitForURL(/status=failed&q=stripe|q=stripe&status=failed/);
    await page.reload();
    await rowOf(page, 'stripe_payments #2').waitFor();
    expect(await failed.getAttribute('aria-current')).toBe('page');
    expect(await page.getByRole('row').count()).toBe(3);
    await page.getByRole('searchbox', { name: /Search by job/ }).fill('no such job');
    await page.getByText('No runs match these filters').waitFor();
    await page.context().close();
  });

  it('lets a developer cancel the selected runs, and tells a viewer why they cannot', async () => {
    const id = await startBackfill();
    const viewer = await site.openAs('viewer', '/runs?status=pending&status=starting&status=running');
    await viewer.getByRole('checkbox', { name: /Select warehouse_backfill/ }).check();
    const cancel = viewer.getByRole('button', { name: 'Cancel runs…' });
    expect(await cancel.getAttribute('aria-disabled')).toBe('true');
    await cancel.hover();
    await viewer.getByText('Requires the role developer in this workspace').waitFor();
    await viewer.context().close();

    const page = await site.openAs('developer', '/runs');
    await page.getByRole('checkbox', { name: /Select warehouse_backfill/ }).check();
    await page.getByRole('button', { name: 'Cancel runs…' }).click();
    await page.getByRole('button', { name: 'Cancel 1 run' }).click();
    await page.getByText('Cancelling 1 run.').waitFor();
    await rowOf(page, 'warehouse_backfill #1').getByText('Cancelled').waitFor();
    expect((await site.api.awaitEnd(id)).status).toBe('cancelled');
    await page.context().close();
  });
});

describe("a run's page", () => {
  it("opens on the failure reason, with the user's own code", async () => {
    const page = await site.openAs('viewer', `/runs/${site.runs.payments}`);
    const reason = page.getByRole('region', { name: 'Failure' });
    await reason.getByRole('heading', { name: 'ValueError' }).waitFor();
    await reason.getByText('stripe_payments.py:5 in parse_amount').first().waitFor();
    await reason.getByText('return int(text)').waitFor();
    expect(await reason.getByText('pipe_iterator.py').first().isVisible()).toBe(false);
    const link = reason.getByRole('link', { name: /View log line \d+/ });
    const number = Number(/\d+/.exec(await link.innerText())?.[0]);
    await link.click();
    await page.waitForURL(/line=\d+/);
    await logLine(page, number).getByText('ValueError: invalid literal for int()').waitFor();
    await expect.poll(() => logLine(page, number).getAttribute('data-chosen')).toBe('true');
    await expectAccessible(page);
    await page.context().close();
  });

  it('is opened from the overview at the line of its failure', async () => {
    const page = await site.openAs('viewer');
    const failing = page.locator('[data-row]').filter({ hasText: 'stripe_payments' });
    await failing.getByRole('button', { name: 'Log', exact: true }).click();
    await page.waitForURL(/find=ValueError/);
    const current = page.locator('[data-current="true"]');
    await current.getByText("ValueError: invalid literal for int() with base 10: '12,00 EUR'").waitFor();
    await page.context().close();
  });

  it('shows what was loaded, and what changed in the schema', async () => {
    const page = await site.openAs('viewer', `/runs/${site.runs.orders}?tab=pipelines`);
    const card = page.getByRole('region', { name: 'Pipeline shop' });
    await card.getByText('orders.discount_code').waitFor();
    expect(await page.getByRole('row').filter({ hasText: 'orders__lines' }).innerText()).toContain('600');
    await expectAccessible(page);
    await page.getByRole('link', { name: 'Details' }).click();
    await page.getByText('manual:jobs.shop_orders').first().waitFor();
    await page.getByRole('link', { name: 'Attempts 1' }).click();
    await page.getByText('code 0').waitFor();
    await page.keyboard.press('[');
    await page.getByRole('heading', { name: /shop_orders #1/ }).waitFor();
    await page.context().close();
  });

  it('follows a run from its launch to its end', async () => {
    const page = await site.openAs('developer', `/runs/${await startBackfill()}`);
    // A slow browser opens the log when its first lines have scrolled away.
    const lines = log(page).getByText(/backfill: day \d+ of 730/);
    const lastDay = async () => Number(/day (\d+)/.exec((await lines.last().textContent()) ?? '')?.[1]);
    await expect.poll(lastDay, { timeout: 300_000 }).toBeGreaterThan(2);
    await page.getByRole('button', { name: '● Following' }).waitFor();
    await expect.poll(lastDay, { timeout: 300_000 }).toBeGreaterThan(60);
    await log(page).hover();
    await page.mouse.wheel(0, -400);
    const newLines = page.getByRole('button', { name: /new lines: scroll to the end/ });
    await newLines.waitFor();
    await newLines.click();
    await page.getByRole('button', { name: '● Following' }).waitFor();
    await page.getByRole('button', { name: 'Cancel run…' }).click();
    await page.getByRole('button', { name: 'Cancel run', exact: true }).click();
    await page.getByRole('button', { name: 'Run again…' }).waitFor();
    await page.getByText('Cancelled', { exact: true }).first().waitFor();
    await page.getByRole('button', { name: '● Following' }).waitFor({ state: 'detached' });
    await page.context().close();
  });
});

describe('a long log', () => {
  it('is searched as a whole, and shows the context of a match', async () => {
    const page = await site.openAs('viewer', `/runs/${site.runs.events}`);
    await logLine(page, 1).waitFor();
    const search = page.getByRole('searchbox', { name: 'Search log' });
    await search.fill('products/42');
    await page.getByText('1 of 41').waitFor();
    await search.press('Enter');
    await page.getByText('2 of 41').waitFor();
    await page.waitForURL(/find=products/);
    const current = page.locator('[data-current="true"]');
    await current.getByText('products/42').waitFor();
    await log(page).focus();
    await page.keyboard.press('Shift+N');
    await page.getByText('1 of 41').waitFor();
    await expectAccessible(page);
    await page.context().close();
  });

  it('can show the lines of a single stream', async () => {
    const page = await site.openAs('viewer', `/runs/${site.runs.events}?show=stderr`);
    await log(page).getByText('WARNING: event 003999 came late').waitFor();
    expect(await page.locator('[data-line]').count()).toBe(8);
    await page.getByText(/^8 of 4,0\d\d lines$/).waitFor();
    await page.context().close();
  });

  it('scrolls to its end without blanks, and can be opened at a line by a link', async () => {
    const page = await site.openAs('viewer', `/runs/${site.runs.events}?line=2000&line_end=2003`);
    await logLine(page, 2003).waitFor();
    expect(await page.locator('[data-chosen="true"]').count()).toBe(4);
    await log(page).focus();
    await page.keyboard.press('End');
    await log(page).getByText('all events read').waitFor();
    await page.keyboard.press('Home');
    await logLine(page, 1).waitFor();
    await logLine(page, 3).getByRole('link', { name: 'Line 3' }).click();
    await page.waitForURL(/line=3$/);
    await page.context().close();
  });

  it('is copied including lines that were not rendered when the selection began', async () => {
    const page = await site.openAs('viewer', `/runs/${site.runs.events}`, {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    // Only the page in front may write to the clipboard.
    await page.bringToFront();
    await logLine(page, 10).waitFor();
    await logLine(page, 10)
      .locator('[data-line-text]')
      .click({ position: { x: 1, y: 8 } });
    await page.evaluate('document.querySelector("[data-log-scroller]").scrollTop += 18 * 600');
    await logLine(page, 620)
      .locator('[data-line-text]')
      .click({ position: { x: 1, y: 8 }, modifiers: ['Shift'] });
    await page.keyboard.press('Control+c');
    await page.getByText('Copied 611 lines.').waitFor();
    const copied = await page.evaluate<string>('navigator.clipboard.readText()');
    expect(copied.split('\n')).toHaveLength(611);
    expect(copied.split('\n')[1]).toMatch(/^event 0000\d\d: page_view/);
    await page.context().close();
  });

  it('keeps the row in which a selection begins, however soon it is scrolled', async () => {
    const page = await site.openAs('viewer', `/runs/${site.runs.events}`);
    // Before its text, a line is a placeholder, in which nothing can be selected.
    await logLine(page, 10).locator('[data-line-text]').waitFor();
    // The selection is set while the scroll event is handled, so that no selectionchange comes before it.
    await page.evaluate(`
      const text = document.querySelector('[data-line="9"] [data-line-text]');
      addEventListener('scroll', () => getSelection().collapse(text, 0), { capture: true, once: true });
      document.querySelector('[data-log-scroller]').scrollTop += 18 * 600;
    `);
    await logLine(page, 620).waitFor();
    expect(await logLine(page, 10).count()).toBe(1);
    await page.context().close();
  });

  it('is downloaded as a whole', async () => {
    const page = await site.openAs('viewer', `/runs/${site.runs.events}`);
    await page.getByRole('button', { name: 'Download' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: 'Without timestamps' }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/ga4_events.*\.log$/);
    await page.context().close();
  });
});

describe('the comparison of a run with the last successful one', () => {
  it('shows the differences', async () => {
    const page = await site.openAs('developer', `/runs/${site.runs.orders}`);
    await page.getByRole('link', { name: 'Compare with #1' }).click();
    await page.getByRole('heading', { name: 'Compare #1 → shop_orders #2' }).waitFor();
    await page.getByRole('link', { name: 'View changes' }).first().waitFor();
    await page.getByText('orders.discount_code').first().waitFor();
    await page.getByRole('region', { name: 'Diff of the logs' }).waitFor();
    await expectAccessible(page);
    await page.context().close();
  });

  it('fits on a phone, with nothing cut off', async () => {
    const address = `/runs/${site.runs.orders}/compare?base=${site.runs.firstOrders}`;
    const page = await site.openAs('viewer', address, { viewport: { width: 380, height: 800 } });
    const details = page.getByRole('region', { name: 'Both runs' });
    await details.getByRole('link', { name: 'View changes' }).first().waitFor();
    await details.getByRole('button', { name: /^Show \d+ equal rows$/ }).click();
    const cells = await details.locator('td').all();
    const boxes = await Promise.all(cells.map((cell) => cell.boundingBox()));
    expect(boxes.length).toBeGreaterThan(30);
    for (const box of boxes) expect((box?.x ?? 380) + (box?.width ?? 0)).toBeLessThan(380);
    await page.context().close();
  });

  it('is empty if no earlier run completed', async () => {
    const page = await site.openAs('viewer', `/runs/${site.runs.payments}/compare`);
    await page.getByText('No run to compare with').waitFor();
    await page.context().close();
  });
});

it('causes no browser errors', () => {
  expect(site.complaints).toEqual([]);
});
