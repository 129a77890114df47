/** Runs that open one DuckDB file of the local data: who waits, what is told, and what ends a wait. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiWorkspace, joinLines, type ApiWorkspace } from '../fixtures/api-workspace.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';

/** Has the file open until a run of `release` says that it is over. */
const hold = `
import os, time, duckdb
if __name__ == "__main__":
    with duckdb.connect(".dlt/data/prod/shop.duckdb"):
        print("has it open")
        while not os.path.exists(".dlt/data/prod/over"):
            time.sleep(0.05)
`;
const release = `
if __name__ == "__main__":
    open(".dlt/data/prod/over", "w").close()
`;
const load = (file: string) => `
import os, dlt
if __name__ == "__main__":
    destination = dlt.destinations.duckdb(os.path.abspath(".dlt/data/prod/${file}.duckdb"))
    pipeline = dlt.pipeline("${file}", destination=destination, dataset_name="d")
    pipeline.run([{"id": 1}], table_name="orders")
    with pipeline.sql_client() as client:
        print("orders:", client.execute_sql("select count(*) from orders")[0][0])
`;

let server: TestServer;
let api: ApiWorkspace;
beforeAll(async () => {
  server = await startTestServer();
  api = createApiWorkspace(server, await createWorkspace(server, 'locks'));
  await deployWorkspace(server, api.id, {
    files: { 'hold.py': hold, 'release.py': release, 'shop.py': load('shop'), 'stock.py': load('stock') },
    jobs: ['hold', 'release', 'shop', 'stock'].map((name) => defineScriptJob(name)),
    requirements: ['dlt[duckdb]==1.31.0'],
    // Otherwise runs of one pipeline wait for the pipeline, before they open its database.
    configuration: { 'config.toml': '[pumphouse]\nexclusive = "off"\n' },
  });
});
afterAll(() => server.remove());

const start = (name: string) => triggerJob(server, api.id, `jobs.${name}`);

describe('runs that open one database file', () => {
  it('wait for each other, and only for that file', async () => {
    const holder = await start('hold');
    await api.awaitLine(holder, 'has it open');
    const waiting = [await start('shop'), await start('shop'), await start('shop')];
    const told = 'Waiting for the database shop.duckdb: run 1 of jobs.hold has had it open since';
    const [cancelled = '', ...others] = waiting;
    await api.awaitLine(cancelled, told);
    expect(await api.awaitEnd(await start('stock'))).toMatchObject({ status: 'completed' });
    await server.client.call('cancel_job_run', {
      params: { workspace_id: api.id, job_run_id: cancelled },
    });
    expect(await api.awaitEnd(cancelled)).toMatchObject({ status: 'cancelled' });
    for (const id of others) await api.awaitLine(id, 'Waiting for the database shop.duckdb: run 1');
    expect((await api.getRun(holder)).status).toBe('running');
    await start('release');
    for (const id of [holder, ...others])
      expect(await api.awaitEnd(id)).toMatchObject({ status: 'completed' });
    const logs = await Promise.all(others.map(async (id) => joinLines(await api.readLog(id))));
    for (const log of logs) expect(log).toMatch(/Opened the database shop\.duckdb after \d+\.\d s\./);
    // dlt opens the file several times, so both may have loaded before either counts.
    expect(logs.map((log) => /orders: (\d)/.exec(log)?.[1])).toContain('2');
    const { phases } = await server.client.call('get_job_run_life', {
      params: { workspace_id: api.id, job_run_id: others[0] ?? '' },
    });
    expect(phases.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['starting', 'running', 'waiting', 'ending']),
    );
  });
});
