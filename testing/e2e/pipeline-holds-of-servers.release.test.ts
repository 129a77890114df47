/** Runs of two servers and a worker that write with one pipeline: at any time one of them writes. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isTerminalRunState } from '@pumphouse/contract';
import { createApiWorkspace, joinLines, type ApiWorkspace } from '../fixtures/api-workspace.ts';
import { createRunsLocation } from '../fixtures/runs-location.ts';
import { killProcess } from '../fixtures/kill-process.ts';
import { listAttemptProcesses } from '../fixtures/run-processes.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';
import { startTestWorker, type TestWorker } from '../fixtures/worker.ts';

/**
 * Prints when the extraction of its first pipeline begins, which only a writer does, and when the program ends. All
 * processes are on one machine, so their clocks agree.
 */
const write = (file: string, ...pipelines: string[]) => `
import os, time, dlt

def write(pipeline):
    @dlt.resource(name="rows")
    def rows():
        print("begins", pipeline, time.monotonic_ns(), flush=True)
        yield {"id": 1}

    destination = dlt.destinations.duckdb(os.path.abspath(f".dlt/data/prod/${file}_{pipeline}.duckdb"))
    dlt.pipeline(pipeline, destination=destination, dataset_name="d").run(rows())
    print("wrote with", pipeline, flush=True)
    while not os.path.exists(".dlt/data/prod/go"):
        time.sleep(0.02)

if __name__ == "__main__":
    for pipeline in ${JSON.stringify(pipelines)}:
        write(pipeline)
    print("ends", time.monotonic_ns(), flush=True)
`;

const places = { one_a: 'one', one_b: 'one', two_a: 'two', two_b: 'two', edge: 'edge', ab: 'one', ba: 'two' };
const files = {
  ...Object.fromEntries(
    ['one_a', 'one_b', 'two_a', 'two_b', 'edge'].map((name) => [`${name}.py`, write(name, 'orders')]),
  ),
  'ab.py': write('ab', 'left', 'right'),
  'ba.py': write('ba', 'right', 'left'),
};

let one: TestServer;
let two: TestServer;
let edge: TestWorker;
let api: ApiWorkspace;
let goFiles: string[];
const started: string[] = [];

beforeAll(async () => {
  one = await startTestServer({ PUMPHOUSE_LEASE_SECONDS: '2', PUMPHOUSE_LABELS: 'place=one' });
  two = await one.startBeside({ PUMPHOUSE_LABELS: 'place=two' });
  edge = await startTestWorker(one, { labels: ['place=edge'] });
  const workspaceId = await createWorkspace(one, 'holds');
  api = createApiWorkspace(one, workspaceId);
  await deployWorkspace(one, workspaceId, {
    files,
    jobs: Object.entries(places).map(([name, place]) => ({
      ...defineScriptJob(name),
      require: { instance: { labels: { place } } },
    })),
    requirements: ['dlt[duckdb]==1.31.0'],
  });
  goFiles = [one, edge].map(({ dataDir }) =>
    join(createRunsLocation(dataDir).locateLocalData(workspaceId, 'prod'), 'go'),
  );
});
afterAll(async () => {
  await edge.remove();
  await two.end('SIGTERM');
  await one.remove();
});
afterEach(async () => {
  // A test that failed must not keep the next one waiting.
  for (const id of started.splice(0))
    if (!isTerminalRunState((await api.getRun(id)).status)) {
      await cancel(id);
      await api.awaitEnd(id);
    }
  for (const file of goFiles) await rm(file, { force: true });
});

async function start(name: keyof typeof places): Promise<string> {
  const id = await triggerJob(one, api.id, `jobs.${name}`);
  started.push(id);
  return id;
}
async function startHolder(name: keyof typeof places): Promise<string> {
  const id = await start(name);
  await api.awaitLine(id, 'wrote with orders');
  return id;
}
async function startWaiting(name: keyof typeof places): Promise<string> {
  const id = await start(name);
  await api.awaitLine(id, 'Waiting for the pipeline orders: run');
  return id;
}
/** Lets every run end once it has written. */
async function release(): Promise<void> {
  for (const file of goFiles) await writeFile(file, '');
}
const cancel = (jobRunId: string) =>
  one.client.call('cancel_job_run', { params: { workspace_id: api.id, job_run_id: jobRunId } });

