import type { BrowserContext, Request } from 'playwright-core';
import type { ConsoleSite } from '../../fixtures/console-site.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deployWorkspace, defineScriptJob } from '../../fixtures/deploy-workspace.ts';
import { startRun } from '../../fixtures/console-workspace.ts';
import { startEmptyConsoleSite } from '../../fixtures/console-site.ts';

const ticking = `
import time
for number in range(100000):
    print(f"tick {number}", flush=True)
    time.sleep(0.1)
`;

let site: ConsoleSite;
beforeAll(async () => {
  site = await startEmptyConsoleSite();
  await deployWorkspace(site.server, site.api.id, {
    files: { 'ticking.py': ticking, 'ticking_too.py': ticking },
    jobs: [defineScriptJob('ticking'), defineScriptJob('ticking_too')],
  });
});
afterAll(() => site?.remove());

const start = (jobRef: string) => startRun(site.server, site.api, jobRef);

/** The open event streams. */
function watchStreams(context: BrowserContext): Set<Request> {
  const open = new Set<Request>();
  const isStream = (request: Request) => new URL(request.url()).pathname === '/pumphouse/v1/events';
  context.on('request', (request) => isStream(request) && open.add(request));
  const forget = (request: Request) => void open.delete(request);
  context.on('requestfinished', forget);
  context.on('requestfailed', forget);
  return open;
}

describe('ten tabs of one browser', () => {
  it('are live over one connection, two of them on growing logs, and continue when the first is closed', async () => {
    const [one, other] = [await start('jobs.ticking'), await start('jobs.ticking_too')];
    await Promise.all([site.api.awaitLine(one, 'tick 1'), site.api.awaitLine(other, 'tick 1')]);
    const context = await site.signIn('developer');
    const streams = watchStreams(context);
    const seen: string[] = [];
    context.on('request', (request) => seen.push(request.url()));
    const open = async (path: string) => {
      const page = await context.newPage();
      await page.goto(site.workspaceUrl(path));
      return page;
    };
    const first = await open('/jobs');
    await first.getByText('● Live').waitFor();
    const logs = [await open(`/runs/${one}`), await open(`/runs/${other}`)];
    for (let count = 3; count < 10; count += 1) await open('/runs');
    const lastLine = (page: (typeof logs)[number]) =>
      page
        .getByText(/tick \d+$/)
        .last()
        .textContent()
        .then((text) => Number(/(\d+)$/.exec(text ?? '')?.[1]));
    for (const page of logs) {
      await page.bringToFront();
      const before = await lastLine(page);
      await expect.poll(() => lastLine(page)).toBeGreaterThan(before + 10);
    }
    await expect.poll(() => streams.size).toBe(1);
    expect(seen.filter((url) => /[?&](token|jwt|access_token|authorization)=/i.test(url))).toEqual([]);

    await first.close();
    const [logPage] = logs;
    if (!logPage) throw new Error('There is no tab with a log');
    await logPage.bringToFront();
    await expect.poll(() => streams.size).toBe(1);
    const before = await lastLine(logPage);
    await expect.poll(() => lastLine(logPage)).toBeGreaterThan(before + 10);

    const params = { workspace_id: site.api.id };
    await site.server.client.call('cancel_job_runs', { params, body: { job_run_ids: [one, other] } });
    await logPage.getByText('Cancelled', { exact: true }).first().waitFor();
    await context.close();
  });
});
