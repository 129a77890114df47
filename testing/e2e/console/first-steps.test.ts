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

it('the first steps say to the owner of the installation how runs get limits, where the machine gives them none', async () => {
  const page = await site.openAs('owner');
  await page.route('**/pumphouse/v1/system', async (route) => {
    const response = await route.fetch();
    const system = (await response.json()) as { checks: { id: string }[] };
    const warning = { status: 'warning', found: 'NOT limited: memory.', next_step: 'Do this.\nOr that.' };
    const checks = system.checks.map((check) => (check.id === 'limits' ? { ...check, ...warning } : check));
    await route.fulfill({ response, json: { ...system, checks } });
  });
  await page.reload();
  const steps = page.getByRole('region', { name: 'First steps' });
  for (const line of ['Limits of runs: NOT limited: memory.', 'Do this.', 'Or that.'])
    await steps.getByText(line, { exact: true }).waitFor();
  await expectAccessible(page);
  await page.context().close();
});

it('an empty workspace shows the way to a first run, checks off completed steps, and leads to the run when it arrives', async () => {
  const page = await site.openAs('owner');
  await page.getByRole('heading', { name: 'First steps' }).waitFor();
  const commands = await page.getByLabel('Command', { exact: true }).allTextContents();
  expect(commands.join('\n')).toContain(`${site.server.url} >> .dlt/config.toml`);
  expect(commands).toContain('dlthub workspace connect acme-data');
  expect(commands.at(-1)).toBe('dlthub run quickstart.py -f');
  expect(commands.join('\n')).toContain(
    `'dlt[duckdb]==1.31.0' 'sqlglot<30.22' 'duckdb<2' > requirements.txt`,
  );
  await expectAccessible(page);

  await deployWorkspace(site.server, site.api.id, {
    files: { 'pipeline.py': 'print("hello")\n' },
    jobs: [defineScriptJob('pipeline')],
    requirements: ['sqlglot==30.22.0'],
  });
  await page.getByText('Done: code was deployed from a folder').waitFor();
  const run = await startRun(site.server, site.api, 'jobs.pipeline');
  await page.waitForURL(`**/runs/${run}`);
  // Its environment is built first, which may take longer than a page's timeout.
  await site.api.awaitEnd(run);
  const warning = page.getByText('Some installed packages are incompatible').locator('..');
  await page.goBack();
  await page
    .getByRole('region', { name: 'Timeline' })
    .getByRole('link', { name: 'pipeline', exact: true })
    .waitFor();
  const { id } = await site.api.latestDeployment();
  await page.goto(site.workspaceUrl(`/deployments/${id}`));
  await warning.getByText('Add sqlglot<30.22 to your requirements').click();
  await warning.getByText('dlt 1.31.0 and sqlglot 30.22.0: affects reading data').waitFor();
  await expectAccessible(page);
  // The run itself is not affected: its page has no warning.
  await page.goto(site.workspaceUrl(`/runs/${run}`));
  await page.getByRole('region', { name: 'Phases' }).waitFor();
  expect(await warning.count()).toBe(0);
  await page.context().close();
});
