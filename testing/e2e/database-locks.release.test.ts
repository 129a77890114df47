/** Many runs at once that open DuckDB files of the local data. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiWorkspace, joinLines, type ApiWorkspace } from '../fixtures/api-workspace.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';

const runCount = 50;
const folder = '.dlt/data/prod';

/** Has a file open until a run of `free_<flag>` says that it is over. */
const hold = (file: string, flag: string) => `
import os, time, duckdb
if __name__ == "__main__":
    with duckdb.connect(f"${folder}/${file}.duckdb"):
        print("has it open")
        while not os.path.exists("${folder}/${flag}"):
            time.sleep(0.05)
`;
const free = (flag: string) => `
if __name__ == "__main__":
    open("${folder}/${flag}", "w").close()
`;
const scripts = {
  hold_shop: hold('shop', 'shop_free'),
  free_shop: free('shop_free'),
  visit: `
import duckdb
if __name__ == "__main__":
    with duckdb.connect("${folder}/shop.duckdb") as shop:
        shop.execute("create table if not exists visits (id integer)")
        shop.execute("insert into visits values (1)")
        print("visit:", shop.execute("select count(*) from visits").fetchone()[0])
`,
  load: `
import os, dlt
if __name__ == "__main__":
    destination = dlt.destinations.duckdb(os.path.abspath("${folder}/orders.duckdb"))
    pipeline = dlt.pipeline("orders", destination=destination, dataset_name="d")
    pipeline.run([{"id": 1}], table_name="orders")
`,
  count_orders: `
import duckdb
if __name__ == "__main__":
    with duckdb.connect("${folder}/orders.duckdb") as orders:
        print("orders:", orders.execute("select count(*) from d.orders").fetchone()[0])
`,
  hold_own: hold(`{os.environ['RUNTIME__RUN_ID']}`, 'own_free'),
  free_own: free('own_free'),
};

let server: TestServer;
let api: ApiWorkspace;
beforeAll(async () => {
  // All of them, the one that they wait for, and the one that ends their waiting.
  server = await startTestServer({
    PUMPHOUSE_MAX_ACTIVE_RUNS: String(runCount + 2),
    PUMPHOUSE_OVERCOMMIT: '200/50',
  });
  api = createApiWorkspace(server, await createWorkspace(server, 'locks'));
  await deployWorkspace(server, api.id, {
    files: Object.fromEntries(Object.entries(scripts).map(([name, text]) => [`${name}.py`, text])),
    jobs: Object.keys(scripts).map((name) => defineScriptJob(name)),
    requirements: ['dlt[duckdb]==1.31.0'],
    // Otherwise runs of one pipeline wait for the pipeline, before they open its database.
    configuration: { 'config.toml': '[pumphouse]\nexclusive = "off"\n' },
  });
});
afterAll(() => server.remove());

const start = (name: string) => triggerJob(server, api.id, `jobs.${name}`);
const startMany = (name: string) => Promise.all(Array.from({ length: runCount }, () => start(name)));

async function readCompleted(jobRunId: string): Promise<string> {
  const run = await api.awaitEnd(jobRunId);
  const log = joinLines(await api.readLog(jobRunId));
  expect(run.status, log).toBe('completed');
  return log;
}

describe(`${runCount} runs at once`, () => {
  it('get one file in the order in which they asked for it, and their logs name the run that has it', async () => {
    const holder = await start('hold_shop');
    await api.awaitLine(holder, 'has it open');
    const waiting: string[] = [];
    while (waiting.length < runCount) {
      const id = await start('visit');
      await api.awaitLine(
        id,
        'Waiting for the database shop.duckdb: run 1 of jobs.hold_shop has had it open',
      );
      waiting.push(id);
    }

    await start('free_shop');
    await readCompleted(holder);

    for (const [index, id] of waiting.entries()) {
      const log = await readCompleted(id);

      expect(log).toMatch(new RegExp(`^visit: ${index + 1}$`, 'mu'));
      expect(log).toMatch(/Opened the database shop\.duckdb after \d+\.\d s\./);
    }
  });

  it('all load into one file', async () => {
    for (const id of await startMany('load')) await readCompleted(id);
    expect(await readCompleted(await start('count_orders'))).toContain(`orders: ${runCount}`);
  });

  it('have as many files open at the same time', async () => {
    const holders = await startMany('hold_own');
    for (const id of holders) await api.awaitLine(id, 'has it open');
    await start('free_own');
    for (const id of holders) expect(await readCompleted(id)).not.toContain('Waiting for the database');
  });
});
