/** A secrets file as dlt's documentation writes it, with names of the warehouse beside the password. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { joinLines } from '../fixtures/api-workspace.ts';
import { createClientWorkspace, type ClientWorkspace } from '../fixtures/client-workspace.ts';
import { prepareDltClient } from '../fixtures/dlt-client.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';

const password = 'swordfish-8231';
const secrets = `
[destination.postgres.credentials]
database = "analytics"
username = "postgres"
schema = "duckdb"
host = "warehouse.internal"
password = "${password}"
`;
const program = `
import dlt

if __name__ == "__main__":
    credentials = dlt.secrets["destination.postgres.credentials"]
    for name in ("analytics", "orders_daily"):
        destination = dlt.destinations.duckdb(destination_name="postgres", credentials=f"{name}.duckdb")
        pipeline = dlt.pipeline(name, destination=destination, dataset_name=f"{name}_data")
        pipeline.run([{"id": 1, "note": credentials["password"][:0]}], table_name="analytics")
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

let server: TestServer;
let parentFolder: string;
let workspace: ClientWorkspace;

beforeAll(async () => {
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-e2e-'));
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'warn' });
  const install = await prepareDltClient();
  const files = { 'load.py': program, '.dlt/secrets.toml': secrets };
  workspace = await createClientWorkspace({ install, server, parentFolder, name: 'masked' }, files);
});

afterAll(async () => {
  await server.remove();
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
  const shown = [output, log, JSON.stringify(pipelineRuns), server.log()].join('\n');
  return { output, log, pipelineRuns, shown };
}

it('keeps all names of a run, and its password nowhere', async () => {
  const first = await run();
  expect(first.pipelineRuns.map((each) => each.pipeline_name).toSorted()).toEqual([
    'analytics',
    'orders_daily',
    'orders_daily',
  ]);
  for (const each of first.pipelineRuns.filter(({ status }) => status === 'succeeded')) {
    expect(each).toMatchObject({
      destination_name: 'postgres',
      dataset_name: `${each.pipeline_name}_data`,
    });
    expect(await workspace.api.readLoadedRows(each.id)).toEqual({ analytics: 1 });
  }
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
