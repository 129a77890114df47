import type { ConsoleSite } from '../../fixtures/console-site.ts';
import type { DeployedCode } from '../../fixtures/deploy-workspace.ts';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defineScriptJob, deployWorkspace } from '../../fixtures/deploy-workspace.ts';
import { expectAccessible, startEmptyConsoleSite } from '../../fixtures/console-site.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { makeLargeLineage } from '../../fixtures/large-lineage.ts';
import { startRun } from '../../fixtures/console-workspace.ts';

let site: ConsoleSite;
let page: Page;

const load = (amount: string) => `
import dlt

@dlt.resource(primary_key="id", write_disposition="merge")
def orders():
    yield {"id": 1, "amount": int("${amount}"), "lines": [{"sku": "a"}, {"sku": "b"}]}

dlt.pipeline("shop", destination="duckdb", dataset_name="shop_data").run(orders())
`;
const report = `
import dlt

dlt.pipeline("daily", destination="duckdb", dataset_name="reports").run([{"day": 1}], table_name="revenue")
`;

const codeOf = (amount: string): DeployedCode => ({
  files: { 'load.py': load(amount), 'report.py': report, 'watch.py': 'print("watching")' },
  jobs: [
    { ...defineScriptJob('load'), expose: { manual: true, tags: ['shop'] } },
    { ...defineScriptJob('report', ['job.success:jobs.load']), expose: { manual: true } },
    { ...defineScriptJob('watch'), expose: { manual: true }, freshness: ['job.is_fresh:jobs.report'] },
  ],
  requirements: ['duckdb'],
  configuration: { 'config.toml': '[runtime]\nlog_level = "WARNING"\n' },
});

/** `load` loads orders and starts `report`; then it fails, so that all of it is affected. */
async function fillWorkspace(): Promise<void> {
  const { server, api } = site;
  await deployWorkspace(server, api.id, codeOf('12'));
  await api.awaitEnd(await startRun(server, api, 'jobs.load'));
  await eventually('the follow-up run loaded its report', async () =>
    (await readLineage()).nodes.some(({ name, rows_loaded: rows }) => name === 'reports' && rows === 1),
  );
  await deployWorkspace(server, api.id, codeOf('twelve'));
  await api.awaitEnd(await startRun(server, api, 'jobs.load'));
}

const readLineage = () =>
  site.server.client.call('get_lineage', { params: { workspace_id: site.api.id }, query: {} });

beforeAll(async () => {
  site = await startEmptyConsoleSite();
  await fillWorkspace();
  // All of this is readable: a viewer sees what an owner sees.
  page = await site.openAs('viewer', '/lineage');
});
afterAll(() => site?.remove());

const open = (path: string) => page.goto(site.workspaceUrl(path));
const node = (name: string) => page.getByRole('button', { name: new RegExp(`^${name}, `) });
const affectedList = () => page.getByRole('region', { name: /^Affected by this failure/ });

