import type { Browser, Page } from 'playwright-core';
import type { ConsoleFixture } from './console-fixture.ts';
import type { Row } from './report.ts';
import type { TestServer } from '../fixtures/server.ts';
import { createApiWorkspace } from '../fixtures/api-workspace.ts';
import { createWorkspace, defineScriptJob, deployWorkspace } from '../fixtures/deploy-workspace.ts';
import { eventually } from '../fixtures/eventually.ts';
import { launchBrowser } from '../fixtures/browser.ts';
import { measureLongLog } from './measure-console-log.ts';
import { ownerEmail } from '../fixtures/server.ts';
import { seedHistory } from './seed-history.ts';
import { sendSignInForm } from '../fixtures/sign-in-form.ts';
import { startRun } from '../fixtures/console-workspace.ts';
import { summarize } from './samples.ts';

const historyRuns = 100_000;
const logLines = 100_000;

/**
 * The console with a long history in Chromium on this machine: bytes transferred, and time until content is
 * visible.
 */
export async function measureConsole(rounds: number): Promise<Row[]> {
  const history = await seedHistory({ runs: historyRuns, pipelineRuns: historyRuns / 2 });
  const browser = await launchBrowser();
  try {
    const server = await history.startServer();
    const workspaceUrl = `${server.url}/w/${history.workspaceId}`;
    const testContext = { server, browser, workspaceUrl, state: await signIn(browser, workspaceUrl) };
    return [
      ...(await measureFirstViews(testContext, rounds)),
      ...(await measureClicks(testContext, rounds)),
      ...(await measureLongLog(testContext, await writeLongLog(server), rounds)),
    ];
  } finally {
    await browser.close();
    await history.remove();
  }
}

async function signIn(browser: Browser, workspaceUrl: string): Promise<ConsoleFixture['state']> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(workspaceUrl);
  await sendSignInForm(page, ownerEmail);
  await page.getByRole('navigation', { name: 'Workspace' }).waitFor();
  const state = await context.storageState();
  await context.close();
  return state;
}

/** Opens a page in a browser without any cached files of the console. */
async function openCold(testContext: ConsoleFixture, address: string, shown: (page: Page) => Promise<void>) {
  const context = await testContext.browser.newContext({
    storageState: testContext.state,
    viewport: { width: 1440, height: 900 },
  });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  const underWay = new Set<string>();
  let scriptBytes = 0;
  session.on('Network.requestWillBeSent', ({ requestId, type }) => {
    if (type === 'Script') underWay.add(requestId);
  });
  // The first response event has counted the headers, the last one all bytes.
  session.on('Network.responseReceived', ({ requestId, response }) => {
    if (underWay.has(requestId)) scriptBytes -= response.encodedDataLength;
  });
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (underWay.delete(requestId)) scriptBytes += encodedDataLength;
  });
  const startedAt = performance.now();
  await page.goto(address);
  await shown(page);
  const elapsedMs = performance.now() - startedAt;
  // Not "network idle", because the event stream stays open.
  await eventually('all scripts were loaded', () => underWay.size === 0);
  return { context, page, elapsedMs, scriptKb: scriptBytes / 1000 };
}

const awaitRows = (page: Page) => page.locator('[data-row]').nth(15).waitFor();
const awaitPanel = (page: Page) => page.getByRole('heading', { level: 2 }).first().waitFor();

async function measureFirstViews(testContext: ConsoleFixture, rounds: number): Promise<Row[]> {
  const views = {
    overview: ['', awaitPanel],
    jobs: ['/jobs', awaitRows],
    runs: ['/runs', awaitRows],
  } as const;
  const rows: Row[] = [];
  const bare = await repeat(rounds, async () => {
    const { context, elapsedMs } = await openCold(
      testContext,
      `${testContext.server.url}/sign-in/account`,
      (page) => page.getByRole('heading', { level: 1 }).waitFor(),
    );
    await context.close();
    return elapsedMs;
  });
  for (const [name, [path, shown]] of Object.entries(views)) {
    const kilobytes: number[] = [];
    const elapsed = await repeat(rounds, async () => {
      const opened = await openCold(testContext, `${testContext.workspaceUrl}${path}`, shown);
      kilobytes.push(opened.scriptKb);
      await opened.context.close();
      return opened.elapsedMs;
    });
    rows.push({
      name: `${name}, cold, to its content`,
      unit: 'ms',
      figure: summarize(elapsed),
      baseline: { name: 'a page without scripts', figure: summarize(bare) },
      goal: { of: 'median', atMost: 800 },
    });
    rows.push({
      name: `${name}, scripts, compressed`,
      unit: 'kB',
      figure: summarize(kilobytes),
      baseline: null,
      goal: { of: 'median', atMost: 250 },
    });
  }
  return rows;
}

/** Time from a click to its result in an open console, with and without hovering first. */
async function measureClicks(testContext: ConsoleFixture, rounds: number): Promise<Row[]> {
  const { context, page } = await openCold(testContext, `${testContext.workspaceUrl}/jobs`, awaitRows);
  const navigation = page.getByRole('navigation', { name: 'Workspace' });
  const go = async (word: string) => {
    const link = navigation.getByRole('link', { name: word, exact: true });
    const startedAt = performance.now();
    await link.click();
    await page.getByRole('heading', { name: word, level: 1 }).waitFor();
    await awaitRows(page);
    return performance.now() - startedAt;
  };
  const toRuns: number[] = [];
  const toJobs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    toRuns.push(await go('Runs'));
    toJobs.push(await go('Jobs'));
  }
  const { workspaceUrl, server } = testContext;
  const params = { workspace_id: workspaceUrl.split('/').at(-1) ?? '' };
  const answers = await repeat(rounds, async () => {
    const startedAt = performance.now();
    await server.client.call('list_run_overviews', { params, query: { limit: 100 } });
    return performance.now() - startedAt;
  });
  await context.close();
  const baseline = { name: 'the list alone, over HTTP', figure: summarize(answers) };
  return [
    {
      name: `from a click to the list of runs, over ${historyRuns.toLocaleString('en')}`,
      unit: 'ms',
      figure: summarize(toRuns),
      baseline,
      goal: { of: 'median', atMost: 300 },
    },
    {
      name: 'from a click to the list of 200 jobs',
      unit: 'ms',
      figure: summarize(toJobs),
      baseline,
      goal: { of: 'median', atMost: 200 },
    },
  ];
}

/**
 * A run with a log of 100,000 lines.
 * @returns the URL of its page
 */
async function writeLongLog(server: TestServer): Promise<string> {
  const api = createApiWorkspace(server, await createWorkspace(server, 'long log'));
  const script = `for number in range(${logLines}): print(f"event {number:06}: page_view /products/{number % 97}")`;
  await deployWorkspace(server, api.id, {
    files: { 'events.py': script },
    jobs: [defineScriptJob('events')],
  });
  const { id } = await api.awaitEnd(await startRun(server, api, 'jobs.events'));
  return `${server.url}/w/${api.id}/runs/${id}?tab=log`;
}

async function repeat(rounds: number, take: () => Promise<number>): Promise<number[]> {
  const values: number[] = [];
  for (let round = 0; round < rounds; round += 1) values.push(await take());
  return values;
}
