import type { LineageEvent } from '@pumphouse/server/openlineage/lineage-event.ts';
import type { LineageReceiver } from '../fixtures/lineage-receiver.ts';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { checkLineageEvents, startLineageReceiver } from '../fixtures/lineage-receiver.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { eventually } from '../fixtures/eventually.ts';
import { isTerminalRunState } from '@pumphouse/contract';
import { startTestServer, type TestServer } from '../fixtures/server.ts';

const secret = 'trout-5521/+y';

let receiver: LineageReceiver;
let server: TestServer;
let workspaceId: string;

const loads = `
import dlt

@dlt.resource(write_disposition="append")
def orders():
    yield [{"id": number, "items": [{"name": "a"}]} for number in range(7)]

if __name__ == "__main__":
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

beforeAll(async () => {
  receiver = await startLineageReceiver();
  server = await startTestServer({
    PUMPHOUSE_LOG_LEVEL: 'warn',
    OPENLINEAGE_URL: receiver.url,
    OPENLINEAGE_API_KEY: 'swordfish',
    OPENLINEAGE_NAMESPACE: 'test',
  });
  workspaceId = await createWorkspace(server, 'lineage');
  await deployWorkspace(server, workspaceId, {
    files: { 'loads.py': loads, 'fails.py': fails, 'sleeps.py': 'import time\ntime.sleep(600)\n' },
    jobs: [defineScriptJob('loads'), defineScriptJob('fails'), defineScriptJob('sleeps')],
    requirements: ['dlt[duckdb]==1.31.0'],
  });
});
afterEach(() => receiver.answerWith(201));
afterAll(async () => {
  await server?.remove();
  await receiver?.close();
});

const statusOf = async (id: string) =>
  (await server.client.call('get_job_run', { params: { workspace_id: workspaceId, job_run_id: id } })).status;

async function run(jobRef: string): Promise<string> {
  const id = await triggerJob(server, workspaceId, jobRef);
  await eventually(`the run of ${jobRef} ends`, async () => isTerminalRunState(await statusOf(id)));
  return id;
}

const endings = ['COMPLETE', 'FAIL', 'ABORT'];

/** Waits for the events of a run, of which its own end is the last. */
async function awaitEvents(jobRunId: string, list: () => LineageEvent[] | Promise<LineageEvent[]>) {
  const parentOf = ({ run: { facets } }: LineageEvent) =>
    (facets['parent'] as { run: { runId: string } } | undefined)?.run.runId;
  return eventually('its events arrive', async () => {
    const events = (await list()).filter(
      (event) => event.run.runId === jobRunId || parentOf(event) === jobRunId,
    );
    const last = events.at(-1);
    return last?.run.runId === jobRunId && endings.includes(last.eventType) && events;
  });
}

async function expectStandard(events: readonly LineageEvent[]): Promise<void> {
  expect(await checkLineageEvents(events)).toEqual(events.map(() => ''));
}

it('sends the start and the end of a run and of its pipeline, with the tables that it loaded', async () => {
  const id = await run('jobs.loads');
  const events = await awaitEvents(id, () => receiver.events());
  expect(events.map(({ eventType, job }) => `${eventType} ${job.name}`)).toEqual([
    'START jobs.loads',
    'START shop',
    'COMPLETE shop',
    'COMPLETE jobs.loads',
  ]);
  expect(new Set(events.map(({ job }) => job.namespace))).toEqual(new Set([`test/${workspaceId}`]));
  expect(events[2]?.outputs.map(({ name }) => name).toSorted()).toEqual([
    'shop_data.orders',
    'shop_data.orders__items',
  ]);
  expect(events[2]?.outputs.find(({ name }) => name === 'shop_data.orders')).toMatchObject({
    namespace: expect.stringMatching(/^duckdb:\/\/test\//),
    facets: {
      schema: { fields: expect.arrayContaining([expect.objectContaining({ name: 'id', type: 'bigint' })]) },
      lifecycleStateChange: { lifecycleStateChange: 'CREATE' },
    },
    outputFacets: { outputStatistics: { rowCount: 7, size: expect.any(Number) } },
  });
  await expectStandard(events);
  expect(receiver.headers()).toMatchObject({ authorization: 'Bearer swordfish' });
  const metrics = await (await fetch(new URL('/metrics', server.url))).text();
  expect(metrics).toMatch(/pumphouse_lineage_events_total\{result="sent"\} [4-9]/);
});

it('is checked by the definitions of the standard', async () => {
  const [start] = receiver.events();
  const unknown = { ...start, surprise: 1 };
  const { runId: _, ...run } = start?.run ?? { runId: '' };
  expect(await checkLineageEvents([start, unknown, { ...start, run }])).toEqual([
    '',
    expect.stringContaining('unknown fields'),
    expect.stringContaining('runId'),
  ]);
});

it('says why a run failed, without secrets', async () => {
  await server.client.call('update_workspace_variables', {
    params: { workspace_id: workspaceId },
    body: { profile: null, upserts: [{ name: 'TOKEN', type: 'secret', value: secret }] },
  });
  const events = await awaitEvents(await run('jobs.fails'), () => receiver.events());
  expect(events.map(({ eventType }) => eventType)).toEqual(['START', 'START', 'FAIL', 'FAIL']);
  expect(events[2]?.run.facets['errorMessage']).toMatchObject({
    message: expect.stringContaining('no answer, the token is'),
  });
  expect(JSON.stringify(events)).not.toContain(secret);
  await expectStandard(events);
});

it('ends a cancelled run with ABORT', async () => {
  const id = await triggerJob(server, workspaceId, 'jobs.sleeps');
  await eventually('the run runs', async () => (await statusOf(id)) === 'running');
  await server.client.call('cancel_job_run', { params: { workspace_id: workspaceId, job_run_id: id } });
  const events = await awaitEvents(id, () => receiver.events());
  expect(events.map(({ eventType }) => eventType)).toEqual(['START', 'ABORT']);
  await expectStandard(events);
});

it('delays no run while the receiver does not answer, and sends its events later', async () => {
  receiver.answerWith(0);
  const id = await run('jobs.loads');
  expect((await fetch(new URL('/readyz', server.url))).status).toBe(200);
  receiver.answerWith(201);
  // The server gives the first request up after five seconds, and sends the event again.
  const events = await awaitEvents(id, () => receiver.events());
  expect(events).toHaveLength(4);
  // The second load changed no table.
  expect(events[2]?.outputs.map(({ facets }) => Object.keys(facets))).toEqual([['schema'], ['schema']]);
});

it('appends events to a file', async () => {
  const path = join(server.dataDir, 'lineage.jsonl');
  await server.end('SIGTERM');
  server = await server.restart({
    OPENLINEAGE__TRANSPORT__TYPE: 'file',
    OPENLINEAGE__TRANSPORT__LOG_FILE_PATH: path,
  });
  const sent = receiver.events().length;
  const id = await run('jobs.loads');
  const events = await awaitEvents(id, async () =>
    (await readFile(path, 'utf8').catch(() => ''))
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as LineageEvent),
  );
  expect(events).toHaveLength(4);
  await expectStandard(events);
  expect(receiver.events()).toHaveLength(sent);
});
