import type { Browser, BrowserContext, Page, Request } from 'playwright-core';
import type { ConsoleRuns } from '../fixtures/console-workspace.ts';
import type { ConsoleSite } from '../fixtures/console-site.ts';
import type { Row } from './report.ts';
import { readGraveViolations } from '../fixtures/console-site.ts';
import { makeLargeLineage } from '../fixtures/large-lineage.ts';
import { measureFrames } from './measure-frames.ts';
import { startHistorySite } from '../history/history-site.ts';
import { launchBrowser } from '../fixtures/browser.ts';
import { ownerEmail } from '../fixtures/server.ts';
import { seedHistory } from './seed-history.ts';
import { sendSignInForm } from '../fixtures/sign-in-form.ts';
import { startRun } from '../fixtures/console-workspace.ts';
import { summarize } from './samples.ts';

type Site = ConsoleSite & { runs: ConsoleRuns };

const quietSeconds = 20;
const large = { width: 1440, height: 900 };
const phone = { width: 390, height: 844 };

interface MeasuredPage {
  name: string;
  path: string;
  /** What shows that the page has its content. */
  content: (page: Page) => Promise<void>;
}

const rowsOf = (page: Page) => page.locator('[data-row]').nth(9).waitFor();
const panelOf = (page: Page) => page.getByRole('heading', { level: 2 }).first().waitFor();
const linesOf = (page: Page) => page.locator('[data-line-text]').first().waitFor();

const listPages = (runs: ConsoleRuns, running: string): MeasuredPage[] => [
  { name: 'Overview', path: '', content: panelOf },
  { name: 'Jobs', path: '/jobs', content: rowsOf },
  { name: 'Runs', path: '/runs', content: rowsOf },
  { name: 'Timeline', path: '/timeline', content: (page) => page.getByRole('application').waitFor() },
  { name: 'Job', path: '/jobs/jobs.inventory?tab=runs', content: rowsOf },
  { name: 'Pipeline', path: '/pipelines/shop', content: panelOf },
  { name: 'Table', path: '/datasets/shop_data/tables/orders', content: panelOf },
  { name: 'Lineage', path: '/lineage', content: (page) => page.locator('[data-node]').first().waitFor() },
  { name: 'Failed run', path: `/runs/${runs.payments}`, content: linesOf },
  { name: 'Running run', path: `/runs/${running}`, content: linesOf },
];

/** The pages of the console over 120 days of runs: what each loads and shows, as its review of 2026-11-28 measured it. */
export async function measureConsolePages(rounds: number): Promise<Row[]> {
  const site = await startHistorySite();
  try {
    const running = await startRun(site.server, site.api, 'jobs.warehouse_backfill');
    await site.api.awaitLine(running, 'day 3 of');
    const context = await site.signIn('owner', { viewport: large });
    const state = await context.storageState();
    const rows: Row[] = [];
    for (const page of listPages(site.runs, running))
      rows.push(...(await measurePage({ site, state, rounds }, page)));
    rows.push(...(await measureLargeLineage(site, context)));
    await context.close();
    return [...rows, ...(await measureLargeTimeline())];
  } finally {
    await site.remove();
  }
}

interface Scope {
  site: Site;
  state: Awaited<ReturnType<BrowserContext['storageState']>>;
  rounds: number;
}

async function measurePage({ site, state, rounds }: Scope, measured: MeasuredPage): Promise<Row[]> {
  const opened: Opened[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const one = await openCold(site.browser, state, site.workspaceUrl(measured.path), measured);
    if (round < rounds - 1) await one.context.close();
    opened.push(one);
  }
  const last = opened.at(-1);
  if (last === undefined) throw new Error('A page is measured in one round at least');
  const { context, page, traffic } = last;
  const before = traffic.requests.length;
  await page.waitForTimeout(quietSeconds * 1000);
  const inQuiet = traffic.requests.length - before;
  const shift = await page.evaluate<number>('globalThis.layoutShift');
  const counts = await page.evaluate<{ stops: number; rows: number; lines: number }>(countScript);
  const violations = (await readGraveViolations(page)).length;
  await page.setViewportSize(phone);
  const onPhone = (await readGraveViolations(page)).length;
  const { wide } = await page.evaluate<{ wide: number }>(
    `({ wide: Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth) })`,
  );
  await context.close();
  const figure = (name: string, unit: Row['unit'], values: readonly number[]): Row => ({
    name: `${measured.name}: ${name}`,
    unit,
    figure: summarize(values),
    baseline: null,
    goal: null,
  });
  return [
    figure(
      'cold, to its content',
      'ms',
      opened.map(({ elapsedMs }) => elapsedMs),
    ),
    {
      ...figure('scripts but charts', 'kB', [traffic.scriptBytes / 1000]),
      goal: { of: 'median', atMost: 250 },
    },
    { ...figure('layout shift while it loads', '%', [shift * 100]), goal: { of: 'median', atMost: 5 } },
    figure('answers of operations', 'kB', [traffic.answerBytes / 1000]),
    {
      ...figure(`requests in ${quietSeconds} quiet seconds`, 'requests', [inQuiet]),
      note: `${counts.stops} tab stops, ${counts.rows} rows and ${counts.lines} log lines visible, axe: ${violations} serious at 1440, ${onPhone} at 390, ${wide} px too wide at 390`,
    },
  ];
}