describe('the lineage of a workspace', () => {
  it('leads from jobs over pipelines to datasets, and marks failures and what is affected', async () => {
    await open('/lineage');
    await node('load').first().waitFor();
    for (const name of ['shop', 'shop_data', 'report', 'daily', 'reports', 'watch'])
      await node(name).waitFor();
    expect(await node('load').getAttribute('aria-label')).toMatch(/^load, Failed, job · /);
    expect(await node('reports').getAttribute('aria-label')).toMatch(
      /^reports, No schedule, dataset · affected · 1 table · 1 row · /,
    );
    await page.getByText('starts on success', { exact: true }).waitFor();
    await page.getByText('waits until fresh').waitFor();
    await expectAccessible(page);
  });

  it('lists for a selected failure what is affected by it, with links and reasons', async () => {
    await open('/lineage');
    await page.getByRole('region', { name: 'Failures' }).getByRole('button', { name: 'load' }).click();
    await page.waitForURL('**/lineage?node=job%3Ajobs.load');
    const affected = affectedList();
    await affected.getByText('starts on success of load').waitFor();
    await affected.getByText('waits until report is fresh').waitFor();
    await affected.getByText('loaded by shop').waitFor();
    expect((await affected.getByRole('link').allInnerTexts()).toSorted()).toEqual(
      ['daily', 'report', 'reports', 'shop', 'shop_data', 'watch'].toSorted(),
    );
    await expectAccessible(page);
    await affected.getByRole('link', { name: 'reports' }).click();
    await page.waitForURL('**/datasets/reports');
    await page.goBack();
    await affectedList().waitFor();
  });

  it('shows the tables of a dataset when they are asked for, also in the URL', async () => {
    await open('/lineage?node=dataset%3Ashop_data');
    await page.getByRole('button', { name: 'Show 2 tables' }).click();
    await node('orders__lines').waitFor();
    await page.waitForURL('**expanded=shop_data**');
    await page.reload();
    await node('orders').waitFor();
    await page.getByRole('button', { name: 'Hide tables' }).click();
    await node('orders').waitFor({ state: 'detached' });
  });

  it('folds the jobs of a tag with their pipelines, and opens them again', async () => {
    await open('/lineage');
    await page.getByRole('button', { name: 'Collapse tags' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'shop' }).click();
    await page.keyboard.press('Escape');
    await node('load').waitFor({ state: 'detached' });
    const tag = page.getByRole('button', { name: 'shop, Failed, tag · 1 job' });
    await tag.click();
    await page.getByRole('button', { name: 'Expand tag' }).click();
    await node('load').waitFor();
  });

  it('is one tab stop, in which arrow keys move and Enter selects', async () => {
    await open('/lineage');
    await node('load').focus();
    await page.keyboard.press('ArrowRight');
    await expect
      .poll(() => page.evaluate('document.activeElement?.getAttribute("aria-label")'))
      .toMatch(/^(?:shop|report), /);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/lineage?node=*');
    expect(await page.locator('[data-node][tabindex="0"]').count()).toBe(1);
  });

  it('finds nodes by name', async () => {
    await open('/lineage');
    await page.getByRole('searchbox', { name: 'Search the lineage' }).fill('report');
    await page.getByRole('button', { name: 'Next of 2 matches' }).click();
    await page.waitForURL(/node=\w+%3A(?:jobs\.)?report/);
  });

  it('is a list with the same content, also on a narrow screen', async () => {
    await open('/lineage?view=list');
    const list = page.getByRole('table', { name: 'Lineage' });
    const row = list
      .getByRole('row')
      .filter({ has: page.getByRole('button', { name: 'daily', exact: true }) });
    await row.waitFor();
    expect(await row.getByRole('link').allInnerTexts()).toEqual(['report', 'reports']);
    await expectAccessible(page);
    const narrow = await site.openAs('viewer', '/lineage?view=list', {
      viewport: { width: 390, height: 844 },
    });
    await narrow.getByRole('table', { name: 'Lineage' }).waitFor();
    await expectAccessible(narrow);
    await narrow.goto(site.workspaceUrl('/lineage?node=job%3Ajobs.load'));
    await narrow.getByRole('region', { name: /^Affected by/ }).waitFor();
    await expectAccessible(narrow);
    expect(await narrow.evaluate('document.documentElement.scrollWidth')).toBe(390);
    await narrow.context().close();
  });
});

describe('the lineage of one object', () => {
  it('is a tab of a job and of a pipeline, and a section of a dataset', async () => {
    await open('/jobs/jobs.report?tab=lineage');
    await node('watch').waitFor();
    await open('/pipelines/shop?tab=lineage');
    await node('shop_data').waitFor();
    await node('report').waitFor();
    await open('/datasets/reports');
    await node('daily').waitFor();
    expect(await node('shop').count()).toBe(0);
    await expectAccessible(page);
  });

  it('is linked from the details of a job to its pipelines and datasets', async () => {
    await open('/jobs/jobs.load');
    const details = page.getByRole('definition').filter({ hasText: '→' });
    await details.getByRole('link', { name: 'shop_data' }).click();
    await page.waitForURL('**/datasets/shop_data');
    await page.goBack();
    await details.getByRole('link', { name: 'shop', exact: true }).first().click();
    await page.waitForURL('**/pipelines/shop');
  });
});

describe('a graph of 1,000 nodes', () => {
  it('draws only what is visible, and goes to a node that is searched', async () => {
    const body = JSON.stringify(makeLargeLineage(await readLineage()));
    await page.route('**/pumphouse/v1/**/lineage', (route) =>
      route.fulfill({ contentType: 'application/json', body }),
    );
    await open('/lineage');
    await page.getByText('1,000 nodes').waitFor();
    await page.locator('[data-node]').first().waitFor();
    expect(await page.locator('[data-node]').count()).toBeLessThan(600);
    await page.getByRole('searchbox', { name: 'Search the lineage' }).fill('job_249');
    await page.getByRole('button', { name: 'Next of 1 match' }).click();
    await node('job_249').waitFor();
    await page.getByRole('button', { name: 'Fit', exact: true }).click();
    await expect.poll(() => page.locator('[data-node]').count()).toBe(1000);
    await page.unrouteAll({ behavior: 'ignoreErrors' });
  });
});

it('writes no errors to the browser console', () => {
  expect(site.complaints).toEqual([]);
});
