/**
 * `npm run demo`: a temporary server, the official dlt client and a real pipeline; prints the loaded tables at the end.
 * `npm run demo -- --keep`: a console full of history, until it is interrupted.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { keepDemo } from './keep.ts';
import { prepareDltClient } from '../fixtures/dlt-client.ts';
import { repositoryFolder, startTestServer } from '../fixtures/server.ts';

const say = (text: string) => void process.stdout.write(`${text}\n`);

async function printTables(server: Awaited<ReturnType<typeof startTestServer>>): Promise<number> {
  const { items: organizations } = await server.client.call('list_organizations', { query: {} });
  const organizationId = organizations[0]?.id ?? '';
  const me = await server.client.call('get_organization_me', { params: { organization_id: organizationId } });
  const workspaceId = me.workspace_memberships?.[0]?.workspace.id ?? '';
  const runs = await server.client.call('list_pipeline_runs', {
    params: { workspace_id: workspaceId },
    query: {},
  });
  let tableCount = 0;
  for (const run of runs.items) {
    const params = { workspace_id: workspaceId, pipeline_run_id: run.id };
    const { tables } = await server.client.call('get_pipeline_run', { params });
    say(
      `\nPipeline ${run.pipeline_name} (${run.status}) loaded into ${run.destination_name}, dataset ${run.dataset_name}:\n`,
    );
    say('  table                            rows      bytes');
    for (const table of tables ?? []) {
      tableCount += 1;
      say(
        `  ${table.table_name.padEnd(28)} ${String(table.rows_loaded).padStart(8)} ${String(table.bytes_loaded).padStart(10)}`,
      );
    }
  }
  return tableCount;
}

async function runDemo(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-demo-'));
  say('Installing the official client (dlt and dlthub-client from PyPI) ...');
  const install = await prepareDltClient();
  say(
    'Starting a throw-away server. PUMPHOUSE_ALLOW_UNISOLATED=1: where bubblewrap cannot make a sandbox, runs go without one.',
  );
  const server = await startTestServer({ PUMPHOUSE_ALLOW_UNISOLATED: '1', PUMPHOUSE_LOG_LEVEL: 'error' });
  try {
    say(`Pumphouse is ready at ${server.url}`);
    const workspace = join(folder, 'quickstart');
    await cp(join(repositoryFolder, 'examples', 'quickstart'), workspace, { recursive: true });
    const client = install.inWorkspace(workspace, { apiBaseUrl: server.url, apiKey: server.key });
    for (const args of [
      ['workspace', 'connect', 'demo', '--create'],
      ['run', 'pipeline.py', '-f'],
    ]) {
      say(`\n$ dlthub ${args.join(' ')}`);
      const result = await client.run(args, { onOutput: (text) => process.stdout.write(text) });
      if (result.code !== 0) throw new Error(`dlthub ${args.join(' ')} ended with code ${result.code}`);
    }
    if ((await printTables(server)) === 0) throw new Error('The run has loaded no table');
    say('\nThe server, its data and the workspace were thrown away again.');
  } finally {
    await server.remove();
    await rm(folder, { recursive: true, force: true });
  }
}

const { keep } = parseArgs({ options: { keep: { type: 'boolean', default: false } } }).values;
await (keep ? keepDemo(say) : runDemo());
