/** Load packages that a run did not finish are finished by the next one, whatever ended the first: with real dlt and destinations. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApiWorkspace, type ApiWorkspace } from '../fixtures/api-workspace.ts';
import { createRunsLocation, runsAreContainers, type RunsLocation } from '../fixtures/runs-location.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { listAttemptProcesses } from '../fixtures/run-processes.ts';
import { startDestination, type Destination } from './pending/postgres-destination.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';

/**
 * Loads three new orders with each run. At the point that the file `stop` names, the run ends itself as the file says, or
 * prints a line and hangs until the test ends it.
 */
const program = `
import json, os, signal, sys, time
import dlt
from dlt.common.storages.load_package import PackageStorage
from dlt.load.load import Load
from dlt.normalize.normalize import Normalize

DATA = os.path.abspath(".dlt/data/prod")
os.environ["LOAD__WORKERS"] = "1"
try:
    stop = json.load(open(f"{DATA}/stop"))
except FileNotFoundError:
    stop = {}


def end():
    print("stopping", flush=True)
    if stop["how"] == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if stop["how"] == "memory":
        eaten = []
        while True:
            eaten.append(bytearray(16 * 1024 * 1024))
    while True:
        time.sleep(0.1)


def before(owner, name):
    setattr(owner, name, lambda *args, **kwargs: end())


def after(owner, name):
    original = getattr(owner, name)

    def call(*args, **kwargs):
        original(*args, **kwargs)
        end()

    setattr(owner, name, call)


at = stop.get("at")
if at == "normalize":
    before(Normalize, "run")
elif at == "in-normalize":
    before(Normalize, "spool_files")
elif at == "load":
    before(Load, "run")
elif at == "in-load":
    after(PackageStorage, "complete_job")

name = os.path.splitext(os.path.basename(__file__))[0]
kind, _, disposition = name.partition("_")


@dlt.resource(table_name="orders", write_disposition=disposition, primary_key="id")
def orders(after=dlt.sources.incremental("id", initial_value=0)):
    print(f"asked after {after.last_value}", flush=True)
    first = after.last_value + 1
    yield [{"id": number, "parts": [{"part": 1}, {"part": 2}]} for number in range(first, first + 3)]


def destination():
    if kind == "postgres":
        return dlt.destinations.postgres(os.environ["SHOP_DATABASE"])
    if kind == "filesystem":
        return dlt.destinations.filesystem(bucket_url=f"file://{DATA}/bucket")
    return dlt.destinations.duckdb(f"{DATA}/shop.duckdb")


if __name__ == "__main__":
    pipeline = dlt.pipeline(name, destination=destination(), dataset_name=name)
    pipeline.run(orders())
    with pipeline.sql_client() as client:
        ids = sorted(row[0] for row in client.execute_sql("SELECT id FROM orders"))
        parts = client.execute_sql("SELECT count(*) FROM orders__parts")[0][0]
    print("loaded", ids, parts, flush=True)
`;

/** Containers do not reach the loopback, where the Postgres of the test listens. */
const kinds = runsAreContainers ? ['duckdb', 'filesystem'] : ['duckdb', 'filesystem', 'postgres'];
const dispositions = ['append', 'merge', 'replace'];
const names = kinds.flatMap((kind) => dispositions.map((disposition) => `${kind}_${disposition}`));

let server: TestServer;
let api: ApiWorkspace;
let postgres: Destination;
let location: RunsLocation;
let localData: string;

beforeAll(async () => {
  postgres = await startDestination();
  server = await startTestServer({
    PUMPHOUSE_INSTANCE_SIZES: 'small=2/400/512 medium=2/2048/1024',
    PUMPHOUSE_RUNS_LOOPBACK_PORTS: String(postgres.port),
  });
  api = createApiWorkspace(server, await createWorkspace(server, 'pending'));
  await server.client.call('update_workspace_variables', {
    params: { workspace_id: api.id },
    body: {
      profile: null,
      upserts: [{ name: 'SHOP_DATABASE', type: 'secret', value: postgres.url }],
      deletes: [],
    },
  });
  await deployWorkspace(server, api.id, {
    files: Object.fromEntries(names.map((name) => [`${name}.py`, program])),
    jobs: names.map((name) => ({
      ...defineScriptJob(name),
      execute: {
        concurrency: null,
        timeout: { timeout: name === 'duckdb_merge' ? 30 : 600, grace_period: 1 },
      },
    })),
    requirements: [`dlt[${kinds.join(',')}]==1.31.0`],
    configuration: { 'config.toml': '' },
  });
  location = createRunsLocation(server.dataDir);
  localData = location.locateLocalData(api.id, 'prod');
});
afterAll(async () => {
  await server.remove();
  await postgres.stop();
});
beforeEach(() => rm(join(localData, 'stop'), { force: true }));

const start = (name: string) => triggerJob(server, api.id, `jobs.${name}`);
const setStop = (stop: { at: string; how: string }) =>
  writeFile(join(localData, 'stop'), JSON.stringify(stop));

async function list(query: Record<string, unknown>) {
  const params = { workspace_id: api.id };
  return (await server.client.call('list_pending_packages', { params, query })).packages;
}

/** Runs a job to its end. */
async function run(name: string) {
  const id = await start(name);
  const ended = await api.awaitEnd(id);
  const lines = (await api.readLog(id)).map(({ content }) => content);
  return { id, status: ended.status, lines, asked: lines.filter((line) => line.startsWith('asked')) };
}

