import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClientWorkspace, type ClientWorkspace } from '../fixtures/client-workspace.ts';
import { joinLines } from '../fixtures/api-workspace.ts';
import { prepareDltClient } from '../fixtures/dlt-client.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';

const deploymentModule = `
"""Jobs that events from outside start."""
from dlt.hub.run import TJobRunContext, job

__all__ = ["take_order", "migrate"]


@job(trigger="webhook:orders")
def take_order(run_context: TJobRunContext):
    order = run_context["run_args"]["input"]
    print("trigger", run_context["trigger"], "id", order["id"], "lines", len(order["lines"]))
    with open("/proc/self/cmdline") as file:
        print("in the list of processes:", "swordfish" in file.read())


@job(trigger="deployment:")
def migrate():
    print("migrated")
`;

const secret = 'a secret of some length';
const ref = (name: string) => `jobs.__deployment__.${name}`;

let server: TestServer;
let parentFolder: string;
let workspace: ClientWorkspace;

beforeAll(async () => {
  const install = await prepareDltClient();
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-e2e-'));
  server = await startTestServer();
  const files = { '__deployment__.py': deploymentModule };
  workspace = await createClientWorkspace({ install, server, parentFolder, name: 'events' }, files);
  await workspace.dlthub(['deploy']);
});

afterAll(async () => {
  await server.remove();
  await rm(parentFolder, { recursive: true, force: true });
});

describe('a webhook', () => {
  it('starts a job, which gets the body in its run context, even if it is too long for process arguments', async () => {
    const params = { workspace_id: workspace.api.id };
    const { webhooks } = await server.client.call('list_webhooks', { params });
    expect(webhooks).toMatchObject([{ path: 'orders', job_refs: [ref('take_order')] }]);
    const [{ id, url } = { id: '', url: '' }] = webhooks;
    await server.client.call('set_webhook_signing_secret', {
      params: { ...params, webhook_id: id },
      body: { signing_secret: secret },
    });
    const lines = JSON.stringify(Array.from({ length: 20_000 }, (_, sku) => ({ sku, note: 'swordfish' })));
    const body = `{"id": 9007199254740993, "lines": ${lines}}`;
    const time = Math.floor(Date.now() / 1000);
    const signature = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex');
    const send = () =>
      fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-pumphouse-signature': `t=${time},v1=${signature}`,
        },
        body,
      });
    const first = await send();
    expect(first.status).toBe(202);
    const answer = (await first.json()) as { started: { job_run_id: string }[] };
    const runId = answer.started[0]?.job_run_id ?? '';
    expect((await send()).status).toBe(200);
    expect(await workspace.api.awaitEnd(runId)).toMatchObject({
      status: 'completed',
      trigger: 'webhook:orders',
    });
    const output = joinLines(await workspace.api.readLog(runId), 'user');
    expect(output).toContain('trigger webhook:orders id 9007199254740993 lines 20000');
    expect(output).toContain('in the list of processes: False');
    expect(await workspace.api.listRuns(ref('take_order'))).toHaveLength(1);
    await server.awaitLogged('/hooks/***/orders');
    expect(server.log()).not.toContain(new URL(url).pathname.split('/')[2]);
    expect(server.log()).not.toContain('swordfish');
  });
});

describe('the trigger deployment:', () => {
  const count = async () => (await workspace.api.listRuns(ref('migrate'))).length;

  it('fires once for each deploy of different code', async () => {
    const [first] = await workspace.api.listRuns(ref('migrate'));
    const ended = await workspace.api.awaitEnd(first?.id ?? '');
    expect(ended).toMatchObject({ status: 'completed', trigger: 'deployment:', number: 1 });
    await workspace.write({ '.dlt/prod.config.toml': 'greeting = "hello"\n' });
    await workspace.dlthub(['deploy']);
    expect(await count()).toBe(1);
    await workspace.write({ 'note.txt': 'part of the code too' });
    await workspace.dlthub(['deploy']);
    await workspace.dlthub(['deploy']);
    expect(await count()).toBe(2);
  });
});
