/** Runs that write with one pipeline or to one dataset: who waits, what is told, and what ends a wait. */
import { existsSync } from 'node:fs';
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
import { eventually } from '../fixtures/eventually.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';

/** Writes with the pipelines in turn; after each one, goes on only when a file exists. */
const write = (...pipelines: { name: string; file: string; dataset: string; until: string }[]) => `
import os, time, dlt

def write(name, file, dataset, until):
    destination = dlt.destinations.duckdb(os.path.abspath(f".dlt/data/prod/{file}.duckdb"))
    pipeline = dlt.pipeline(name, destination=destination, dataset_name=dataset)
    pipeline.run([{"id": 1}], table_name="rows")
    print("wrote with", name, flush=True)
    while not os.path.exists(f".dlt/data/prod/{until}"):
        time.sleep(0.05)

if __name__ == "__main__":
${pipelines
  .map(
    (each) =>
      `    write(${Object.values(each)
        .map((text) => JSON.stringify(text))
        .join(', ')})`,
  )
  .join('\n')}
`;

const orders = (file: string) => ({ name: 'orders', file, dataset: 'orders_data', until: file });
/** Different files: DuckDB's own lock would keep them apart as well. */
const files = {
  'first.py': write(orders('first')),
  'second.py': write(orders('second')),
  'third.py': write(orders('third')),
  'off.py': write(orders('off')),
  'fail.py': write(orders('fail')),
  'shared_a.py': write({ name: 'a', file: 'shared', dataset: 'sales', until: 'shared_a' }),
  'shared_b.py': write({ name: 'b', file: 'shared', dataset: 'sales', until: 'shared_b' }),
  'ab.py': write(
    { name: 'left', file: 'l1', dataset: 'd', until: 'both' },
    { name: 'right', file: 'r1', dataset: 'd', until: 'both' },
  ),
  'ba.py': write(
    { name: 'right', file: 'r2', dataset: 'd', until: 'both' },
    { name: 'left', file: 'l2', dataset: 'd', until: 'both' },
  ),
};
/** Two runs of one pipeline and one file: one has the file open and waits for the pipeline, the other the reverse. */
const crossed = (steps: string) => `
import os, time, dlt, duckdb

FILE = os.path.abspath(".dlt/data/prod/crossed.duckdb")
pipeline = dlt.pipeline("crossed", destination=dlt.destinations.duckdb(FILE), dataset_name="d")

def await_go(text):
    print(text, flush=True)
    while not os.path.exists(".dlt/data/prod/crossed"):
        time.sleep(0.05)

if __name__ == "__main__":
${steps}
`;
const crossedFiles = {
  'opens.py': crossed(`
    with duckdb.connect(FILE):
        await_go("has the file")
        pipeline.run([{"id": 1}], table_name="rows")
`),
  'loads.py': crossed(`
    pipeline.extract([{"id": 1}], table_name="rows")
    await_go("has the pipeline")
    pipeline.normalize()
    pipeline.load()
`),
};
const settings = `
[pumphouse.jobs.off]
exclusive = "off"
[pumphouse.jobs.fail]
on_held = "fail"
[pumphouse.jobs.shared_a]
exclusive = "dataset"
[pumphouse.jobs.shared_b]
exclusive = "dataset"
`;

let server: TestServer;
let api: ApiWorkspace;
let localData: string;
const released = new Set<string>();
const started: string[] = [];

beforeAll(async () => {
  server = await startTestServer();
  api = createApiWorkspace(server, await createWorkspace(server, 'holds'));
  await deployWorkspace(server, api.id, {
    files: { ...files, ...crossedFiles },
    jobs: Object.keys({ ...files, ...crossedFiles }).map((file) => defineScriptJob(file.replace('.py', ''))),
    requirements: ['dlt[duckdb]==1.31.0'],
    configuration: { 'config.toml': settings },
  });
  localData = createRunsLocation(server.dataDir).locateLocalData(api.id, 'prod');
});
afterAll(() => server.remove());
afterEach(async () => {
  // A test that failed must not keep the next one waiting.
  await Promise.all(started.splice(0).map(cancelIfActive));
  for (const name of released) await rm(join(localData, name), { force: true });
  released.clear();
});

async function start(name: string): Promise<string> {
  const id = await triggerJob(server, api.id, `jobs.${name}`);
  started.push(id);
  return id;
}
async function cancelIfActive(jobRunId: string): Promise<void> {
  if (isTerminalRunState((await api.getRun(jobRunId)).status)) return;
  await cancel(jobRunId);
  await api.awaitEnd(jobRunId);
}
async function release(name: string): Promise<void> {
  released.add(name);
  await writeFile(join(localData, name), '');
}
const readTimeline = (jobRunId: string) =>
  server.client.call('get_job_run_life', { params: { workspace_id: api.id, job_run_id: jobRunId } });
const cancel = (jobRunId: string) =>
  server.client.call('cancel_job_run', { params: { workspace_id: api.id, job_run_id: jobRunId } });

