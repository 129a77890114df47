/** A secrets file as dlt's documentation writes it, with names of the warehouse beside the password. */
import type { LineageEvent } from '@pumphouse/server/openlineage/lineage-event.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { joinLines } from '../fixtures/api-workspace.ts';
import { createClientWorkspace, type ClientWorkspace } from '../fixtures/client-workspace.ts';
import { eventually } from '../fixtures/eventually.ts';
import { startLineageReceiver, type LineageReceiver } from '../fixtures/lineage-receiver.ts';
import { prepareDltClient } from '../fixtures/dlt-client.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';

const password = 'swordfish-8231';
const secrets = `
[destination.postgres.credentials]
database = "analytics"
username = "postgres"
schema = "duckdb"
host = "warehouse.internal"
project_id = "acme_eu"
password = "${password}"
`;
const program = `
import dlt

if __name__ == "__main__":
    credentials = dlt.secrets["destination.postgres.credentials"]
    for name in ("analytics", "orders_daily"):
        destination = dlt.destinations.duckdb(destination_name="postgres", credentials=f"{name}.duckdb")
        pipeline = dlt.pipeline(name, destination=destination, dataset_name=f"{name}_data")
        pipeline.run([{"id": 1, "acme_eu": credentials["password"][:0]}], table_name="analytics")
    print("connected to", credentials["database"], "at", credentials["host"], "with", credentials["password"])
    dlt.pipeline("orders_daily", destination=destination).run(dlt.resource(refuse(), name="refused"))
`.replace(
  'if __name__',
  `def refuse():
    credentials = dlt.secrets["destination.postgres.credentials"]
    raise ValueError("no luck with " + credentials["password"] + " at " + credentials["host"])
    yield

if __name__`,
);

let receiver: LineageReceiver;
let server: TestServer;
let parentFolder: string;
let workspace: ClientWorkspace;

beforeAll(async () => {
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-e2e-'));
  receiver = await startLineageReceiver();
  server = await startTestServer({
    PUMPHOUSE_LOG_LEVEL: 'warn',
    OPENLINEAGE_URL: receiver.url,
    OPENLINEAGE_NAMESPACE: 'postgres',
  });
  const install = await prepareDltClient();
  const files = { 'load.py': program, '.dlt/secrets.toml': secrets };
  workspace = await createClientWorkspace({ install, server, parentFolder, name: 'masked' }, files);
});

afterAll(async () => {
  await server.remove();
  await receiver.close();
  await rm(parentFolder, { recursive: true, force: true });
});

/** Runs the script, which fails at its end, and returns all that the server shows of it. */
async function run() {
  const output = await workspace.dlthub(['run', 'load.py', '-f'], { expectedCode: 1 });
  const { api } = workspace;
  const runs = await api.listRuns('jobs.load');
  const last = runs.toSorted((left, right) => left.number - right.number).at(-1);
  const pipelineRuns = await api.listPipelineRuns(last?.id ?? '');
  const log = joinLines(await api.readLog(last?.id ?? ''));
  const events = await awaitLineage(last?.id ?? '');
  const answers = await readAnswers(last?.id ?? '');
  const { pipeline_runs: calls } = await server.client.call('list_job_run_pipeline_runs', {
    params: { workspace_id: api.id, job_run_id: last?.id ?? '' },
  });
  const shown = [output, log, server.log(), JSON.stringify([pipelineRuns, events, answers])].join('\n');
  return { log, pipelineRuns, calls, events, shown };
}

/** Waits for the end of a run in OpenLineage, which is the last of its events. */
async function awaitLineage(jobRunId: string): Promise<LineageEvent[]> {
  const isEnd = ({ run, eventType }: LineageEvent) => run.runId === jobRunId && eventType === 'FAIL';
  await eventually('the run ends in OpenLineage', async () => receiver.events().some(isEnd));
  const isOfRun = ({ run }: LineageEvent) => JSON.stringify(run).includes(jobRunId);
  return receiver.events().filter(isOfRun);
}

/** Everything that the API returns about a run, its pipelines, its code and its configuration. */
async function readAnswers(jobRunId: string): Promise<unknown[]> {
  const { client } = server;
  const params = { workspace_id: workspace.api.id };
  const { items: runs } = await client.call('list_pipeline_runs', {
    params,
    query: { job_run_id: [jobRunId] },
  });
  const inRun = { ...params, job_run_id: jobRunId };
  const { items: changes } = await client.call('list_schema_changes', { params });
  return Promise.all([
    client.call('get_job_run', { params: inRun }),
    client.call('get_job_run_life', { params: inRun }),
    client.call('list_job_run_pipeline_runs', { params: inRun }),
    client.call('list_pipeline_freshness', { params }),
    client.call('list_pipeline_stats', { params }),
    client.call('list_dataset_stats', { params }),
    client.call('get_lineage', { params }),
    client.call('get_configuration_latest', { params }),
    client.call('get_deployment_latest', { params }),
    ...runs.flatMap(({ id }) => [
      client.call('get_pipeline_run', { params: { ...params, pipeline_run_id: id } }),
      client.call('get_pipeline_run_trace', { params: { ...params, pipeline_run_id: id } }),
    ]),
    ...changes.map((change) =>
      client.call('get_schema_version', {
        params: {
          ...params,
          pipeline_name: change.pipeline_name,
          schema_name: change.schema_name,
          version_hash: change.version_hash,
        },
      }),
    ),
  ]);
}

