import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyRun, setRun } from '@pumphouse/server/store/postgres/testing/runs.ts';
import { defineScriptJob, deployWorkspace, triggerJob } from '../../fixtures/deploy-workspace.ts';
import { expectAccessible, startEmptyConsoleSite, type ConsoleSite } from '../../fixtures/console-site.ts';
import { openServerStore } from '../../fixtures/server-store.ts';

let site: ConsoleSite;
let waitedId: string;
let failedId: string;

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** The next tick of `load`: a whole hour that comes after these tests, and within the time that is shown. */
const tick = new Date(Math.ceil(Date.now() / hourMs) * hourMs + hourMs);
const ago = (ms: number) => new Date(Date.now() - ms);
const screenshots = process.env['PUMPHOUSE_TEST_SCREENSHOTS'];

beforeAll(async () => {
  site = await startEmptyConsoleSite({ PUMPHOUSE_MAX_ACTIVE_RUNS: '1' });
  const { server, api } = site;
  await deployWorkspace(server, api.id, {
    files: {
      'hold.py': 'import time\nprint("holding", flush=True)\nwhile True:\n    time.sleep(1)\n',
      'load.py': 'print("done")\n',
      'price.py': 'raise ValueError("no price for item 7")\n',
    },
    jobs: [
      { ...defineScriptJob('hold'), execute: { timeout: { grace_period: 1 } } },
      withTag(
        { ...defineScriptJob('load'), triggers: [`schedule:0 ${tick.getUTCHours()} * * *`] },
        'finance',
      ),
      withTag(defineScriptJob('price'), 'finance'),
    ],
  });
  const holding = await triggerJob(server, api.id, 'jobs.hold');
  await api.awaitLine(holding, 'holding');
  waitedId = await triggerJob(server, api.id, 'jobs.load');
  await api.awaitLine(waitedId, 'Waiting for a free slot');
  await server.client.call('cancel_job_run', { params: { workspace_id: api.id, job_run_id: holding } });
  await api.awaitEnd(holding);
  expect((await api.awaitEnd(waitedId)).status).toBe('completed');
  failedId = await triggerJob(server, api.id, 'jobs.price');
  expect((await api.awaitEnd(failedId)).status).toBe('failed');
  await placeRuns();
});
afterAll(() => site?.remove());

function withTag(job: Record<string, unknown>, tag: string): Record<string, unknown> {
  return { ...job, expose: { tags: [tag] } };
}

/** Moves the runs to known times, and adds older ones: a test cannot wait for hours. */
async function placeRuns(): Promise<void> {
  const { database, close } = await openServerStore(site.server);
  await setRun(database, waitedId, {
    createdAt: ago(5 * hourMs),
    startedAt: ago(4 * hourMs),
    finishedAt: ago(2 * hourMs),
  });
  await setRun(database, failedId, {
    createdAt: ago(10 * hourMs),
    startedAt: ago(10 * hourMs),
    finishedAt: ago(9 * hourMs),
  });
  await copyRun(database, waitedId, 3, (n) => ({
    createdAt: ago((6 + n) * hourMs),
    startedAt: ago((6 + n) * hourMs),
    finishedAt: ago((6 + n) * hourMs - 10 * minuteMs),
  }));
  await close();
}

const plotOf = (page: Page) => page.getByRole('application', { name: /^Timeline/ });
const status = (page: Page) => page.getByRole('status', { name: 'Focused run' });
const label = (page: Page, name: string) => page.getByRole('link', { name, exact: true });
const tip = (page: Page) => page.getByRole('tooltip');

/** The position of a time in the plot, and of a row, in the window. */
async function placeOf(page: Page, at: Date, jobName: string, range = { before: 24, after: 4 }) {
  const plot = await plotOf(page).boundingBox();
  const row = await label(page, jobName).boundingBox();
  if (!plot || !row) throw new Error('The timeline is not shown');
  const share =
    (at.getTime() - (Date.now() - range.before * hourMs)) / ((range.before + range.after) * hourMs);
  return { x: plot.x + share * plot.width, y: row.y + row.height / 2 };
}

async function openTimeline(path = '/timeline', options = {}): Promise<Page> {
  const page = await site.openAs('viewer', path, options);
  await page.getByRole('link', { name: /^load/ }).first().waitFor();
  return page;
}

