import type { Page } from 'playwright-core';
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addPipelineRun } from '../../../apps/server/src/store/postgres/testing/pipelines.ts';
import { defineScriptJob, deployWorkspace, triggerJob } from '../../fixtures/deploy-workspace.ts';
import { expectAccessible, startEmptyConsoleSite, type ConsoleSite } from '../../fixtures/console-site.ts';
import { openServerStore } from '../../fixtures/server-store.ts';

let site: ConsoleSite;
let organizationId: string;
/** UTC. */
let today: string;

const screenshots = process.env['PUMPHOUSE_TEST_SCREENSHOTS'];
const save = async (page: Page, name: string) => {
  if (screenshots !== undefined)
    await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
};

/** Runs of two sizes, started by two users; one has loaded rows. */
beforeAll(async () => {
  site = await startEmptyConsoleSite({ PUMPHOUSE_INSTANCE_SIZES: 'small=1/512/512 large=2/4096/512' });
  const { server, api } = site;
  organizationId = (await server.client.call('get_workspace', { params: { workspace_id: api.id } }))
    .organization_id;
  const works = 'import time\ntime.sleep(1)\nprint("done")\n';
  await deployWorkspace(server, api.id, {
    files: { 'orders.py': works, 'model.py': works },
    jobs: [
      { ...defineScriptJob('orders'), expose: { manual: true, tags: ['shop'] } },
      {
        ...defineScriptJob('model'),
        expose: { manual: true, tags: ['shop', 'science'] },
        require: { instance: { size: 'large' } },
      },
    ],
  });
  const developer = await site.openAs('developer', '/jobs/jobs.orders');
  await developer.getByRole('button', { name: 'Run now' }).click();
  await developer.getByRole('dialog').getByRole('button', { name: 'Run now' }).click();
  await developer.getByText('Completed').first().waitFor();
  await developer.context().close();
  const runs: string[] = [];
  for (let count = 0; count < 3; count += 1) runs.push(await triggerJob(server, api.id, 'jobs.model'));
  for (const run of runs) await api.awaitEnd(run);
  const { database, close } = await openServerStore(server);
  const attempt = await database.one<{ id: string; today: string }>(
    `select id, (now() at time zone 'UTC')::date as today from attempts where job_run_id = $1`,
    [runs[0]],
  );
  await addPipelineRun(database, {
    workspaceId: api.id,
    jobRunId: runs[0] ?? '',
    attemptId: attempt.id,
    transactionId: 't',
    pipelineName: 'model',
    status: 'succeeded',
    totalRowsLoaded: 1200,
    totalBytesLoaded: 64_000,
  });
  ({ today } = attempt);
  await close();
});
afterAll(() => site?.remove());

const table = (page: Page, by: string) => page.getByRole('region', { name: `By ${by}`, exact: true });
const rowOf = (page: Page, by: string, name: string) =>
  table(page, by).getByRole('row').filter({ hasText: name });
const organizationUrl = () => `${site.server.url}/organizations/${organizationId}/cost`;

