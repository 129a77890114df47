import { afterAll, beforeAll, expect, it } from 'vitest';
import { defineScriptJob, deployWorkspace, triggerJob } from '../../fixtures/deploy-workspace.ts';
import { expectAccessible, startEmptyConsoleSite, type ConsoleSite } from '../../fixtures/console-site.ts';
import { openServerStore } from '../../fixtures/server-store.ts';
import { ago } from '../../fixtures/relative-times.ts';
import { setRun } from '@pumphouse/server/store/postgres/testing/runs.ts';

let site: ConsoleSite;
beforeAll(async () => {
  site = await startEmptyConsoleSite({ PUMPHOUSE_MAX_ACTIVE_RUNS: '1' });
});
afterAll(() => site?.remove());

it('a run that waits long for a slot is listed under "needs attention", with its wait reason', async () => {
  const { server, api } = site;
  await deployWorkspace(server, api.id, {
    files: {
      'hold.py': 'import time\nprint("holding", flush=True)\nwhile True:\n    time.sleep(1)\n',
      'load.py': 'print("done")\n',
    },
    jobs: [
      { ...defineScriptJob('hold'), execute: { timeout: { grace_period: 1 } } },
      defineScriptJob('load'),
    ],
  });
  const holding = await triggerJob(server, api.id, 'jobs.hold');
  await api.awaitLine(holding, 'holding');
  const page = await site.openAs('owner');
  await page.getByText('No job needs attention').waitFor();

  const waiting = await triggerJob(server, api.id, 'jobs.load');
  const text = 'Waiting for a free slot: 1 of 1 in use, 1 by this workspace.';
  await api.awaitLine(waiting, text);
  const opened = await openServerStore(server);
  await setRun(opened.database, waiting, { createdAt: ago({ minutes: 10 }) });
  await opened.close();
  await page.reload();
  const attention = page.getByRole('region', { name: '1 waiting run needs attention' });
  await attention.getByText(text).waitFor();
  expect(await page.getByText('No job needs attention').count()).toBe(0);
  await expectAccessible(page);
  // On a busy machine, a response may miss a figure, or have another problem for a moment.
  await expect
    .poll(async () => (await fetch(`${server.url}/readyz`)).json())
    .toMatchObject({
      status: 'ready',
      degraded: [expect.stringMatching(/^1 batch run is pending, for \d+ s at most: all slots are in use$/)],
    });
  const folder = process.env['PUMPHOUSE_TEST_SCREENSHOTS'];
  if (folder) await page.screenshot({ path: `${folder}/overview-wait.png` });

  await attention.getByRole('link', { name: '#1' }).click();
  await page.getByText('Waiting for a free slot: 1 of 1 in use by workspaces acme-data (1).').waitFor();
  if (folder) await page.screenshot({ path: `${folder}/run-wait.png` });
  await page.context().close();
  await server.client.call('cancel_job_run', { params: { workspace_id: api.id, job_run_id: holding } });
  expect((await api.awaitEnd(waiting)).status).toBe('completed');
});
