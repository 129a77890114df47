/** The list of runs: range of time, histogram, order, folded runs, and actions on selected runs. */
import type { Page } from 'playwright-core';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyRun, setRun } from '@pumphouse/server/store/postgres/testing/runs.ts';
import { defineScriptJob, deployWorkspace, triggerJob } from '../../fixtures/deploy-workspace.ts';
import { expectAccessible, startEmptyConsoleSite, type ConsoleSite } from '../../fixtures/console-site.ts';
import { openServerStore } from '../../fixtures/server-store.ts';

let site: ConsoleSite;
let holdingId: string;

const hourMs = 3_600_000;
const ago = (ms: number) => new Date(Date.now() - ms);
const screenshots = process.env['PUMPHOUSE_TEST_SCREENSHOTS'];
const oldRuns = 40;

beforeAll(async () => {
  site = await startEmptyConsoleSite();
  const { server, api } = site;
  const idle = Array.from({ length: 17 }, (_, n) => `idle_${n + 1}`);
  await deployWorkspace(server, api.id, {
    files: {
      ...Object.fromEntries(idle.map((name) => [`${name}.py`, 'print("idle")\n'])),
      'hold.py': 'import time\nprint("holding", flush=True)\nwhile True:\n    time.sleep(1)\n',
      'load.py': 'print("done")\n',
      'price.py': 'raise ValueError("no price for item 7")\n',
    },
    jobs: [
      { ...defineScriptJob('hold'), execute: { timeout: { grace_period: 1 } } },
      defineScriptJob('load'),
      defineScriptJob('price'),
      ...idle.map((name) => defineScriptJob(name)),
    ],
  });
  const runOnce = async (jobRef: string) => {
    const id = await triggerJob(server, api.id, jobRef);
    await api.awaitEnd(id);
    return id;
  };
  const loadId = await runOnce('jobs.load');
  const priceIds = [await runOnce('jobs.price'), await runOnce('jobs.price'), await runOnce('jobs.price')];
  await placeRuns(loadId, priceIds);
  holdingId = await triggerJob(server, api.id, 'jobs.hold');
  await api.awaitLine(holdingId, 'holding');
});
afterAll(() => site?.remove());

/** Moves the failed runs to about three hours ago, and adds older completed ones: a test cannot wait for days. */
async function placeRuns(loadId: string, priceIds: readonly string[]): Promise<void> {
  const { database, close } = await openServerStore(site.server);
  // Within one bar of the histogram, which is half an hour.
  const failedFrom = Math.floor(ago(3 * hourMs).getTime() / hourMs) * hourMs + 600_000;
  for (const [index, id] of priceIds.entries()) {
    const at = new Date(failedFrom + index * 60_000);
    await setRun(database, id, { createdAt: at, startedAt: at, finishedAt: new Date(at.getTime() + 5000) });
  }
  await copyRun(database, loadId, oldRuns, (n) => ({
    createdAt: ago((72 + n) * hourMs),
    startedAt: ago((72 + n) * hourMs),
    finishedAt: ago((72 + n) * hourMs - n * 60_000),
  }));
  await close();
}

const rowOf = (page: Page, name: string) =>
  page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });
const tab = (page: Page, word: string) =>
  page.getByRole('navigation', { name: 'States' }).getByRole('link', { name: word });
const range = (page: Page, word: string) =>
  page.getByRole('navigation', { name: 'Time range' }).getByRole('link', { name: word, exact: true });
const histogram = (page: Page) => page.getByRole('toolbar', { name: 'Runs by time of creation' });
const runRows = (page: Page) => page.locator('tr[data-row]');
const folded = (page: Page) => page.getByRole('button', { name: 'price ×3' });

