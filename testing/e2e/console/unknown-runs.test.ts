import { afterAll, beforeAll, expect, it } from 'vitest';
import { defineScriptJob, deployWorkspace, triggerJob } from '../../fixtures/deploy-workspace.ts';
import { expectAccessible, startEmptyConsoleSite, type ConsoleSite } from '../../fixtures/console-site.ts';
import { openServerStore } from '../../fixtures/server-store.ts';
import { setRun } from '@pumphouse/server/store/postgres/testing/runs.ts';

let site: ConsoleSite;
beforeAll(async () => {
  // Without a supervisor, nothing changes the run's state set by the test.
  site = await startEmptyConsoleSite({ PUMPHOUSE_ROLES: 'api' });
});
afterAll(() => site?.remove());

it('an unknown run is listed under "needs attention", and an owner ends it by force', async () => {
  const { server, api } = site;
  const files = { 'load.py': 'print("done")\n' };
  await deployWorkspace(server, api.id, { files, jobs: [defineScriptJob('load')] });
  const run = await triggerJob(server, api.id, 'jobs.load');
  const opened = await openServerStore(server);
  await setRun(opened.database, run, {
    status: 'running',
    startedAt: new Date(),
    unknownSince: new Date(),
    unknownDetail: 'The container engine does not answer.',
  });
  await opened.close();
  const folder = process.env['PUMPHOUSE_TEST_SCREENSHOTS'];

  const page = await site.openAs('owner');
  const attention = page.getByRole('region', { name: '1 unknown run needs attention' });
  await attention.getByText('Unknown: The container engine does not answer.').waitFor();
  await expectAccessible(page);
  if (folder) await page.screenshot({ path: `${folder}/overview-unknown.png` });

  const developer = await site.openAs('developer', `/runs/${run}`);
  const refused = developer.getByRole('button', { name: 'Force end…' });
  expect(await refused.getAttribute('aria-disabled')).toBe('true');
  await developer.context().close();

  await attention.getByRole('link', { name: '#1' }).click();
  await page.getByText('Unknown since').waitFor();
  if (folder) await page.screenshot({ path: `${folder}/run-unknown.png` });
  await page.getByRole('button', { name: 'Force end…' }).click();
  const question = page.getByRole('dialog');
  await question.getByText('The process may still be running.').waitFor();
  await expectAccessible(page);
  if (folder) await page.screenshot({ path: `${folder}/run-force-end.png` });
  await question.getByRole('button', { name: 'Force end' }).click();
  await page.getByText('Lost contact with the run').first().waitFor();
  expect((await api.getRun(run)).status).toBe('failed');
  if (folder) await page.screenshot({ path: `${folder}/run-ended.png` });
  await page.context().close();
});