/** Starts the holder of the pipeline `orders`. */
async function startHolder(): Promise<string> {
  const holder = await start('first');
  await api.awaitLine(holder, 'wrote with orders');
  return holder;
}

async function startWaiting(name: string): Promise<string> {
  const waiting = await start(name);
  await api.awaitLine(waiting, 'Waiting for the pipeline orders: run');
  return waiting;
}

describe('runs that write with one pipeline', () => {
  it('write one after the other, in the order of their requests', async () => {
    const holder = await startHolder();
    const second = await start('second');
    const lines = await api.awaitLine(second, 'Waiting for the pipeline orders: run');
    const line = lines.at(-1)?.content.replace('Pumphouse: ', '');
    const third = await startWaiting('third');
    expect(line).toMatch(
      /^Waiting for the pipeline orders: run \d+ of jobs\.first has held it since \d{4}-.* UTC\.$/,
    );
    await eventually(
      'the run shows what it waits for',
      async () => (await readTimeline(second)).waiting?.reason === line,
    );
    expect((await api.getRun(second)).status).toBe('running');
    await release('first');
    expect(await api.awaitEnd(holder)).toMatchObject({ status: 'completed' });
    await api.awaitLine(second, 'wrote with orders');
    expect(existsSync(join(localData, 'third.duckdb'))).toBe(false);
    expect((await readTimeline(second)).waiting).toBeNull();
    await release('second');
    await release('third');
    for (const id of [second, third]) expect(await api.awaitEnd(id)).toMatchObject({ status: 'completed' });
    expect(joinLines(await api.readLog(third))).toMatch(/Got the pipeline orders after \d+\.\d s\./);
    expect((await readTimeline(third)).phases.map(({ name }) => name)).toContain('waiting');
  });

  it('go on when the holder is killed, and a cancelled one leaves the queue', async () => {
    const holder = await startHolder();
    const cancelled = await startWaiting('second');
    const third = await startWaiting('third');
    await cancel(cancelled);
    expect(await api.awaitEnd(cancelled)).toMatchObject({ status: 'cancelled' });
    const [attempt] = (await readTimeline(holder)).attempts;
    for (const pid of await listAttemptProcesses(server.dataDir, attempt?.id ?? '')) killProcess(pid);
    expect(await api.awaitEnd(holder)).toMatchObject({ status: 'failed' });
    await release('third');
    expect(await api.awaitEnd(third)).toMatchObject({ status: 'completed' });
  });

  it('do not wait with the setting "off", and fail with "fail"', async () => {
    const holder = await startHolder();
    await release('off');
    expect(await api.awaitEnd(await start('off'))).toMatchObject({ status: 'completed' });
    const failed = await start('fail');
    expect(await api.awaitEnd(failed)).toMatchObject({ status: 'failed' });
    expect(joinLines(await api.readLog(failed))).toMatch(
      /pipeline_held: The pipeline orders is in use: run \d+ of jobs\.first has held it since/,
    );
    await release('first');
    await api.awaitEnd(holder);
  });

  it('that each wait for the other: the later request fails', async () => {
    const runs = [await start('ab'), await start('ba')];
    const [ab = '', ba = ''] = runs;
    await api.awaitLine(ab, 'wrote with left');
    await api.awaitLine(ba, 'wrote with right');
    await release('both');
    const ends = await Promise.all(runs.map((id) => api.awaitEnd(id)));
    expect(ends.map(({ status }) => status).toSorted()).toEqual(['completed', 'failed']);
    const failed = ends.find(({ status }) => status === 'failed')?.id ?? '';
    expect(joinLines(await api.readLog(failed))).toContain('pipeline_deadlock: Waiting would never end: run');
  });

  it('of which one has the database file open that the other waits for: the request for the pipeline fails', async () => {
    const opens = await start('opens');
    await api.awaitLine(opens, 'has the file');
    const loads = await start('loads');
    await api.awaitLine(loads, 'has the pipeline');
    await release('crossed');
    expect(await api.awaitEnd(opens)).toMatchObject({ status: 'failed' });
    expect(await api.awaitEnd(loads)).toMatchObject({ status: 'completed' });
    const log = joinLines(await api.readLog(opens));
    expect(log).toContain('Waiting for the pipeline crossed: run');
    expect(log).toMatch(
      /pipeline_deadlock: Waiting would never end: run \d+ of jobs\.loads, .* waits for a database file that this run has open/,
    );
    expect(joinLines(await api.readLog(loads))).toContain('Waiting for the database crossed.duckdb: run');
  });
});

describe('runs that load to one dataset', () => {
  it('write one after the other with exclusive = "dataset"', async () => {
    const first = await start('shared_a');
    await api.awaitLine(first, 'wrote with a');
    const second = await start('shared_b');
    await api.awaitLine(second, 'Waiting for the dataset sales: run');
    expect((await readTimeline(second)).waiting).not.toBeNull();
    await release('shared_a');
    await release('shared_b');
    for (const id of [first, second]) expect(await api.awaitEnd(id)).toMatchObject({ status: 'completed' });
  });
});
