import type { ReceivedSpan, TraceCollector } from '../fixtures/trace-collector.ts';
import type { TestDatabase } from '../fixtures/postgres.ts';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { createRunsLocation } from '../fixtures/runs-location.ts';
import { createTestDatabase } from '../fixtures/postgres.ts';
import { eventually } from '../fixtures/eventually.ts';
import { isTerminalRunState } from '@pumphouse/contract';
import { startTestServer, type TestServer } from '../fixtures/server.ts';
import { startTraceCollector } from '../fixtures/trace-collector.ts';

const secret = 'trout-5521/+y';

let collector: TraceCollector;
let database: TestDatabase;
let server: TestServer;
let workspaceId: string;

const loads = `
import os
import dlt

@dlt.resource
def orders():
    yield [{"id": number} for number in range(7)]

if __name__ == "__main__":
    print("parent", os.environ["TRACEPARENT"])
    dlt.pipeline("shop", destination="duckdb", dataset_name="shop_data").run(orders())
`;
const fails = `
import os
import dlt

@dlt.resource
def orders():
    raise RuntimeError("no answer, the token is " + os.environ["TOKEN"])

if __name__ == "__main__":
    dlt.pipeline("broken", destination="duckdb", dataset_name="shop_data").run(orders())
`;

const held = `
import os, time

while not os.path.exists(f".dlt/data/{os.environ['WORKSPACE__PROFILE']}/go"):
    time.sleep(0.02)
`;

beforeAll(async () => {
  [collector, database] = await Promise.all([startTraceCollector(), createTestDatabase()]);
  server = await startTestServer({
    PUMPHOUSE_LOG_LEVEL: 'warn',
    PUMPHOUSE_DATABASE_URL: database.url,
    // Events of a killed server are taken over after four times this.
    PUMPHOUSE_LEASE_SECONDS: '2',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20swordfish',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
  });
  workspaceId = await createWorkspace(server, 'traced');
  await deployWorkspace(server, workspaceId, {
    files: {
      'loads.py': loads,
      'fails.py': fails,
      'nothing.py': '',
      'held.py': held,
    },
    jobs: [
      defineScriptJob('loads'),
      defineScriptJob('fails'),
      defineScriptJob('nothing'),
      defineScriptJob('held'),
    ],
    requirements: ['dlt[duckdb]==1.31.0'],
  });
});
afterEach(() => collector.answerWith(200));
afterAll(async () => {
  await server?.remove();
  await database?.drop();
  await collector?.close();
});

async function run(jobRef: string): Promise<string> {
  const id = await triggerJob(server, workspaceId, jobRef);
  const params = { workspace_id: workspaceId, job_run_id: id };
  await eventually(`the run of ${jobRef} ends`, async () =>
    isTerminalRunState((await server.client.call('get_job_run', { params })).status),
  );
  return id;
}

const countEvents = async () =>
  (await database.database.one<{ count: number }>('select count(*)::int as count from outbox')).count;

const spansOf = (jobRunId: string) =>
  collector.spans().filter(({ traceId }) => traceId === jobRunId.replaceAll('-', ''));

async function awaitTrace(jobRunId: string): Promise<ReceivedSpan[]> {
  return eventually('its trace arrives', async () => {
    const spans = spansOf(jobRunId);
    return spans.length > 0 && spans;
  });
}

