import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestServer } from '../fixtures/server.ts';
import { createApiWorkspace, joinLines } from '../fixtures/api-workspace.ts';
import { createRunsLocation } from '../fixtures/runs-location.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { startS3Store, type S3Store } from '../fixtures/s3-store.ts';
import { startTestServer } from '../fixtures/server.ts';

/** Loads tables; a later run finds their schema in the destination. */
const load = (formats: readonly string[]) => `
import dlt

pipeline = dlt.pipeline("shop", destination="playground", dataset_name="sales")
for table_format in ${JSON.stringify(formats)}:
    rows = [{"id": number} for number in range(3)]
    pipeline.run(rows, table_name=f"items_{table_format}", table_format=table_format)
    print("loaded", table_format)
print("restored", pipeline.first_run, len(pipeline.schema_names))
`;

/** Uses the credentials of its run for another prefix. */
const trespass = (workspaceId: string) => `
import os
import s3fs

playground = "DESTINATION__PLAYGROUND__"
credentials = {name: os.environ[f"{playground}CREDENTIALS__{name}"] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")}
key, secret, token = credentials.values()
mine = os.environ[f"{playground}BUCKET_URL"]
theirs = mine.rsplit("/", 1)[0] + "/${workspaceId}"
files = s3fs.S3FileSystem(key=key, secret=secret, token=token, endpoint_url=os.environ[f"{playground}CREDENTIALS__ENDPOINT_URL"])
print("mine", len(files.find(mine)) > 0)

def attempt(name, call):
    try:
        print(name, call())
    except PermissionError:
        print(name, "denied")

attempt("list", lambda: files.ls(theirs + "/sales"))
attempt("list all", lambda: files.ls(mine.rsplit("/", 1)[0]))
attempt("read", lambda: files.cat_file(theirs + "/sales/init"))
attempt("write", lambda: files.pipe_file(theirs + "/sales/new", b"x"))
print("key", secret, token)
`;

const requirements = ['s3fs', 'deltalake', 'pyarrow'];
const servers: TestServer[] = [];
let folder: string;
let s3: S3Store;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-playground-e2e-'));
  s3 = await startS3Store();
});
afterAll(async () => {
  for (const server of servers) await server.end('SIGTERM');
  await s3.remove();
  // The program of the package store outlives its server by what it is writing.
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
});

async function start(name: string, variables: Record<string, string>): Promise<TestServer> {
  const server = await startTestServer({ ...variables, PUMPHOUSE_DATA_DIR: join(folder, name) });
  servers.push(server);
  return server;
}

/** Deploys scripts to a workspace of its own. */
async function deploy(server: TestServer, name: string, scripts: Record<string, string>) {
  const workspaceId = await createWorkspace(server, name);
  const workspace = createApiWorkspace(server, workspaceId);
  await deployWorkspace(server, workspaceId, {
    files: Object.fromEntries(Object.entries(scripts).map(([job, code]) => [`${job}.py`, code])),
    jobs: Object.keys(scripts).map((job) => defineScriptJob(job)),
    requirements,
  });
  return {
    workspaceId,
    /** Runs a script to its end; returns its log. */
    async run(job: string) {
      const jobRunId = await triggerJob(server, workspaceId, `jobs.${job}`);
      const { status } = await workspace.awaitEnd(jobRunId);
      const log = joinLines(await workspace.readLog(jobRunId));
      expect(status, log).toBe('completed');
      return log;
    },
  };
}

describe('the playground in S3', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await start('s3', {
      PUMPHOUSE_PLAYGROUND: `s3://${s3.bucket}/play`,
      PUMPHOUSE_PLAYGROUND_ROLE: s3.roles.own,
      PUMPHOUSE_RUNS_LOOPBACK_PORTS: new URL(s3.endpoint).port,
      ...s3.variables('unused'),
      PUMPHOUSE_BLOBS_URL: '',
    });
  });

  it('takes files and Delta tables of a run, and the next run finds them', async () => {
    const one = await deploy(server, 'one', { load: load(['native', 'delta']) });
    expect(await one.run('load')).toContain('loaded native\nloaded delta');
    expect(await one.run('load')).toContain('restored False 1');
  });

  it('shows a run nothing of another workspace, and no credential in its log', async () => {
    const theirs = await deploy(server, 'theirs', { load: load(['native']) });
    await theirs.run('load');
    const mine = await deploy(server, 'mine', {
      load: load(['native']),
      trespass: trespass(theirs.workspaceId),
    });
    await mine.run('load');
    const log = await mine.run('trespass');
    expect(log).toContain('mine True\nlist denied\nlist all denied\nread denied\nwrite denied\n');
    expect(log).toMatch(/^key \*+ \*+$/m);
  });
});

describe('the playground in local data', () => {
  it('is a folder of the workspace and profile, which the next run finds', async () => {
    const server = await start('local', { PUMPHOUSE_PLAYGROUND: 'local' });
    const one = await deploy(server, 'local', { load: load(['native', 'delta']) });
    expect(await one.run('load')).toContain('loaded native\nloaded delta');
    expect(await one.run('load')).toContain('restored False 1');
    const data = createRunsLocation(join(folder, 'local')).locateLocalData(one.workspaceId, 'prod');
    expect(await readdir(join(data, 'playground', 'sales'))).toEqual(
      expect.arrayContaining(['items_native', 'items_delta', 'init']),
    );
    expect(await readdir(join(data, 'playground', 'sales', 'items_delta'))).toContain('_delta_log');
  });
});