async function awaitCompletion(ids: readonly string[]): Promise<void> {
  const ends = await Promise.all(ids.map((id) => api.awaitEnd(id)));
  expect(ends.map(({ status }) => status)).toEqual(ids.map(() => 'completed'));
}

/** Reads when a run began to write, and when it could write no more, in nanoseconds. */
async function readWrite(jobRunId: string) {
  const log = joinLines(await api.readLog(jobRunId));
  const [begins, ends] = [/^begins \w+ (\d+)$/m, /^ends (\d+)$/m].map((pattern) => pattern.exec(log)?.[1]);
  return { jobRunId, begins: BigInt(begins ?? -1), ends: BigInt(ends ?? -1) };
}

/** Expects that these runs have written in this order, each after the end of the one before. */
async function expectOneAfterTheOther(ids: readonly string[]): Promise<void> {
  const writes = await Promise.all(ids.map(readWrite));
  for (const [index, { begins, ends }] of writes.entries()) {
    expect(begins).toBeGreaterThan(0n);
    expect(ends).toBeGreaterThan(begins);
    if (index > 0) expect(begins).toBeGreaterThan(writes[index - 1]?.ends ?? 0n);
  }
}

describe('runs of two servers and a worker with one pipeline', () => {
  it('write one after the other, in the order of their requests', async () => {
    const order = [await startHolder('one_a')];
    for (const name of ['two_a', 'edge', 'one_b', 'two_b'] as const) order.push(await startWaiting(name));
    await release();
    await awaitCompletion(order);
    await expectOneAfterTheOther(order);
  });

  it('write one at a time when they begin at once', async () => {
    await release();
    const names = ['one_a', 'one_b', 'two_a', 'two_b', 'edge'] as const;
    const ids = await Promise.all(names.map(start));
    await awaitCompletion(ids);
    const writes = await Promise.all(ids.map(readWrite));
    const order = writes.toSorted((a, b) => (a.begins < b.begins ? -1 : 1));
    await expectOneAfterTheOther(order.map(({ jobRunId }) => jobRunId));
  });

  it('go on when the holder is lost, and a cancelled one leaves the queue', async () => {
    const holder = await startHolder('two_a');
    const cancelled = await startWaiting('one_a');
    const last = await startWaiting('edge');
    await cancel(cancelled);
    expect(await api.awaitEnd(cancelled)).toMatchObject({ status: 'cancelled' });
    const params = { workspace_id: api.id, job_run_id: holder };
    const { attempts } = await one.client.call('get_job_run_life', { params });
    for (const pid of await listAttemptProcesses(one.dataDir, attempts[0]?.id ?? '')) killProcess(pid);
    expect(await api.awaitEnd(holder)).toMatchObject({ status: 'failed' });
    await release();
    await awaitCompletion([last]);
    expect((await readWrite(cancelled)).begins).toBe(-1n);
  });

  it('that each wait for the other: the later request fails', async () => {
    const ids = [await start('ab'), await start('ba')];
    await api.awaitLine(ids[0] ?? '', 'wrote with left');
    await api.awaitLine(ids[1] ?? '', 'wrote with right');
    await release();
    const ends = await Promise.all(ids.map((id) => api.awaitEnd(id)));
    expect(ends.map(({ status }) => status).toSorted()).toEqual(['completed', 'failed']);
    const failed = ends.find(({ status }) => status === 'failed')?.id ?? '';
    expect(joinLines(await api.readLog(failed))).toContain('pipeline_deadlock: Waiting would never end: run');
  });

  it('keep their places when the server of the holder and of a waiting run is killed', async () => {
    const holder = await startHolder('two_a');
    const order = [holder, await startWaiting('two_b'), await startWaiting('one_a')];
    await two.end('SIGKILL');
    two = await two.restart();
    for (const id of order) expect((await api.getRun(id)).status).toBe('running');
    await release();
    await awaitCompletion(order);
    await expectOneAfterTheOther(order);
  });
});