/** The columns of a table, as the latest schema has them. */
async function readColumns(datasetName: string, tableName: string): Promise<string[]> {
  const { writers } = await server.client.call('get_table_overview', {
    params: { workspace_id: workspace.api.id, dataset_name: datasetName, table_name: tableName },
  });
  const names = writers.flatMap(({ columns }) => columns.map(({ name }) => name));
  return names.filter((name) => !name.startsWith('_dlt'));
}

it('keeps all names of a run, and its password nowhere', async () => {
  const first = await run();
  expect(first.pipelineRuns.map((each) => each.pipeline_name).toSorted()).toEqual([
    'analytics',
    'orders_daily',
    'orders_daily',
  ]);
  for (const each of first.calls.filter(({ status }) => status === 'succeeded')) {
    expect(each).toMatchObject({
      destination_name: 'postgres',
      destination_type: 'dlt.destinations.duckdb',
      dataset_name: `${each.pipeline_name}_data`,
    });
    expect(await readColumns(`${each.pipeline_name}_data`, 'analytics')).toEqual(['id', 'acme_eu']);
    expect(await workspace.api.readLoadedRows(each.id)).toEqual({ analytics: 1 });
  }
  const outputs = first.events.flatMap((event) => event.outputs);
  expect(new Set(outputs.map(({ name }) => name))).toEqual(
    new Set(['analytics_data.analytics', 'orders_daily_data.analytics']),
  );
  const namespaces = [
    ...first.events.map(({ job }) => job.namespace),
    ...outputs.map(({ namespace }) => namespace),
  ];
  const ofJobs = `postgres/${workspace.api.id}`;
  expect([...new Set(namespaces)].toSorted()).toEqual([`duckdb://${ofJobs}/prod/postgres`, ofJobs]);
  const failed = first.pipelineRuns.find(({ status }) => status === 'failed');
  // A host is neither secret by its key nor a name of the workspace.
  expect(failed?.error_message).toContain('no luck with *** at ***');
  expect(first.shown).not.toContain(password);
  // The server knows the pipeline now.
  const second = await run();
  expect(second.log).toContain('connected to analytics at *** with ***');
  expect(second.shown).not.toContain(password);
});

it('warns of a name that contains a secret, at the deploy and in the run', async () => {
  await workspace.write({ '.dlt/secrets.toml': `${secrets}\n[sources.crm]\ntoken = "orders_daily"\n` });
  const module =
    'import dlt.hub.run as run\n\n__all__ = ["idle"]\n\n\n@run.job\ndef idle():\n    print("idle")\n';
  await workspace.write({ '__deployment__.py': module });
  const deployed = await workspace.dlthub(['deploy']);
  expect(deployed.replace(/\s+/g, ' ')).toContain(
    'sources.crm.token of secrets.toml occurs in a name of this workspace',
  );
  const { log, pipelineRuns } = await run();
  expect(log).toContain('A name in the telemetry of this run contains a value that is secret by its key');
  expect(pipelineRuns.map((each) => each.pipeline_name)).toContain('***');
});

it.each(['acme_eu', 'analytics'])(
  'masks the name %s of a column or table that is a password, and warns',
  async (name) => {
    await workspace.write({ '.dlt/secrets.toml': secrets.replace(password, name) });
    const deploy = async () => (await workspace.dlthub(['deploy'])).replace(/\s+/g, ' ');
    // The names are known from earlier runs.
    expect(await deploy()).toContain(
      'The value of destination.postgres.credentials.password of secrets.toml occurs in a name of this workspace',
    );
    const { log, events } = await run();
    expect(log).toContain('A name in the telemetry of this run contains a value that is secret by its key');
    expect(JSON.stringify(events)).not.toContain(name);
    // What the last runs reported has no name that could be compared with the secret.
    expect(await deploy()).toContain('Runs have reported a name');
    await workspace.write({ '.dlt/secrets.toml': secrets });
    await run();
    expect(await readColumns('orders_daily_data', 'analytics')).toEqual(['id', 'acme_eu']);
  },
);