describe('the timeline', () => {
  it('shows for a bar its times, what it waited for and why it failed, and opens its run', async () => {
    const page = await openTimeline();
    await page.getByRole('button', { name: /finance/ }).waitFor();
    const waiting = await placeOf(page, ago(4.5 * hourMs), 'load');
    await page.mouse.move(waiting.x, waiting.y);
    await tip(page).getByText('load #1: Completed').waitFor();
    await tip(page).getByText('Waited 1 h before it started').waitFor();
    await tip(page)
      .getByText(/Waiting for a free slot: 1 of 1 in use/)
      .waitFor();
    const failed = await placeOf(page, ago(9.5 * hourMs), 'price');
    await page.mouse.move(failed.x, failed.y);
    await tip(page).getByText('price #1: Failed').waitFor();
    await tip(page)
      .getByText(/no price for item 7/)
      .waitFor();
    if (screenshots) await page.screenshot({ path: `${screenshots}/timeline.png` });
    await expectAccessible(page);
    await page.mouse.click(failed.x, failed.y);
    await page.waitForURL(new RegExp(`/runs/${failedId}`));
    await page.context().close();
  });

  it('shows the ticks that the scheduler has planned', async () => {
    const page = await openTimeline();
    const { x, y } = await placeOf(page, tick, 'load');
    await page.mouse.move(x, y);
    await tip(page)
      .getByText(/^load: planned at/)
      .waitFor();
    await tip(page)
      .getByText(/^at \d\d:00/)
      .waitFor();
    await page.context().close();
  });

  it('is zoomed and panned by wheel, drag and buttons, and its URL holds the view', async () => {
    const page = await openTimeline();
    const { x, y } = await placeOf(page, ago(4 * hourMs), 'load');
    await page.mouse.move(x, y);
    await page.keyboard.down('Control');
    await page.mouse.wheel(0, -600);
    await page.keyboard.up('Control');
    await page.waitForURL(/from=.*&to=/);
    const zoomed = readRange(page);
    expect(zoomed.to - zoomed.from).toBeLessThan(12 * hourMs);
    await page.mouse.down();
    await page.mouse.move(x + 200, y, { steps: 5 });
    await page.mouse.up();
    await page.waitForURL((url) => url.search !== zoomed.search);
    expect(readRange(page).from).toBeLessThan(zoomed.from);
    const dragged = readRange(page);
    await page.getByRole('button', { name: 'Later' }).click();
    await page.waitForURL((url) => url.search !== dragged.search);
    await page.reload();
    await label(page, 'load').waitFor();
    expect(readRange(page).from).toBeGreaterThan(dragged.from);
    await page.getByRole('link', { name: '7 d', exact: true }).click();
    await page.waitForURL(/\/timeline\?range=7d$/);
    await page.context().close();
  });

  it('is zoomed with two fingers', async () => {
    const page = await openTimeline('/timeline', { hasTouch: true });
    const { x, y } = await placeOf(page, ago(4 * hourMs), 'load');
    const touch = await page.context().newCDPSession(page);
    const press = (type: 'touchStart' | 'touchMove', ...places: number[]) =>
      touch.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: places.map((place, id) => ({ x: place, y, id })),
      });
    await press('touchStart', x - 40);
    await press('touchStart', x - 40, x + 40);
    for (const far of [80, 120, 160]) await press('touchMove', x - far, x + far);
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await page.waitForURL(/from=.*&to=/);
    const zoomed = readRange(page);
    // The distance is four times that of the start; what was between the fingers is still there.
    expect((zoomed.to - zoomed.from) / hourMs).toBeCloseTo(7, 0);
    expect(zoomed.from).toBeLessThan(ago(4 * hourMs).getTime());
    expect(zoomed.to).toBeGreaterThan(ago(4 * hourMs).getTime());
    await page.context().close();
  });

  it('opens the runs of a selected range', async () => {
    const page = await openTimeline();
    const from = await placeOf(page, ago(9 * hourMs + 30 * minuteMs), 'load');
    const to = await placeOf(page, ago(6 * hourMs), 'load');
    await page.keyboard.down('Shift');
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(to.x, to.y, { steps: 5 });
    await page.mouse.up();
    await page.keyboard.up('Shift');
    const selected = page.getByRole('region', { name: 'Selected range' });
    await selected.getByText(/3 runs/).waitFor();
    await expectAccessible(page);
    await selected.getByRole('link', { name: 'Show runs' }).click();
    await page.getByRole('link', { name: 'load #4' }).waitFor();
    await page.getByRole('link', { name: /^Created/ }).waitFor();
    expect(await page.getByRole('link', { name: 'price #1' }).count()).toBe(0);
    expect(await page.getByRole('link', { name: 'load #1', exact: true }).count()).toBe(0);
    await page.getByRole('button', { name: 'Clear the range of time' }).click();
    await page.getByRole('link', { name: 'price #1' }).waitFor();
    await page.context().close();
  });

  it('is read and used with the keyboard', async () => {
    const page = await openTimeline('/timeline?group=none');
    await label(page, 'price').focus();
    await plotOf(page).press('ArrowDown');
    await status(page)
      .getByText(/^(hold|load|price) #1/)
      .waitFor();
    const rows = await page.getByRole('list', { name: 'Jobs' }).getByRole('link').allInnerTexts();
    expect(rows.map((row) => row.trim())).toEqual(['hold', 'load', 'price']);
    while (!(await status(page).innerText()).startsWith('load #1')) {
      await plotOf(page).press('ArrowDown');
    }
    await plotOf(page).press('ArrowLeft');
    await status(page)
      .getByText(/^load #\d: Completed/)
      .waitFor();
    await plotOf(page).press('+');
    await page.waitForURL(/from=/);
    await plotOf(page).press('Enter');
    await page.waitForURL(/\/runs\/[\da-f-]+$/);
    await page.context().close();
  });

  it('folds groups, hides idle jobs, and has a table', async () => {
    const page = await openTimeline();
    await page.getByRole('button', { name: /finance/ }).click();
    await label(page, 'load').waitFor({ state: 'detached' });
    await page.waitForURL(/fold=finance/);
    await page.getByText('Schedule', { exact: true }).click();
    await page.getByRole('button', { name: /At \d\d:00/ }).waitFor();
    await page.getByRole('button', { name: 'Show as table' }).click();
    const row = page.getByRole('row', { name: /load #1/ });
    await row.getByText(/Waiting for a free slot/).waitFor();
    await expectAccessible(page);
    await page.context().close();
  });

  it('changes when a run starts', async () => {
    const page = await openTimeline('/timeline?table=true&range=6h');
    const { server, api } = site;
    const id = await triggerJob(server, api.id, 'jobs.price');
    await page.getByRole('link', { name: 'price #2' }).waitFor();
    await api.awaitEnd(id);
    await page
      .getByRole('row', { name: /price #2/ })
      .getByText('Failed')
      .waitFor();
    await page.context().close();
  });

  it('marks starts that were late, and ticks that no server saw', async () => {
    const { database, close } = await openServerStore(site.server);
    const [late = '', missed = ''] = await copyRun(database, waitedId, 2, (n) => ({
      createdAt: ago((12 + 3 * n) * hourMs),
      ...(n === 1 ? { startedAt: ago(15 * hourMs) } : { status: 'skipped' as const, startedAt: null }),
      finishedAt: ago((n === 1 ? 14 : 18) * hourMs),
    }));
    await setRun(database, late, { tickAt: ago(15.5 * hourMs) });
    await setRun(database, missed, {
      skip: {
        status: 'skipped_missed',
        reasons: ['No server was running.'],
        count: 3,
        firstAt: ago(20 * hourMs).toISOString(),
        lastAt: ago(18 * hourMs).toISOString(),
      },
    });
    await close();
    const page = await openTimeline();
    const bar = await placeOf(page, ago(14.5 * hourMs), 'load');
    await page.mouse.move(bar.x, bar.y);
    await tip(page)
      .getByText(/^Late: created 30 min after its tick$/)
      .waitFor();
    const tick = await placeOf(page, ago(18 * hourMs), 'load');
    await page.mouse.move(tick.x, tick.y);
    await tip(page)
      .getByText(/^Missed tick at .* \(3 times\)$/)
      .waitFor();
    await tip(page).getByText('No server was running.').waitFor();
    await page.context().close();
  });

  it('fits a phone', async () => {
    const page = await openTimeline('/timeline', { viewport: { width: 390, height: 844 } });
    const width = await page.evaluate<number>('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(390);
    await expectAccessible(page);
    if (screenshots) await page.screenshot({ path: `${screenshots}/timeline-390.png` });
    await page.context().close();
  });

  it('counts runs by time if there are too many to show each, and zooms in to single runs', async () => {
    const { database, close } = await openServerStore(site.server);
    const createdAt = (n: number) => ago(20 * 24 * hourMs - n * minuteMs);
    await copyRun(database, waitedId, 5001, (n) => ({
      createdAt: createdAt(n),
      startedAt: createdAt(n),
      finishedAt: createdAt(n),
    }));
    await close();
    const page = await openTimeline('/timeline?range=30d');
    const text = page.getByText('Too many runs to show each: counts by time.');
    await text.waitFor();
    const { x, y } = await placeOf(page, createdAt(2500), 'load', { before: 720, after: 120 });
    await page.mouse.move(x, y);
    await tip(page)
      .getByText(/^load: \d+ runs$/)
      .waitFor();
    await tip(page)
      .getByText(/^\d+ completed$/)
      .waitFor();
    await expectAccessible(page);
    await page.mouse.click(x, y);
    await page.waitForURL(/from=.*&to=/);
    await text.waitFor({ state: 'detached' });
    await page.context().close();
  });
});

function readRange(page: Page) {
  const { search, searchParams } = new URL(page.url());
  return {
    search,
    from: Date.parse(searchParams.get('from') ?? ''),
    to: Date.parse(searchParams.get('to') ?? ''),
  };
}
