import type { ConsoleSite } from '../../fixtures/console-site.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { defineScriptJob, deployWorkspace } from '../../fixtures/deploy-workspace.ts';
import { expectAccessible, startEmptyConsoleSite } from '../../fixtures/console-site.ts';
import { startRun } from '../../fixtures/console-workspace.ts';

let site: ConsoleSite;
beforeAll(async () => {
  site = await startEmptyConsoleSite();
});
afterAll(() => site?.remove());

it('an empty workspace shows the way to a first run, ticks what works, and leads to the run as it arrives', async () => {
  const page = await site.openAs('owner');
  await page.getByRole('heading', { name: 'First steps' }).waitFor();
  const commands = await page.getByLabel('Command', { exact: true }).allTextContents();
  expect(commands.join('\n')).toContain(`${site.server.url} >> .dlt/config.toml`);
  expect(commands).toContain('dlthub workspace connect acme-data');
  expect(commands.at(-1)).toBe('dlthub run quickstart.py -f');
  await expectAccessible(page);

  await deployWorkspace(site.server, site.api.id, {
    files: { 'pipeline.py': 'print("hello")\n' },
    jobs: [defineScriptJob('pipeline')],
  });
  await page.getByText('Done: code was deployed from a folder').waitFor();
  const run = await startRun(site.server, site.api, 'jobs.pipeline');
  await page.waitForURL(`**/runs/${run}`);
  await page.goBack();
  await page
    .getByRole('region', { name: 'History' })
    .getByRole('link', { name: 'pipeline', exact: true })
    .waitFor();
  await page.context().close();
});
