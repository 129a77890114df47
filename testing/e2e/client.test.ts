import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinLines } from '../fixtures/api-workspace.ts';
import { createClientWorkspace, type ClientWorkspace } from '../fixtures/client-workspace.ts';
import { prepareDltClient, type DltClientInstall } from '../fixtures/dlt-client.ts';
import { runPumphouse } from '../fixtures/command.ts';
import { createRunsLocation } from '../fixtures/runs-location.ts';
import { eventually } from '../fixtures/eventually.ts';
import { listRunProcesses } from '../fixtures/run-processes.ts';
import { repositoryFolder, startTestServer, type TestServer } from '../fixtures/server.ts';

/** Masked wherever it appears; six characters or more. */
const secret = 'swordfish-8231/+x';

let install: DltClientInstall;
let server: TestServer;
let parentFolder: string;

beforeAll(async () => {
  install = await prepareDltClient();
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-e2e-'));
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'warn' });
});

afterAll(async () => {
  await server.remove();
  await rm(parentFolder, { recursive: true, force: true });
});

function connect(name: string, files: Record<string, string>): Promise<ClientWorkspace> {
  return createClientWorkspace({ install, server, parentFolder, name }, files);
}

describe('dlthub run pipeline.py -f', () => {
  let workspace: ClientWorkspace;

  beforeAll(async () => {
    workspace = await connect('demo', {
      'pipeline.py': `
import dlt

if __name__ == "__main__":
    pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="shop_data")
    pipeline.run([{"id": 1, "lines": [{"sku": "a"}, {"sku": "b"}]}, {"id": 2}, {"id": 3}], table_name="orders")
    with pipeline.sql_client() as client:
        print("rows in the file:", client.execute_sql("select count(*) from orders")[0][0])
`,
    });
  });

  it('runs the script and shows its output and what it loaded', async () => {
    const output = await workspace.dlthub(['run', 'pipeline.py', '-f']);
    expect(output).toContain('rows in the file: 3');
    expect(output).toContain('Run # 1 of job jobs.pipeline finished with status: completed');
    const [run] = await workspace.api.listRuns('jobs.pipeline');
    expect(run).toMatchObject({
      status: 'completed',
      number: 1,
      trigger: 'manual:jobs.pipeline',
      profile: 'prod',
    });
    const [pipelineRun] = await workspace.api.listPipelineRuns(run?.id ?? '');
    expect(pipelineRun).toMatchObject({
      pipeline_name: 'shop',
      status: 'succeeded',
      dataset_name: 'shop_data',
      destination_name: 'duckdb',
      total_rows_loaded: 5,
      dlt_version: '1.31.0',
    });
    const rows = await workspace.api.readLoadedRows(pipelineRun?.id ?? '');
    expect(rows).toEqual({ orders: 3, orders__lines: 2 });
  });

  it('finds the DuckDB file of the previous run in the next one', async () => {
    const output = await workspace.dlthub(['run', 'pipeline.py', '-f']);
    expect(output).toContain('rows in the file: 6');
    expect(output).toContain('Run # 2 of job jobs.pipeline finished with status: completed');
  });

  it('leaves jobs, runs and logs to inspect', async () => {
    expect(await workspace.dlthub(['job', 'list'])).toContain('pipeline');
    const runs = await workspace.dlthub(['job', 'runs', 'list', 'pipeline']);
    expect(runs.match(/completed/g)).toHaveLength(2);
    const log = await workspace.dlthub(['job', 'logs', 'pipeline', '1']);
    expect(log).toContain('rows in the file: 3');
    expect(log).not.toContain('rows in the file: 6');
  });

  it('leaves a DuckDB file to download, reset and restore', async () => {
    const env = { RUNTIME__API_BASE_URL: server.url, RUNTIME__API_KEY: server.key };
    const pumphouse = async (...args: string[]) => {
      const result = await runPumphouse(['data', ...args, '--workspace', 'demo'], { cwd: parentFolder, env });
      expect([result.code, result.stderr], result.stderr).toEqual([0, expect.anything()]);
      return result.stdout + result.stderr;
    };
    const countRows = async (file: string) => {
      const code = `import duckdb; print(duckdb.connect("${file}", read_only=True).execute("select count(*) from shop_data.orders").fetchall()[0][0])`;
      return Number((await promisify(execFile)(install.python, ['-c', code], { cwd: parentFolder })).stdout);
    };
    expect(await pumphouse('list')).toMatch(/prod +shop\.duckdb +\d/);
    await pumphouse('download', 'shop.duckdb');
    expect(await countRows('shop.duckdb')).toBe(6);
    expect(await pumphouse('reset', '--yes')).toContain('pumphouse data reset --undo --profile prod');
    expect(await pumphouse('list')).toContain('Runs have kept no files.');
    expect(await workspace.dlthub(['run', 'pipeline.py', '-f'])).toContain('rows in the file: 3');
    await pumphouse('reset', '--undo');
    await pumphouse('download', '-o', 'restored');
    expect(await countRows('restored/shop.duckdb')).toBe(6);
  });
});