describe('the range of the list', () => {
  it('is chosen by a link, the histogram or two times, and is in the address', async () => {
    const page = await site.openAs('viewer', '/runs');
    await tab(page, `All ${oldRuns + 5}`).waitFor();
    await tab(page, 'Failed 3').waitFor();
    if (screenshots) await page.screenshot({ path: `${screenshots}/runs-all.png` });
    await range(page, '24 h').click();
    await page.waitForURL(/range=24h/);
    await tab(page, 'All 5').waitFor();
    await rowOf(page, 'load #1').waitFor();
    expect(await rowOf(page, `load #${oldRuns + 1}`).count()).toBe(0);

    await histogram(page)
      .getByRole('button', { name: /3 failed/ })
      .click();
    await page.waitForURL(/from=.*to=/);
    await tab(page, 'All 3').waitFor();
    await folded(page).waitFor();
    if (screenshots) await page.screenshot({ path: `${screenshots}/runs-bar.png` });
    await page.goBack();
    await page.waitForURL(/range=24h/);
    await tab(page, 'All 5').waitFor();

    await page.getByRole('button', { name: 'Custom…' }).click();
    await page.getByLabel('Created from').fill('2020-01-02T00:00');
    await page.getByLabel('Created before').fill('2020-01-01T00:00');
    await page.getByText('Choose a time after the start.').waitFor();
    await page.getByLabel('Created before').fill('2020-01-03T00:00');
    await page.getByRole('button', { name: 'Show runs' }).click();
    await page.getByText('No runs match these filters').waitFor();
    await page.context().close();
  });

  it('is selected in the histogram by dragging and by keys', async () => {
    const page = await site.openAs('viewer', '/runs');
    const failed = histogram(page).getByRole('button', { name: /3 failed/ });
    await failed.waitFor();
    const bars = await histogram(page).boundingBox();
    const bar = await failed.boundingBox();
    if (!bars || !bar) throw new Error('The histogram is not shown');
    const y = bars.y + bars.height / 2;
    await page.mouse.move(bar.x + bar.width / 2, y);
    await page.mouse.down();
    await page.mouse.move(bars.x + bars.width - 2, y, { steps: 4 });
    await page.mouse.up();
    await page.waitForURL(/from=.*to=/);
    await tab(page, 'All 5').waitFor();

    await page.goto(site.workspaceUrl('/runs'));
    const last = histogram(page).getByRole('button').last();
    await last.focus();
    await page.keyboard.press('Home');
    expect(await histogram(page).getByRole('button').first().getAttribute('tabindex')).toBe('0');
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('Enter');
    await page.waitForURL(/from=.*to=/);
    await rowOf(page, `load #${oldRuns + 1}`).waitFor();
    expect(await rowOf(page, 'load #1').count()).toBe(0);
    await page.context().close();
  });
});

describe('the rows', () => {
  it('fold repeated failures, and open in place', async () => {
    const page = await site.openAs('viewer', '/runs?status=failed');
    await folded(page).waitFor();
    expect(await runRows(page).count()).toBe(1);
    expect(await runRows(page).first().innerText()).toContain('ValueError: no price for item 7');
    await folded(page).click();
    await rowOf(page, 'price #1').waitFor();
    expect(await runRows(page).count()).toBe(4);
    await folded(page).click();
    await rowOf(page, 'price #1').waitFor({ state: 'detached' });
    await page.context().close();
  });

  it('are sorted by a column, and the header stays in view', async () => {
    const page = await site.openAs('viewer', '/runs?status=completed');
    const duration = page.getByRole('columnheader', { name: /Duration/ });
    await duration.getByRole('button').click();
    await page.waitForURL(/sort=-duration_seconds/);
    await page.locator('tr[data-row][data-index="0"]', { hasText: `#${oldRuns + 1}` }).waitFor();
    expect(await duration.getAttribute('aria-sort')).toBe('descending');
    await page.mouse.move(700, 600);
    await page.mouse.wheel(0, 5000);
    await rowOf(page, 'load #1').waitFor();
    await expect.poll(async () => Math.round((await duration.boundingBox())?.y ?? 0)).toBe(48);
    await page.context().close();
  });
});

