/** A run that was killed between a load job and its mark: the next one tells of rows that are there twice. */
import type { AlertReceiver } from '../../fixtures/alert-receiver.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { defineScriptJob, deployWorkspace, triggerJob } from '../../fixtures/deploy-workspace.ts';
import { eventSchemas } from '@pumphouse/contract';
import { eventually } from '../../fixtures/eventually.ts';
import { expectAccessible, startEmptyConsoleSite, type ConsoleSite } from '../../fixtures/console-site.ts';
import { startAlertReceiver } from '../../fixtures/alert-receiver.ts';

/** Appends three orders with each run. `MODE`: `kill` ends it once they are at the destination; otherwise SQL to execute. */
const shop = `
import os, signal
import dlt, duckdb
from dlt.common.storages.load_package import PackageStorage

database = os.path.abspath(".dlt/data/prod/shop.duckdb")
mode = os.environ.get("MODE")


def save_pending_transition(packages, load_id, file_name, *rest, save=PackageStorage.save_pending_transition):
    if file_name.startswith("orders."):
        os.kill(os.getpid(), signal.SIGKILL)
    return save(packages, load_id, file_name, *rest)


if mode == "kill":
    os.environ["LOAD__WORKERS"] = "1"
    PackageStorage.save_pending_transition = save_pending_transition

if __name__ == "__main__":
    if mode in (None, "kill"):
        pipeline = dlt.pipeline("shop", destination=dlt.destinations.duckdb(database), dataset_name="sales")
        pipeline.run([{"id": number} for number in range(3)], table_name="orders")
        del pipeline
    with duckdb.connect(database) as connection:
        if mode not in (None, "kill"):
            connection.execute(mode)
        print("orders", *connection.execute("SELECT count(*), count(DISTINCT _dlt_id) FROM sales.orders").fetchone())
`;

let site: ConsoleSite;
let receiver: AlertReceiver;
beforeAll(async () => {
  receiver = await startAlertReceiver();
  site = await startEmptyConsoleSite({ PUMPHOUSE_ALERTS_ALLOWED_TARGETS: '127.0.0.1' });
  await deployWorkspace(site.server, site.api.id, {
    files: { 'shop.py': shop },
    jobs: [defineScriptJob('shop')],
    requirements: ['dlt[duckdb]==1.31.0'],
    configuration: { 'config.toml': '' },
  });
  const body = { name: 'rows', url: receiver.url, event_types: ['pumphouse.load.*'] };
  await site.server.client.call('create_event_subscription', {
    params: { workspace_id: site.api.id },
    body,
  });
});
afterAll(async () => {
  await site?.remove();
  await receiver?.close();
});

async function run(mode: string | null) {
  const upserts = mode === null ? [] : [{ name: 'MODE', type: 'plain' as const, value: mode }];
  const deletes = mode === null ? ['MODE'] : [];
  const params = { workspace_id: site.api.id };
  const body = { profile: null, upserts, deletes };
  await site.server.client.call('update_workspace_variables', { params, body });
  const ended = await site.api.awaitEnd(await triggerJob(site.server, site.api.id, 'jobs.shop'));
  const lines = (await site.api.readLog(ended.id)).map(({ content }) => content);
  return { ...ended, lines };
}

it('are told by its log, its page and an event, with the statement that removes them', async () => {
  expect(await run('kill')).toMatchObject({ status: 'failed' });
  const { id, status, lines } = await run(null);
  expect(status, lines.join('\n')).toBe('completed');
  // Three that are there twice, and three of its own.
  expect(lines.at(-1)).toBe('orders 9 6');

  const params = { workspace_id: site.api.id, job_run_id: id };
  const { repeated_loads: loads } = await site.server.client.call('list_job_run_pipeline_runs', { params });
  expect(loads).toMatchObject([
    { pipeline_name: 'shop', table_name: 'orders', status: 'twice', rows_twice: 3 },
  ]);
  const [load] = loads;
  const statement = load?.statement ?? '';
  const told = lines.filter((line) => line.includes(`the load ${load?.load_id} twice`));
  expect(told).toEqual([
    expect.stringContaining('The table may hold rows'),
    expect.stringContaining(`The table orders holds 3 rows of the load`),
  ]);
  expect(told[1]).toContain(`Remove them with: ${statement} With a primary key`);

  const [received] = await eventually('the receiver has the event', () =>
    receiver.received.length > 0 ? receiver.received : null,
  );
  const event = eventSchemas['pumphouse.load.repeated'].schema.parse(JSON.parse(received?.body ?? ''));
  expect(event.data).toMatchObject({ job_run_id: id, job: { job_ref: 'jobs.shop' }, repeated_load: load });

  const page = await site.openAs('owner', `/runs/${id}`);
  const notice = page.getByRole('group', { name: 'Repeated loads' });
  await notice.getByText('orders of the pipeline shop has 3 rows twice').waitFor();
  expect(await notice.getByLabel('Statement for orders', { exact: true }).textContent()).toBe(statement);
  await expectAccessible(page);
  const picture = process.env['PUMPHOUSE_TEST_PICTURE'];
  if (picture !== undefined) await page.screenshot({ path: picture });

  const removed = await run(statement);
  expect(removed.lines.at(-1), removed.lines.join('\n')).toBe('orders 6 6');
  expect(receiver.received).toHaveLength(1);
});