describe('the cost of a workspace', () => {
  it('is in hours without rates, by job, tag, person and size', async () => {
    const page = await site.openAs('viewer', '/settings/cost');
    const model = rowOf(page, 'job', 'jobs.model');
    await model.waitFor();
    expect(await table(page, 'job').getByRole('columnheader').first().textContent()).toBe('Job');
    expect(await table(page, 'job').getByRole('columnheader', { name: 'Cost' }).count()).toBe(0);
    // The runs of the large job hold twice the cores, and use little of them.
    await model.getByText('Asks for large (4 GiB)').waitFor();
    await model.getByText('try small').waitFor();
    expect(await model.textContent()).toContain('1.2K');
    // Its limits and its use are known.
    expect(await model.textContent()).not.toContain('?');
    await page.getByText(/, since \d+ \w+ \d{4}\./).waitFor();
    await page.getByRole('link', { name: 'Tag', exact: true }).click();
    await rowOf(page, 'tag', 'science').waitFor();
    await rowOf(page, 'tag', 'shop').waitFor();
    await page.getByText('tags may add up to more than the total').waitFor();
    await page.getByRole('link', { name: 'Person', exact: true }).click();
    await rowOf(page, 'person', 'developer@example.com').waitFor();
    await rowOf(page, 'person', 'owner@example.com').waitFor();
    await page.getByRole('link', { name: 'Size', exact: true }).click();
    await rowOf(page, 'size', 'large').waitFor();
    await rowOf(page, 'size', 'small').waitFor();
    expect(new URL(page.url()).search).toBe('?by=size');
    await page.getByRole('link', { name: 'Job', exact: true }).click();
    await model.getByRole('link', { name: 'runs' }).click();
    await page.waitForURL(/\/runs\?job_id=/);
    await page.context().close();
  });

  it('can be downloaded', async () => {
    const page = await site.openAs('viewer', '/settings/cost?by=tag');
    await rowOf(page, 'tag', 'science').waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export CSV' }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/^cost-by-tag-.*\.csv$/);
    const lines = (await readFile(await download.path(), 'utf8')).trim().split('\r\n');
    expect(lines[0]).toContain('group,name,id,workspace,currency,amount');
    expect(lines.slice(1).map((line) => line.split(',')[3])).toEqual(['shop', 'science', 'Total']);
    await page.context().close();
  });
});

describe('an owner of the organization', () => {
  it('sets rates that count from a day on, and sees amounts', async () => {
    const page = await site.openAs('owner');
    await page.goto(organizationUrl());
    await rowOf(page, 'workspace', 'acme-data').waitFor();
    await page.getByText('No rates').waitFor();
    await page.getByLabel('Price of an hour, small').fill('cheap');
    await page.getByRole('button', { name: 'Save rates' }).click();
    await page.getByText('Must be a number, or empty for no price.').waitFor();
    await page.getByLabel('Price of an hour, small').fill('0.5');
    await page.getByLabel('Price of an hour, large').fill('360');
    await page.getByRole('button', { name: 'Save rates' }).click();
    await page
      .getByRole('row')
      .filter({ hasText: `${today} current` })
      .getByText('€360.00')
      .waitFor();
    // More than three seconds at ten cents each.
    await rowOf(page, 'workspace', 'acme-data')
      .getByText(/€\d+\.\d\d/)
      .waitFor();
    await page.getByRole('link', { name: 'Job', exact: true }).click();
    await rowOf(page, 'job', 'jobs.model').getByText('acme-data').waitFor();
    await save(page, 'organization-cost');
    await expectAccessible(page);
    // A change is recorded, and read by its members.
    const { items } = await site.server.client.call('list_organization_audit_log', {
      params: { organization_id: organizationId },
      query: {},
    });
    expect(items[0]).toMatchObject({
      action: 'organization.set-cost-rates',
      after: { currency: 'EUR', large: 360 },
    });
    await page.getByRole('button', { name: `Remove the rates from ${today}` }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByText('No rates').waitFor();
    await page.getByLabel('Price of an hour, large').fill('360');
    await page.getByRole('button', { name: 'Save rates' }).click();
    await page.getByText(/^No rate for /).waitFor();
    await page.context().close();
  });

  it('is an owner; others see which role they have', async () => {
    const page = await site.openAs('viewer');
    await page.goto(organizationUrl());
    await page.getByText('Your role: collaborator.').waitFor();
    await page.context().close();
  });
});

it.each([
  ['wide', 1440, 'light'],
  ['narrow', 390, 'dark'],
] as const)('the page is accessible on a %s screen', async (name, width, colorScheme) => {
  const page = await site.openAs('viewer', '/settings/cost', {
    viewport: { width, height: 900 },
    colorScheme,
  });
  await rowOf(page, 'job', 'jobs.model').waitFor();
  await save(page, `cost-${name}`);
  expect(await page.evaluate('document.documentElement.scrollWidth > innerWidth')).toBe(false);
  await expectAccessible(page);
  await page.context().close();
  expect(site.complaints).toEqual([]);
});
