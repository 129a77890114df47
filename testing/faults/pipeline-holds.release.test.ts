/** A pipeline that one run holds and another waits for, while a server is killed and a second one takes over. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApiWorkspace, joinLines } from '../fixtures/api-workspace.ts';
import { createRunsLocation } from '../fixtures/runs-location.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';
import { siteVariables } from './site-servers.ts';

const write = (name: string) => `
import os, time, dlt
if __name__ == "__main__":
    destination = dlt.destinations.duckdb(os.path.abspath(".dlt/data/prod/${name}.duckdb"))
    dlt.pipeline("orders", destination=destination, dataset_name="d").run([{"id": 1}], table_name="rows")
    print("wrote", flush=True)
    while not os.path.exists(".dlt/data/prod/go"):
        time.sleep(0.05)
`;

let first: TestServer;
let workspaceId: string;

beforeAll(async () => {
  first = await startTestServer(siteVariables);
  workspaceId = await createWorkspace(first, 'holds');
  await deployWorkspace(first, workspaceId, {
    files: { 'one.py': write('one'), 'two.py': write('two') },
    jobs: [defineScriptJob('one'), defineScriptJob('two')],
    requirements: ['dlt[duckdb]==1.31.0'],
  });
});
afterAll(() => first.remove());

it('stays with its run when the server is killed, and goes to the next one afterwards', async () => {
  const before = createApiWorkspace(first, workspaceId);
  const holder = await triggerJob(first, workspaceId, 'jobs.one');
  await before.awaitLine(holder, 'wrote');
  const waiting = await triggerJob(first, workspaceId, 'jobs.two');
  await before.awaitLine(waiting, 'Waiting for the pipeline orders: run 1 of jobs.one has held it since');
  await first.end('SIGKILL');
  const second = await first.restart({});
  try {
    const after = createApiWorkspace(second, workspaceId);
    for (const id of [holder, waiting]) expect((await after.getRun(id)).status).toBe('running');
    const go = join(createRunsLocation(first.dataDir).locateLocalData(workspaceId, 'prod'), 'go');
    await writeFile(go, '');
    for (const id of [holder, waiting])
      expect(await after.awaitEnd(id)).toMatchObject({ status: 'completed' });
    await rm(go);
    const log = joinLines(await after.readLog(waiting));
    expect(log.indexOf('Got the pipeline orders after')).toBeLessThan(log.indexOf('wrote'));
    expect(log).toContain('Got the pipeline orders after');
  } finally {
    await second.end('SIGTERM');
  }
});
