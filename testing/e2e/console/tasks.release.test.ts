/** What a user does at night, counted in clicks: three at most for each task (docs/contribute/bench.md). */
import type { Locator, Page } from 'playwright-core';
import type { DeployedCode } from '../../fixtures/deploy-workspace.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { copyRun } from '@pumphouse/server/store/postgres/testing/runs.ts';
import { defineScriptJob, deployWorkspace } from '../../fixtures/deploy-workspace.ts';
import { openServerStore } from '../../fixtures/server-store.ts';
import { startEmptyConsoleSite, type ConsoleSite } from '../../fixtures/console-site.ts';
import { startRun } from '../../fixtures/console-workspace.ts';

let site: ConsoleSite;
let page: Page;
let clicks: number;
/** Runs that wait for a run of `stock` that does not end. */
let waiting: string[];

const tenMinutesMs = 600_000;

const payments = (version: number) => `
import dlt

def parse_amount(text):
    return ${version === 3 ? 'int' : 'float'}(text)

@dlt.resource(primary_key="id", write_disposition="merge")
def charges():
    for number in range(1, 20):
        yield {"id": number, "amount": parse_amount(f"{number}.50")${version === 1 ? '' : ', "currency": "EUR"'}}

dlt.pipeline("payments", destination="duckdb", dataset_name="payments_data").run(charges())
`;
const stock = (version: number) =>
  version === 3
    ? 'import time\nprint("holding", flush=True)\nwhile True:\n    time.sleep(1)\n'
    : `
import dlt

dlt.pipeline("stock", destination="duckdb", dataset_name="stock_data").run([{"sku": "a", "left": 4}], table_name="levels")
`;

const codeOf = (version: number): DeployedCode => ({
  files: { 'payments.py': payments(version), 'stock.py': stock(version), 'report.py': 'print("done")\n' },
  jobs: [
    { ...defineScriptJob('payments'), expose: { manual: true } },
    { ...defineScriptJob('stock'), execute: { timeout: { grace_period: 1 } } },
    defineScriptJob('report', ['job.success:jobs.payments']),
  ],
  requirements: ['duckdb'],
});

beforeAll(async () => {
  site = await startEmptyConsoleSite();
  const { server, api } = site;
  const run = async (jobRef: string) => api.awaitEnd(await startRun(server, api, jobRef));
  await deployWorkspace(server, api.id, codeOf(1));
  await run('jobs.payments');
  await run('jobs.stock');
  await deployWorkspace(server, api.id, codeOf(2));
  await run('jobs.payments');
  await deployWorkspace(server, api.id, codeOf(3));
  expect((await run('jobs.payments')).status).toBe('failed');
  const holding = await startRun(server, api, 'jobs.stock');
  await api.awaitLine(holding, 'holding');
  const { database, close } = await openServerStore(server);
  const createdAt = new Date(Date.now() - tenMinutesMs);
  waiting = await copyRun(database, holding, 3, () => ({ status: 'pending', isQueued: true, createdAt }));
  await close();
});
afterAll(() => site?.remove());

/** Opens a page without clicks, from which a task begins. */
async function begin(path: string): Promise<void> {
  await page?.context().close();
  page = await site.openAs('developer', path);
  clicks = 0;
}

async function click(target: Locator): Promise<void> {
  clicks += 1;
  await target.click();
}

it('from "last night failed" to the changed line', async () => {
  await begin('');
  const failing = page.locator('[data-row]').filter({ hasText: 'payments' }).first();
  await click(failing.getByRole('button', { name: 'View failure' }));
  const lines = page.getByRole('region', { name: 'Diff of payments.py' });
  await lines.getByText('return int(text)').waitFor();
  expect(clicks).toBe(1);
});

it('from a late table to the run that blocks its job', async () => {
  await begin('/datasets/stock_data/tables/levels');
  const jobs = page.getByRole('table', { name: 'Jobs that load the table' });
  await click(jobs.getByRole('link', { name: 'stock', exact: true }));
  await click(page.getByRole('link', { name: '#3', exact: true }));
  await click(page.getByRole('link', { name: 'View stock #2' }));
  await page.getByRole('heading', { name: 'stock #2', level: 1 }).waitFor();
  expect(clicks).toBe(3);
});

it('from a column to the run that added it', async () => {
  await begin('/datasets/payments_data/tables/charges');
  const row = page.getByRole('table', { name: 'Columns' }).getByRole('row', { name: /^currency/ });
  await click(row.getByRole('link', { name: 'payments #2' }));
  await page.getByRole('heading', { name: 'payments #2', level: 1 }).waitFor();
  expect(clicks).toBe(1);
});

it('from a failure to what is old because of it', async () => {
  await begin('');
  const navigation = page.getByRole('navigation', { name: 'Workspace' });
  await click(navigation.getByRole('link', { name: 'Lineage' }));
  const failures = page.getByRole('region', { name: 'Failures' });
  await click(failures.getByRole('button', { name: 'payments' }).first());
  const old = page.getByRole('region', { name: /^Old because of this failure/ });
  await old.getByRole('link', { name: 'payments_data' }).waitFor();
  await old.getByRole('link', { name: 'report' }).waitFor();
  expect(clicks).toBe(2);
});

it('cancels everything that waits for a stuck run', async () => {
  await begin('');
  const stuck = page.locator('[data-row]').filter({ hasText: '3 runs wait for stock #2' });
  await stuck.getByRole('link', { name: 'View runs' }).waitFor();
  await click(stuck.getByRole('button', { name: 'Cancel 3 waiting runs…' }));
  const dialog = page.getByRole('dialog', { name: 'Cancel 3 waiting runs?' });
  await dialog.getByText('stock #2, for which they wait, goes on.').waitFor();
  await click(dialog.getByRole('button', { name: 'Cancel 3 waiting runs' }));
  for (const id of waiting) expect((await site.api.awaitEnd(id)).status).toBe('cancelled');
  await stuck.waitFor({ state: 'detached' });
  expect(clicks).toBe(2);
});

it('causes no browser errors', () => {
  expect(site.complaints).toEqual([]);
});
