/** The page of a run shows what its attempt did with each pipeline, and the checks that nothing could be found for. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { defineScriptJob, deployWorkspace, triggerJob } from '../../fixtures/deploy-workspace.ts';
import { expectAccessible, startEmptyConsoleSite, type ConsoleSite } from '../../fixtures/console-site.ts';

const shop = `
import os, dlt

if __name__ == "__main__":
    destination = dlt.destinations.duckdb(os.path.abspath(".dlt/data/prod/shop.duckdb"))
    pipeline = dlt.pipeline("shop", destination=destination, dataset_name="sales")
    pipeline.run([{"id": 1}, {"id": 2}], table_name="orders")
    pipeline.run([{"id": 1}], table_name="invoices")
`;
const config = `
[pumphouse.pipelines.shop]
expect = [{ table = "orders", min_rows = 2 }, { table = "returns", min_rows = 1 }]
[pumphouse.pipelines.shpo]
on_failure = "fail"
expect = [{ table = "orders", min_rows = 1 }]
`;

let site: ConsoleSite;
let page: Page;
beforeAll(async () => {
  site = await startEmptyConsoleSite();
  await deployWorkspace(site.server, site.api.id, {
    files: { 'shop.py': shop },
    jobs: [defineScriptJob('shop')],
    requirements: ['dlt[duckdb]==1.31.0'],
    configuration: { 'config.toml': config },
  });
  const { id } = await site.api.awaitEnd(await triggerJob(site.server, site.api.id, 'jobs.shop'));
  page = await site.openAs('owner', `/runs/${id}?tab=pipelines`);
});
afterAll(() => site?.remove());

const cardOf = (pipeline: string) => page.getByRole('region', { name: `Result of pipeline ${pipeline}` });
const checksOf = (pipeline: string) => cardOf(pipeline).getByRole('listitem').allTextContents();

it('shows what both calls of a pipeline loaded, and a check of a table that was not seen as unknown', async () => {
  await cardOf('shop').getByText('3 rows loaded in 2 calls').waitFor();
  expect(await checksOf('shop')).toEqual([
    expect.stringMatching(/^✓ Passed orders: at least 2 rows/),
    expect.stringMatching(/^\? Unknown returns: at least 1 row/),
  ]);
});

it('shows a pipeline that did not report, which fails the run', async () => {
  await cardOf('shpo').getByText('Not reported').waitFor();
  expect(await checksOf('shpo')).toEqual([
    '? Unknown orders: at least 1 row pipeline shpo did not report in this run',
  ]);
  await page.getByText('Checks of the pipeline shpo failed').first().waitFor();
  await expectAccessible(page);
  const picture = process.env['PUMPHOUSE_TEST_PICTURE'];
  if (picture !== undefined) await page.screenshot({ path: picture, fullPage: true });
});