/** Starts a job that stops at a point, and waits until it is there. */
async function startUntil(name: string, stop: { at: string; how: string }): Promise<string> {
  await setStop(stop);
  const id = await start(name);
  await api.awaitLine(id, 'stopping');
  await rm(join(localData, 'stop'));
  return id;
}

/** Expects that the next run finishes what is pending, and that every row is there once. */
async function expectFinished(name: string, failedId: string, ids: number[]) {
  const next = await run(name);
  expect(next).toMatchObject({ status: 'completed' });
  const isReplaced = name.endsWith('replace');
  expect(next.asked).toEqual([isReplaced ? 'asked after 0' : `asked after ${ids.length - 3}`]);
  const expected = isReplaced ? [1, 2, 3] : ids;
  expect(next.lines.at(-1)).toBe(`loaded [${expected.join(', ')}] ${2 * expected.length}`);
  expect(next.lines.join('\n')).toMatch(
    /Finished the load package .* of the pipeline .*, extracted by run \d+ of jobs\./,
  );
  expect(await list({ job_run_id: failedId })).toEqual([
    expect.objectContaining({
      state: 'finished',
      ended_by: expect.objectContaining({ id: next.id }) as object,
    }),
  ]);
}

describe.each(names)('packages of %s', (name) => {
  it.each(['normalize', 'in-load'])('are finished after a kill: %s', async (at) => {
    await rm(join(localData, 'shop.duckdb'), { force: true });
    const before = await run(name);
    expect(before.status, before.lines.join('\n')).toBe('completed');
    const count = Number(/loaded \[.*?(\d+)\]/.exec(before.lines.at(-1) ?? '')?.[1]);
    const killed = await startUntil(name, { at, how: 'kill' });
    expect(await api.awaitEnd(killed)).toMatchObject({ status: 'failed' });
    const steps = { normalize: 'extracted', 'in-load': 'partly_loaded' };
    expect(await list({ job_run_id: killed })).toEqual([
      expect.objectContaining({
        state: 'pending',
        step: steps[at as keyof typeof steps],
        pipeline_name: name,
      }),
    ]);
    await expectFinished(
      name,
      killed,
      Array.from({ length: count + 6 }, (_, index) => index + 1),
    );
  });
});

describe('a run that ends with packages pending', () => {
  const name = 'duckdb_append';
  beforeEach(() => rm(join(localData, 'shop.duckdb'), { force: true }));
  const first = [1, 2, 3, 4, 5, 6];

  it('may have used more memory than it has', async () => {
    const id = await startUntil(name, { at: 'in-normalize', how: 'memory' });
    expect((await api.awaitEnd(id)).status).toBe('failed');
    await expectFinished(name, id, first);
  });

  it('may be cancelled', async () => {
    const id = await startUntil(name, { at: 'load', how: 'hang' });
    await server.client.call('cancel_job_run', { params: { workspace_id: api.id, job_run_id: id } });
    expect((await api.awaitEnd(id)).status).toBe('cancelled');
    await expectFinished(name, id, first);
  });

  it('may reach its time limit', async () => {
    const id = await startUntil('duckdb_merge', { at: 'normalize', how: 'hang' });
    expect((await api.awaitEnd(id)).status).toBe('failed');
    await expectFinished('duckdb_merge', id, first);
  });

  it('may lose all its processes, the one that reports included', async () => {
    const id = await startUntil(name, { at: 'in-load', how: 'hang' });
    const { attempts } = await server.client.call('get_job_run_life', {
      params: { workspace_id: api.id, job_run_id: id },
    });
    const attemptId = String(attempts.at(-1)?.id);
    await location.signalBootstrap(attemptId, 'SIGKILL');
    if (!runsAreContainers)
      for (const pid of await listAttemptProcesses(server.dataDir, attemptId)) process.kill(pid, 'SIGKILL');
    expect((await api.awaitEnd(id)).status).toBe('failed');
    const next = await run(name);
    expect(next.lines.at(-1)).toBe('loaded [1, 2, 3, 4, 5, 6] 12');
    expect(next.asked).toEqual(['asked after 3']);
  });

  it('may go on while its server is replaced, and is finished by a run that does not ask the source', async () => {
    const id = await startUntil(name, { at: 'load', how: 'hang' });
    await server.end('SIGKILL');
    server = await server.restart();
    await server.client.call('cancel_job_run', { params: { workspace_id: api.id, job_run_id: id } });
    await api.awaitEnd(id);
    const { job_run_id: finishing } = await server.client.call('finish_pending_packages', {
      params: { workspace_id: api.id, pipeline_name: name },
      body: { profile: 'prod' },
    });
    expect((await api.awaitEnd(finishing)).status).toBe('completed');
    const lines = (await api.readLog(finishing)).map(({ content }) => content);
    expect(lines.filter((line) => line.startsWith('asked'))).toEqual([]);
    expect(await list({ job_run_id: id })).toEqual([expect.objectContaining({ state: 'finished' })]);
    expect((await run(name)).lines.at(-1)).toBe('loaded [1, 2, 3, 4, 5, 6] 12');
  });

  it('has them dropped by the next run, if a member says so', async () => {
    const id = await startUntil(name, { at: 'load', how: 'kill' });
    await api.awaitEnd(id);
    await server.client.call('drop_pending_packages', {
      params: { workspace_id: api.id, pipeline_name: name },
      body: { profile: 'prod' },
    });
    const next = await run(name);
    expect(next.asked).toEqual(['asked after 0']);
    expect(next.lines.join('\n')).toContain('dropped as requested');
    expect(await list({ job_run_id: id })).toEqual([expect.objectContaining({ state: 'dropped' })]);
  });
});