interface Traffic {
  requests: Request[];
  scriptBytes: number;
  answerBytes: number;
}

interface Opened {
  context: BrowserContext;
  page: Page;
  traffic: Traffic;
  elapsedMs: number;
}

/** Opens a page in a browser without any cached files of the console. */
async function openCold(
  browser: Browser,
  state: Scope['state'],
  address: string,
  { content }: MeasuredPage,
): Promise<Opened> {
  const context = await browser.newContext({ storageState: state, viewport: large });
  const page = await context.newPage();
  await page.addInitScript(noteShifts);
  const traffic: Traffic = { requests: [], scriptBytes: 0, answerBytes: 0 };
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (pathname !== '/pumphouse/v1/events') traffic.requests.push(request);
  });
  page.on('requestfinished', async (request) => {
    const isAnswer = /^\/(api|pumphouse)\//.test(new URL(request.url()).pathname);
    const isScript = request.resourceType() === 'script' && !request.url().includes('/trend-canvas-');
    if (!isAnswer && !isScript) return;
    // None for a request that ends while its page is closed.
    const sizes = await request.sizes().catch(() => null);
    if (isScript) traffic.scriptBytes += sizes?.responseBodySize ?? 0;
    else traffic.answerBytes += sizes?.responseBodySize ?? 0;
  });
  const startedAt = performance.now();
  await page.goto(address);
  await content(page);
  const elapsedMs = performance.now() - startedAt;
  await page.getByText('● Live').waitFor();
  return { context, page, traffic, elapsedMs };
}

/** Adds up how far content moved by itself, as a share of the window (the standard's cumulative layout shift). */
const noteShifts = `(() => {
  globalThis.layoutShift = 0;
  const add = (list) => {
    for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) globalThis.layoutShift += value;
  };
  new PerformanceObserver(add).observe({ type: 'layout-shift', buffered: true });
})()`;

const countScript = `(() => {
  const isVisible = (element) => {
    const box = element.getBoundingClientRect();
    return box.height > 0 && box.top >= 0 && box.bottom <= innerHeight && element.checkVisibility();
  };
  const stops = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')].filter(
    (element) => element.tabIndex >= 0 && !element.disabled && element.checkVisibility(),
  );
  return {
    stops: stops.length,
    rows: [...document.querySelectorAll('[data-row]')].filter(isVisible).length,
    lines: [...document.querySelectorAll('[data-line-text]')].filter(isVisible).length,
  };
})()`;

const frameRow = (name: string, frameMs: number[]): Row => ({
  name,
  unit: 'ms',
  figure: summarize(frameMs, { withP95: true }),
  baseline: null,
  goal: { of: 'p95', atMost: 50 },
});

/** Frames while a graph of 1,000 nodes is moved, and zoomed out to show all of them. */
async function measureLargeLineage(site: Site, context: BrowserContext): Promise<Row[]> {
  const params = { workspace_id: site.api.id };
  const lineage = await site.server.client.call('get_lineage', { params, query: {} });
  const page = await context.newPage();
  await page.route('**/pumphouse/v1/**/lineage', (route) =>
    route.fulfill({ json: makeLargeLineage(lineage) }),
  );
  await page.goto(site.workspaceUrl('/lineage'));
  await page.getByText('1,000 nodes').waitFor();
  await page.locator('[data-node]').first().waitFor();
  const near = await measureFrames(page, page.getByRole('group', { name: /^Lineage of/ }));
  await page.getByRole('button', { name: 'Fit', exact: true }).click();
  await page.locator('[data-node]').nth(999).waitFor();
  const far = await measureFrames(page, page.getByRole('group', { name: /^Lineage of/ }));
  await page.close();
  return [
    frameRow('a frame of moving a lineage of 1,000 nodes', near),
    frameRow('the same with all nodes in view', far),
  ];
}

const timelineJobs = 500;
const timelineRuns = 9900;

/** Frames while a timeline of 30 days with nearly 10,000 bars in 500 rows is moved. */
async function measureLargeTimeline(): Promise<Row[]> {
  // The history is spread over a year, of which 30 days are in view.
  const runs = Math.round((timelineRuns / 30) * 365);
  const history = await seedHistory({ runs, pipelineRuns: timelineJobs, jobs: timelineJobs });
  const browser = await launchBrowser();
  try {
    const { url } = await history.startServer();
    const page = await browser.newPage({ viewport: large });
    await page.goto(`${url}/w/${history.workspaceId}`);
    await sendSignInForm(page, ownerEmail);
    await page.getByRole('navigation', { name: 'Workspace' }).waitFor();
    await page.goto(`${url}/w/${history.workspaceId}/timeline?range=30d`);
    const plot = page.getByRole('application', { name: /^Timeline/ });
    await plot.waitFor();
    return [
      frameRow(`a frame of moving a timeline of ${timelineRuns} bars`, await measureFrames(page, plot)),
    ];
  } finally {
    await browser.close();
    await history.remove();
  }
}
