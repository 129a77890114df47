import type { AlertKind } from '@pumphouse/contract';
import type { AlertReceiver } from '../fixtures/alert-receiver.ts';
import type { ClientWorkspace } from '../fixtures/client-workspace.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClientWorkspace } from '../fixtures/client-workspace.ts';
import { eventually } from '../fixtures/eventually.ts';
import { prepareDltClient } from '../fixtures/dlt-client.ts';
import { startAlertReceiver } from '../fixtures/alert-receiver.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';

let server: TestServer;
let receiver: AlertReceiver;
let parentFolder: string;
let workspace: ClientWorkspace;
let params: { workspace_id: string };

const load = (rows: string, times = 1) => `
import dlt

@dlt.resource(name="items")
def items():
    yield from ${rows}

if __name__ == "__main__":
    for _ in range(${times}):
        dlt.pipeline("orders", destination="duckdb", dataset_name="shop").run(items())
`;
const failing = 'if __name__ == "__main__":\n    raise KeyError("id")\n';
const twoRows = '[{"id": 1}, {"id": 2}]';

beforeAll(async () => {
  const install = await prepareDltClient();
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-e2e-'));
  receiver = await startAlertReceiver();
  server = await startTestServer({
    PUMPHOUSE_LOG_LEVEL: 'warn',
    PUMPHOUSE_ALERTS_ALLOWED_TARGETS: '127.0.0.1',
  });
  workspace = await createClientWorkspace(
    { install, server, parentFolder, name: 'alerts' },
    { 'unsteady.py': failing, 'load.py': load(twoRows, 4) },
  );
  params = { workspace_id: workspace.api.id };
  const channel = await server.client.call('create_alert_channel', {
    params,
    body: { name: 'on-call', kind: 'webhook', url: `${receiver.url}/alerts` },
  });
  for (const kind of ['run_failed', 'recovered', 'zero_rows', 'schema_changed', 'late'] satisfies AlertKind[])
    await server.client.call('create_alert_rule', {
      params,
      body: {
        name: kind,
        kind,
        channel_ids: [channel.id],
        ...(kind === 'late' && { conditions: { after_seconds: 10 } }),
      },
    });
});

afterAll(async () => {
  await server.remove();
  await receiver.close();
  await rm(parentFolder, { recursive: true, force: true });
});

/** Waits until the receiver got a message whose body has this text. */
const awaitMessage = (text: string) =>
  eventually(
    `the receiver gets "${text}"`,
    () => receiver.received.find(({ body }) => body.includes(text)) ?? false,
    { timeoutSeconds: 90 },
  );

const run = (script: string, expectedCode = 0) =>
  workspace.dlthub(['run', `${script}.py`, '-f'], { expectedCode });

it('tells that a job failed, and that it recovered', async () => {
  await run('unsteady', 1);
  const opened = await awaitMessage('unsteady failed');
  expect(opened.body).toContain('KeyError');
  const incidents = await server.client.call('list_alert_incidents', { params, query: { is_open: true } });
  expect(incidents.items).toMatchObject([{ kind: 'run_failed', job_ref: 'jobs.unsteady', state: 'open' }]);
  await workspace.write({ 'unsteady.py': 'if __name__ == "__main__":\n    print("well")\n' });
  await run('unsteady');
  await awaitMessage('unsteady recovered after 1 failed run');
  await awaitMessage('Resolved: unsteady failed');
});

it('tells that a schema changed, and that a pipeline loaded no rows', async () => {
  await run('load');
  await workspace.write({ 'load.py': load('[{"id": 3, "note": "new"}]') });
  await run('load');
  await awaitMessage('column items.note added');
  await workspace.write({ 'load.py': load('[]') });
  await run('load');
  await awaitMessage('orders loaded no rows, usually 2');
  await workspace.write({ 'load.py': load(twoRows) });
  await run('load');
  await awaitMessage('Resolved: orders loaded no rows');
});

it('tells nothing twice', () => {
  const titles = receiver.received.map(({ body }) => (JSON.parse(body) as { title?: string }).title ?? body);
  expect(titles.toSorted()).toEqual([...new Set(titles)].toSorted());
});