it('sends a run as a trace with its phases, its user code and the steps and resources of dlt', async () => {
  const id = await run('jobs.loads');
  const spans = await awaitTrace(id);
  const find = (name: string) => {
    const found = spans.find((span) => span.name === name);
    if (!found)
      throw new Error(`There is no span ${name} among ${spans.map((span) => span.name).join(', ')}`);
    return found;
  };
  const root = find('run jobs.loads');
  expect(root).toMatchObject({ parentSpanId: '', status: 1, service: 'pumphouse', scope: 'pumphouse' });
  expect(root.attributes).toMatchObject({ 'pumphouse.run.id': id, 'pumphouse.run.state': 'completed' });
  for (const name of ['queue', 'environment', 'start', 'user code', 'end'])
    expect(find(name).parentSpanId).toBe(root.spanId);
  const pipeline = find('pipeline shop');
  expect(pipeline.parentSpanId).toBe(find('user code').spanId);
  expect(find('extract').parentSpanId).toBe(pipeline.spanId);
  expect(find('resource orders')).toMatchObject({
    parentSpanId: find('extract').spanId,
    attributes: { 'dlt.rows_extracted': 7 },
  });
  expect(find('load').attributes).toMatchObject({ 'dlt.rows_loaded': 7 });
  for (const span of spans) {
    expect(span.startMs).toBeGreaterThanOrEqual(root.startMs);
    expect(span.endMs).toBeLessThanOrEqual(root.endMs);
  }
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
  expect(collector.headers()).toMatchObject({ authorization: 'Bearer swordfish' });
  // User code continues the trace below its own span.
  const parent = `00-${root.traceId}-${find('user code').spanId}-01`;
  const params = { workspace_id: workspaceId, job_run_id: id };
  const { match_count: matches } = await server.client.call('search_log', { params, query: { q: parent } });
  expect(matches).toBe(1);
});

it('gives a failed run the status error and the reason, without secrets', async () => {
  await server.client.call('update_workspace_variables', {
    params: { workspace_id: workspaceId },
    body: { profile: null, upserts: [{ name: 'TOKEN', type: 'secret', value: secret }] },
  });
  const id = await run('jobs.fails');
  const spans = await awaitTrace(id);
  const failed = spans.filter(({ status }) => status === 2).map(({ name }) => name);
  expect(failed).toEqual(expect.arrayContaining(['run jobs.fails', 'user code']));
  expect(JSON.stringify(spans)).not.toContain(secret);
});

it('delays no run while the collector does not answer', async () => {
  collector.answerWith(0);
  const from = Date.now();
  for (let count = 0; count < 3; count += 1) await run('jobs.nothing');
  expect(Date.now() - from).toBeLessThan(300_000);
  expect((await fetch(new URL('/readyz', server.url))).status).toBe(200);
});

describe('a server that is killed before it has removed the event of a run that ended', () => {
  /** Runs a job on a server that pauses before it removes the event of the run's end. */
  async function pauseAfterEnd(): Promise<{ id: string; restart: () => Promise<void> }> {
    const pauseFile = join(server.dataDir, 'pause');
    // The event of the run's creation passes.
    await writeFile(`${pauseFile}.not-yet`, '');
    await server.end('SIGTERM');
    server = await server.restart({ PUMPHOUSE_PAUSE_AT: `before-events-removed:${pauseFile}` });
    // Events of earlier runs must not reach the pause: they are retried, or taken over from the server before.
    await eventually('no event is left', async () => (await countEvents()) === 0);
    const goFile = join(createRunsLocation(server.dataDir).locateLocalData(workspaceId, 'prod'), 'go');
    await rm(goFile, { force: true });
    const id = await triggerJob(server, workspaceId, 'jobs.held');
    await eventually('its creation is handled', async () => (await countEvents()) === 0);
    const params = { workspace_id: workspaceId, job_run_id: id };
    await eventually(
      'the run runs',
      async () => (await server.client.call('get_job_run', { params })).status === 'running',
    );
    await rm(`${pauseFile}.not-yet`);
    await writeFile(goFile, '');
    await eventually('the server pauses', () => existsSync(pauseFile));
    return {
      id,
      async restart() {
        await server.end('SIGKILL');
        await rm(pauseFile);
        server = await server.restart({ PUMPHOUSE_PAUSE_AT: '' });
      },
    };
  }

  it('sends the trace again, with the same ids', async () => {
    const { id, restart } = await pauseAfterEnd();
    const first = [...(await awaitTrace(id))];
    await restart();
    const again = await eventually('the trace arrives again', () => {
      const spans = spansOf(id);
      return spans.length >= 2 * first.length && spans.slice(first.length);
    });
    expect(again).toEqual(first);
  });

  it('does not lose the trace', async () => {
    collector.answerWith(0);
    const { id, restart } = await pauseAfterEnd();
    expect(spansOf(id)).toEqual([]);
    collector.answerWith(200);
    await restart();
    expect((await awaitTrace(id)).map(({ name }) => name)).toContain('user code');
  });
});
