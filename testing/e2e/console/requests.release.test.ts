import type { BrowserContext, Request } from 'playwright-core';
import type { ConsoleSite } from '../../fixtures/console-site.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { defineScriptJob, deployWorkspace } from '../../fixtures/deploy-workspace.ts';
import { startEmptyConsoleSite } from '../../fixtures/console-site.ts';
import { startRun } from '../../fixtures/console-workspace.ts';

const ticking = `
import time
for number in range(100000):
    print(f"tick {number}", flush=True)
    time.sleep(0.1)
`;

let site: ConsoleSite;
let context: BrowserContext;

beforeAll(async () => {
  site = await startEmptyConsoleSite();
  const quiet = Array.from({ length: 60 }, (_, index) => `quiet_${index}`);
  await deployWorkspace(site.server, site.api.id, {
    files: {
      'ticking.py': ticking,
      ...Object.fromEntries(quiet.map((name) => [`${name}.py`, 'print("done")\n'])),
    },
    jobs: ['ticking', ...quiet].map((name) => defineScriptJob(name)),
  });
  context = await site.signIn('developer');
});
afterAll(async () => {
  await context?.close();
  await site?.remove();
});

/** Opens a page, and collects its requests to operations, without the event stream. */
async function openCounted(path: string) {
  const page = await context.newPage();
  const requests: Request[] = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (/^\/(api|pumphouse)\//.test(pathname) && pathname !== '/pumphouse/v1/events') requests.push(request);
  });
  await page.goto(site.workspaceUrl(path));
  await page.getByText('● Live').waitFor();
  const listRepeated = () => {
    const urls = requests.map((request) => `${request.method()} ${request.url()}`);
    return urls.filter((url, index) => urls.indexOf(url) !== index);
  };
  return { page, requests, listRepeated };
}

it.each([
  ['', 'acme-data'],
  ['/jobs', 'Jobs'],
])('fetches each list of the page %j once', async (path, heading) => {
  const { page, requests, listRepeated } = await openCounted(path);
  await page.getByRole('heading', { name: heading, level: 1 }).waitFor();
  // The page fetches what an event concerns at once, and shows that it is live after that.
  await page.evaluate(() => fetch('healthz'));
  expect(requests.length).toBeGreaterThan(3);
  expect(listRepeated()).toEqual([]);
  await page.close();
});

it('receives lists compressed', async () => {
  const page = await context.newPage();
  const [response] = await Promise.all([
    page.waitForResponse(
      (answer) => new URL(answer.url()).pathname === `/pumphouse/v1/workspaces/${site.api.id}/jobs`,
    ),
    page.goto(site.workspaceUrl('/jobs')),
  ]);
  expect(await response.headerValue('content-encoding')).toBe('gzip');
  const { responseBodySize } = await response.request().sizes();
  expect(responseBodySize).toBeLessThan((await response.text()).length / 4);
  await page.close();
});

it('makes a few requests while a run prints 200 lines in 20 seconds', async () => {
  const run = await startRun(site.server, site.api, 'jobs.ticking');
  await site.api.awaitLine(run, 'tick 1');
  const { page, requests } = await openCounted(`/runs/${run}`);
  const readLast = async () => {
    const text = await page
      .getByText(/tick \d+$/)
      .last()
      .textContent();
    return Number(/(\d+)$/.exec(text ?? '')?.[1]);
  };
  await expect.poll(readLast).toBeGreaterThan(5);
  const [from, before] = [await readLast(), requests.length];
  await expect.poll(readLast, { timeout: 120_000 }).toBeGreaterThan(from + 200);
  const paths = requests.slice(before).map((request) => new URL(request.url()).pathname);
  expect(paths.filter((path) => path.endsWith('/lines'))).toEqual([]);
  expect(paths.length).toBeLessThanOrEqual(6);
  await site.server.client.call('cancel_job_run', {
    params: { workspace_id: site.api.id, job_run_id: run },
  });
  await page.getByText('Cancelled', { exact: true }).first().waitFor();
  await page.close();
});
