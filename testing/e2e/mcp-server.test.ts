import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectMcp, type McpConnection } from '@pumphouse/server/mcp/testing/mcp-client.ts';
import { createApiWorkspace, type ApiWorkspace } from '../fixtures/api-workspace.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';

/*
 * An agent investigates why a job has failed since its last deploy, using only the official MCP client on a
 * real server with real runs.
 */

let server: TestServer;
let api: ApiWorkspace;
let agent: McpConnection;
let goodId: string;
let failedId: string;

const script = (amount: string) => `
import dlt

def parse(text):
    return int(text)

@dlt.resource
def payments():
    for number, amount in enumerate(["12", "30", "${amount}"]):
        print(f"payment {number}: {amount}")
        yield {"id": number, "amount": parse(amount)}

dlt.pipeline("payments", destination="duckdb", dataset_name="payments_data").run(payments())
`;

async function deployAndRun(amount: string): Promise<string> {
  await deployWorkspace(server, api.id, {
    files: { 'payments.py': script(amount) },
    jobs: [defineScriptJob('payments')],
    requirements: ['duckdb'],
  });
  return (await api.awaitEnd(await triggerJob(server, api.id, 'jobs.payments'))).id;
}

beforeAll(async () => {
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'warn' });
  api = createApiWorkspace(server, await createWorkspace(server, 'finance'));
  goodId = await deployAndRun('45');
  failedId = await deployAndRun('12,00 EUR');
  const { secret } = await server.client.call('create_workspace_key', {
    params: { workspace_id: api.id },
    body: { name: 'agent', role: 'viewer' },
  });
  agent = await connectMcp(server.url, secret);
  await agent.listTools();
}, 600_000);
afterAll(async () => {
  await agent?.close();
  await server.remove();
});

const at = (args: object = {}) => ({ workspace_id: api.id, ...args });

it('finds the failing job, the reason, and what was changed before it', async () => {
  const { organizations } = await agent.ask<{ organizations: { workspaces: object[] }[] }>(
    'list_workspaces',
    {},
  );
  expect(organizations.flatMap(({ workspaces }) => workspaces)).toMatchObject([
    { id: api.id, name: 'finance' },
  ]);

  const jobs = await agent.ask('list_jobs', at({ status: ['failed'] }));
  expect(jobs).toMatchObject({
    items: [
      { ref: 'jobs.payments', failing_since: { job_run_id: failedId, count: 1 }, last_run: { id: failedId } },
    ],
  });

  const run = await agent.ask('get_run', at({ job_run_id: failedId }));
  expect(run).toMatchObject({
    url: `${server.url}/w/${api.id}/runs/${failedId}`,
    run: {
      status: 'failed',
      untrusted_reason: { kind: 'pipeline', step: 'extract', pipeline_name: 'payments' },
    },
    failure: { code: 'exit_code' },
    pipeline_runs: [
      { status: 'failed', untrusted_error_message: expect.stringContaining('12,00 EUR') as string },
    ],
  });

  const compared = await agent.ask('compare_run_with_last_good', at({ job_run_id: failedId }));
  expect(compared).toMatchObject({
    comparison: { base: { id: goodId }, is_code_changed: true },
  });
  expect(JSON.stringify(compared['untrusted_log_hunks'])).toContain('12,00 EUR');

  const found = await agent.ask('search_run_log', at({ job_run_id: failedId, query: 'payment 2' }));
  expect(found).toMatchObject({ untrusted_lines: [{ content: 'payment 2: 12,00 EUR', source: 'user' }] });
  const log = await agent.ask<{ untrusted_lines: { content: string }[] }>(
    'read_run_log',
    at({ job_run_id: failedId, from_line: -500, limit: 500 }),
  );
  expect(log.untrusted_lines.map(({ content }) => content).join('\n')).toContain('invalid literal for int()');
});

it('reads what the successful run loaded', async () => {
  const run = await agent.ask('get_run', at({ job_run_id: goodId }));
  const table = { table_name: 'payments', rows_loaded: 3 };
  expect(run).toMatchObject({
    run: { status: 'completed', loaded: { rows: 3 } },
    pipeline_runs: [
      {
        pipeline_name: 'payments',
        tables: expect.arrayContaining([expect.objectContaining(table)]) as object[],
      },
    ],
  });
  expect(await agent.ask('get_pipeline', at({ pipeline_name: 'payments' }))).toMatchObject({
    pipeline: { last_run: { status: 'failed', job_run: { id: failedId } } },
  });
  expect(await agent.ask('list_schema_changes', at({ pipeline_name: ['payments'] }))).toMatchObject({
    items: [{ job_run: { id: goodId }, changes: [{ kind: 'schema_created' }] }],
  });
});