describe('selected runs', () => {
  it('are chosen one by one and as a range, compared and exported', async () => {
    const page = await site.openAs('viewer', '/runs?status=completed');
    const select = (number: number) =>
      page.getByRole('checkbox', { name: `Select load #${number}`, exact: true });
    await select(2).click();
    await select(5).click({ modifiers: ['Shift'] });
    const bar = page.getByRole('group', { name: 'Selected runs' });
    await bar.getByText('4 runs selected').waitFor();
    if (screenshots) await page.screenshot({ path: `${screenshots}/runs-selected.png` });
    await expectAccessible(page);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      bar.getByRole('button', { name: 'Export CSV' }).click(),
    ]);
    const lines = (await readFile(await download.path(), 'utf8')).trim().split('\r\n');
    expect(lines[0]).toContain('run_id,job,job_ref,number,state');
    expect(lines).toHaveLength(5);
    await select(3).click();
    await select(4).click();
    await bar.getByText('2 runs selected').waitFor();
    await bar.getByRole('link', { name: 'Compare' }).click();
    await page.waitForURL(/\/compare\?base=/);
    await page.context().close();
  });

  it('are cancelled behind a run that keeps them waiting', async () => {
    const { database, close } = await openServerStore(site.server);
    const waiting = await copyRun(database, holdingId, 3, () => ({ status: 'pending', isQueued: true }));
    await close();
    const page = await site.openAs('developer', `/runs/${holdingId}`);
    await page.getByRole('link', { name: '3 runs wait for this run' }).click();
    await page.getByText('Waiting for hold #1').waitFor();
    await expect.poll(() => runRows(page).count()).toBe(3);
    await page.getByRole('checkbox', { name: 'Select all shown runs' }).click();
    await page.getByRole('button', { name: 'Cancel runs…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Cancel 3 runs?' });
    await dialog.getByText('3 pending.').waitFor();
    await dialog.getByRole('button', { name: 'Cancel 3 runs' }).click();
    await page.getByText('Cancelling 3 runs.').waitFor();
    await page.getByRole('link', { name: 'hold #2: cancelling, was pending' }).waitFor();
    if (screenshots) await page.screenshot({ path: `${screenshots}/runs-cancelled.png` });
    for (const id of waiting) expect((await site.api.awaitEnd(id)).status).toBe('cancelled');
    await page.context().close();
  });

  it('are started again, each job once', async () => {
    const page = await site.openAs('developer', '/runs?status=failed');
    await page.getByRole('checkbox', { name: 'Select 3 runs of price' }).click();
    await page.getByRole('button', { name: 'Run again…' }).click();
    await page.getByRole('button', { name: 'Run 1 job' }).click();
    const started = page.getByRole('link', { name: /^price: started #4/ });
    await started.waitFor();
    const [, id = ''] = /runs\/([\da-f-]+)/.exec((await started.getAttribute('href')) ?? '') ?? [];
    expect((await site.api.awaitEnd(id)).status).toBe('failed');
    await page.context().close();
  });

  it('cannot be cancelled by a viewer, who sees why', async () => {
    const page = await site.openAs('viewer', '/runs?status=running');
    await page.getByRole('checkbox', { name: 'Select hold #1' }).click();
    const cancel = page.getByRole('button', { name: 'Cancel runs…' });
    expect(await cancel.getAttribute('aria-disabled')).toBe('true');
    await cancel.hover();
    await page.getByText('Requires the role developer in this workspace').waitFor();
    await page.context().close();
  });
});

describe('saved views', () => {
  it('keep the filters of a user, who can share, rename and delete them', async () => {
    const page = await site.openAs('developer', '/runs?status=failed&range=24h');
    const views = (of: Page) => of.getByRole('navigation', { name: 'Saved views' });
    await views(page).getByRole('button', { name: 'Save view…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Save view' });
    await dialog.getByLabel('Name').fill('Last night');
    await dialog.getByRole('button', { name: 'Save view' }).click();
    const chip = views(page).getByRole('link', { name: 'Last night' });
    await chip.waitFor();
    expect(await chip.getAttribute('aria-current')).toBe('page');
    const viewer = await site.openAs('viewer', '/runs?status=completed');
    await views(viewer).getByRole('button', { name: 'Save view…' }).waitFor();
    expect(await views(viewer).getByRole('link').count()).toBe(0);

    const menu = page.getByRole('button', { name: 'Change the view Last night' });
    await menu.click();
    await page.getByRole('menuitem', { name: 'Share in the workspace' }).click();
    await views(page).getByRole('link', { name: 'Last night shared' }).waitFor();
    if (screenshots) await page.screenshot({ path: `${screenshots}/runs-views.png` });
    await expectAccessible(page);
    // By an event, without a reload.
    await views(viewer).getByRole('link', { name: 'Last night shared' }).click();
    await viewer.waitForURL(/range=24h.*status=failed|status=failed.*range=24h/);
    expect(await viewer.getByRole('button', { name: /Change the view/ }).count()).toBe(0);
    await viewer.context().close();

    await menu.click();
    await page.getByRole('menuitem', { name: 'Rename…' }).click();
    const rename = page.getByRole('dialog', { name: 'Rename Last night' });
    await rename.getByLabel('Name').fill('Failures');
    await rename.getByRole('button', { name: 'Rename' }).click();
    await views(page).getByRole('link', { name: 'Failures shared' }).waitFor();

    // An owner renames and deletes what others share, and changes nothing else.
    const owner = await site.openAs('owner', '/runs');
    await owner.getByRole('button', { name: 'Change the view Failures' }).click();
    await owner.getByRole('menuitem').first().waitFor();
    expect(await owner.getByRole('menuitem').allInnerTexts()).toEqual(['Rename…', 'Delete…']);
    await owner.getByRole('menuitem', { name: 'Delete…' }).click();
    await owner.getByRole('button', { name: 'Delete view' }).click();
    await views(page).getByRole('link').waitFor({ state: 'detached' });
    await owner.context().close();
    await page.context().close();
  });
});