describe('a failing script', () => {
  it('ends the client with 1, and shows the traceback without secrets', async () => {
    const workspace = await connect('failing', {
      'broken.py': `
import base64, sys
import dlt


@dlt.resource
def rows():
    yield {"id": 1}
    raise ValueError("no luck with " + dlt.secrets["api_token"])


if __name__ == "__main__":
    token = dlt.secrets["api_token"]
    print("token", token, len(token))
    print("encoded", base64.b64encode(("user:" + token).encode()).decode(), file=sys.stderr)
    dlt.pipeline("broken", destination="duckdb", dataset_name="broken_data").run(rows())
`,
      '.dlt/secrets.toml': `api_token = "${secret}"\n`,
    });
    const output = await workspace.dlthub(['run', 'broken.py', '-f'], { expectedCode: 1 });
    expect(output).toContain('Traceback (most recent call last)');
    expect(output).toContain('no luck with ***');
    expect(output).toContain(`token *** ${secret.length}`);
    expect(output).toContain('finished with status: failed');

    const [run] = await workspace.api.listRuns('jobs.broken');
    expect(run?.status).toBe('failed');
    const [pipelineRun] = await workspace.api.listPipelineRuns(run?.id ?? '');
    expect(pipelineRun).toMatchObject({ status: 'failed', error_step: 'extract' });
    expect(pipelineRun?.error_message).toContain('no luck with ***');

    const printed = [
      output,
      joinLines(await workspace.api.readLog(run?.id ?? '')),
      JSON.stringify(pipelineRun),
    ];
    const forms = [secret, Buffer.from(`user:${secret}`).toString('base64')];
    for (const form of forms) expect([...printed, server.log()].join('\n')).not.toContain(form);
    await eventually('no file of the server holds the secret', () => isInNoFile(secret));
  });
});