describe('the keyboard', () => {
  it('needs one tab stop for each row of Jobs, and the arrow keys within it', async () => {
    const page = await site.openAs('developer', '/jobs');
    const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'load', exact: true }) });
    await row.getByRole('group', { name: 'Last 20 runs' }).waitFor();
    await expect.poll(() => runRows(page).count()).toBe(20);
    const tabStops = () =>
      page.evaluate(`[...document.querySelectorAll('a[href], button, input, [tabindex]')]
        .filter((each) => each.tabIndex >= 0 && each.getClientRects().length > 0).length`);
    await expect.poll(tabStops).toBeLessThan(60);
    if (screenshots) await page.screenshot({ path: `${screenshots}/jobs-20.png` });
    const link = row.getByRole('link', { name: 'load', exact: true });
    await link.focus();
    await page.keyboard.press('ArrowRight');
    const focused = () =>
      page.evaluate('document.activeElement.textContent + document.activeElement.ariaLabel');
    expect(await focused()).not.toContain('load');
    await page.keyboard.press('End');
    expect(await focused()).toContain('More actions for load');
    await page.keyboard.press('Home');
    expect(await link.evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true);
    await page.context().close();
  });

  it('needs one tab stop for each row of Runs, and selects a run without the mouse', async () => {
    const page = await site.openAs('developer', '/runs?status=completed');
    const row = rowOf(page, 'load #1');
    const stops = () => row.locator(':is(a[href], button, input):not([tabindex="-1"])').count();
    await expect.poll(stops).toBe(1);
    await row.getByRole('link', { name: 'load #1', exact: true }).focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Space');
    expect(await row.getByRole('checkbox').isChecked()).toBe(true);
    await page.getByText('1 run selected').waitFor();
    expect(await stops()).toBe(1);
    await page.context().close();
  });

  it.each([
    ['/jobs', 'price', /jobs\/jobs/],
    ['/runs?status=completed', 'load #1', /runs\/[\da-f-]{36}/],
  ])('returns to the opened row of %s on Back', async (path, name, opened) => {
    const page = await site.openAs('viewer', path);
    const link = page.getByRole('link', { name, exact: true });
    await link.focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(opened);
    await page.getByRole('heading', { level: 1, name }).waitFor();
    await page.goBack();
    await expect
      .poll(() => link.evaluate((element) => element === element.ownerDocument.activeElement))
      .toBe(true);
    await page.context().close();
  });
});

it('the list fits a narrow screen and is accessible', async () => {
  for (const width of [1440, 390]) {
    const page = await site.openAs('viewer', '/runs', { viewport: { width, height: 900 } });
    await folded(page).or(rowOf(page, 'price #4')).first().waitFor();
    await histogram(page).waitFor();
    await expectAccessible(page);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    if (screenshots) await page.screenshot({ path: `${screenshots}/runs-${width}.png` });
    await page.context().close();
  }
  expect(site.complaints).toEqual([]);
});