describe('a workspace with jobs in __deployment__.py', () => {
  let workspace: ClientWorkspace;
  let firstDeploy: string;

  beforeAll(async () => {
    const module = await readFile(join(repositoryFolder, 'testing/e2e/workspace/__deployment__.py'), 'utf8');
    workspace = await connect('decorated', { '__deployment__.py': module });
    firstDeploy = await workspace.dlthub(['deploy']);
  });

  it('is deployed', async () => {
    const jobs = ['two_pipelines', 'after_two_pipelines', 'yearly', 'sleeper', 'first_turn', 'second_turn'];
    const listed = await workspace.dlthub(['job', 'list']);
    for (const name of jobs) {
      expect(firstDeploy).toContain(name);
      expect(listed).toContain(name);
    }
    expect(await workspace.api.latestDeployment()).toMatchObject({ version: 1, file_count: 3 });
    expect(await workspace.api.latestConfiguration()).toMatchObject({ version: 1 });
  });

  it('keeps its version after a deploy without changes', async () => {
    const before = await workspace.api.findJob('jobs.__deployment__.yearly');
    await workspace.dlthub(['deploy']);
    expect(await workspace.api.latestDeployment()).toMatchObject({ version: 1 });
    expect(await workspace.api.latestConfiguration()).toMatchObject({ version: 1 });
    expect(await workspace.api.findJob('jobs.__deployment__.yearly')).toEqual(before);
  });

  it('gets a new configuration, and no new deployment, when a secret has changed', async () => {
    await workspace.write({ '.dlt/prod.secrets.toml': `api_token = "${secret}"\n` });
    await workspace.dlthub(['deploy']);
    expect(await workspace.api.latestDeployment()).toMatchObject({ version: 1 });
    const configuration = await workspace.api.latestConfiguration();
    expect(configuration).toMatchObject({ version: 2, file_count: 2, profiles: ['prod'] });
  });

  it('runs a job of two pipelines, shows both and its result, and starts the downstream job once', async () => {
    const output = await workspace.dlthub(['run', 'two_pipelines', '-f']);
    expect(output).toContain('dlt.hub has run');
    const [run] = await workspace.api.listRuns('jobs.__deployment__.two_pipelines');
    expect(run?.status).toBe('completed');
    expect(run?.pipeline_run_summaries).toHaveLength(3);
    const pipelineRuns = await workspace.api.listPipelineRuns(run?.id ?? '');
    expect(pipelineRuns.map((one) => [one.pipeline_name, one.dataset_name, one.total_rows_loaded])).toEqual([
      ['people', 'people_data', 3],
      ['events', 'events_data', 5],
      ['events', 'events_data', 2],
    ]);
    expect(await workspace.dlthub(['job', 'runs', 'result', 'two_pipelines', '1'])).toContain('"loaded": 10');

    const followers = await eventually('the job that follows has run', async () => {
      const runs = await workspace.api.listRuns('jobs.__deployment__.after_two_pipelines');
      return runs[0]?.status === 'completed' && runs;
    });
    expect(followers).toHaveLength(1);
    expect(followers[0]).toMatchObject({
      previous_job_run_id: run?.id,
      trigger: 'job.success:jobs.__deployment__.two_pipelines',
    });
    expect(joinLines(await workspace.api.readLog(followers[0]?.id ?? ''), 'user')).toContain(
      'started by job.success:jobs.__deployment__.two_pipelines',
    );
  });

  it('gives a manually triggered scheduled job its interval, and covers it once', async () => {
    const output = await workspace.dlthub(['job', 'trigger', 'yearly']);
    expect(output).toContain('yearly');
    const [started] = await workspace.api.listRuns('jobs.__deployment__.yearly');
    const run = await workspace.api.awaitEnd(started?.id ?? '');
    expect(run).toMatchObject({ status: 'completed', trigger: 'schedule:0 0 1 1 *' });
    const year = new Date().getUTCFullYear();
    const bounds = [`${year - 1}-01-01T00:00:00.000Z`, `${year}-01-01T00:00:00.000Z`];
    expect([run.interval_start, run.interval_end].map(toInstant)).toEqual(bounds);
    const printed = joinLines(await workspace.api.readLog(run.id), 'user');
    const [, ...given] = /^interval (\S+) (\S+)$/m.exec(printed) ?? [];
    expect(given.map(toInstant)).toEqual(bounds);

    const [pipelineRun] = await workspace.api.listPipelineRuns(run.id);
    expect(await workspace.api.readLoadedRows(pipelineRun?.id ?? '')).toEqual({ measurements: 2 });

    const again = await workspace.dlthub(['job', 'trigger', 'yearly']);
    expect(again).toContain('A previous run already covers this interval');
    expect(await workspace.api.listRuns('jobs.__deployment__.yearly')).toHaveLength(1);
  });

  it('cancels a run and all its remaining processes', async () => {
    await workspace.dlthub(['job', 'trigger', 'sleeper']);
    const [started] = await workspace.api.listRuns('jobs.__deployment__.sleeper');
    const id = started?.id ?? '';
    await workspace.api.awaitLine(id, 'asleep');
    expect((await listRunProcesses(server.dataDir, id)).length).toBeGreaterThanOrEqual(2);
    expect(await workspace.dlthub(['job', 'cancel', 'sleeper'])).toContain('sleeper');
    const run = await workspace.api.awaitEnd(id);
    expect(run.status).toBe('cancelled');
    expect(await listRunProcesses(server.dataDir, id)).toEqual([]);
    expect(joinLines(await workspace.api.readLog(id), 'setup')).toContain('Pumphouse: Cancelled by');
  });

  it('gives two concurrent runs the DuckDB file one after the other', async () => {
    await workspace.dlthub(['job', 'trigger', 'tag:turns']);
    const ids = await Promise.all(
      ['first', 'second'].map(async (name) => {
        const [run] = await workspace.api.listRuns(`jobs.__deployment__.${name}_turn`);
        return run?.id ?? '';
      }),
    );
    await Promise.any(ids.map((id) => workspace.api.awaitLine(id, 'Waiting for the database')));
    await writeFile(
      join(createRunsLocation(server.dataDir).locateLocalData(workspace.api.id, 'prod'), 'go'),
      '',
    );
    const runs = await Promise.all(ids.map((id) => workspace.api.awaitEnd(id)));
    expect(runs.map((run) => run.status)).toEqual(['completed', 'completed']);
    const logs = await Promise.all(runs.map(async ({ id }) => joinLines(await workspace.api.readLog(id))));
    const [firstLog = '', secondLog = ''] = logs.toSorted(
      (left, right) => Number(left.includes('Waiting')) - Number(right.includes('Waiting')),
    );
    expect(secondLog).toMatch(
      /Waiting for the database turns\.duckdb: run 1 of jobs\.__deployment__\.\w+_turn has had it open since[^]+Opened the database turns\.duckdb after[^]+holds 42/,
    );
    expect(firstLog).not.toContain('Waiting');
    for (const log of [firstLog, secondLog]) {
      expect(log).toContain('holds 42');
      expect(log).not.toMatch(/lock/i);
    }
  });
});

function toInstant(text: string | null | undefined): string {
  return new Date(text ?? '').toISOString();
}

/**
 * Whether no file of the data folder contains the text. Environments are skipped, because untrusted code
 * fills them.
 */
async function isInNoFile(text: string): Promise<boolean> {
  const others = ['--exclude-dir=environments', '--exclude-dir=uv-caches'];
  const search = promisify(execFile)('grep', ['-rlF', ...others, '--', text, server.dataDir]);
  return search.then(
    () => false,
    (error: { code?: unknown }) => error.code === 1,
  );
}
