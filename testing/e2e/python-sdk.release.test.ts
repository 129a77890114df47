import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiWorkspace, joinLines } from '../fixtures/api-workspace.ts';
import { createClientWorkspace, type ClientWorkspace } from '../fixtures/client-workspace.ts';
import { prepareDltClient } from '../fixtures/dlt-client.ts';
import { repositoryFolder, startTestServer, type TestServer } from '../fixtures/server.ts';
import { createUnissuedKey } from '../fixtures/unissued-key.ts';

const programs = join(repositoryFolder, 'testing/e2e/sdk');
const jobRefs = ['load', 'nightly', 'report', 'sleeper'].map((name) => `jobs.__deployment__.${name}`);

let server: TestServer;
let parentFolder: string;
let workspace: ClientWorkspace;

beforeAll(async () => {
  const install = await prepareDltClient();
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-sdk-'));
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'warn' });
  const module = await readFile(join(programs, 'workspace/__deployment__.py'), 'utf8');
  workspace = await createClientWorkspace(
    { install, server, parentFolder, name: 'shop' },
    { '__deployment__.py': module, '.dlt/prod.config.toml': 'limit = 3\n' },
  );
});

afterAll(async () => {
  await server.remove();
  await rm(parentFolder, { recursive: true, force: true });
});

/** The output of `lifecycle.py`, by chapter. */
type Timeline = Record<string, Record<string, unknown>>;

async function runProgram(name: string, args: readonly string[]): Promise<Timeline> {
  return (await workspace.runProgram(join(programs, name), args)) as Timeline;
}

describe.each(['sync', 'async'])('the lifecycle of a workspace through the SDK, %s', (mode) => {
  let timeline: Timeline;
  let workspaceId: string;

  beforeAll(async () => {
    timeline = await runProgram('lifecycle.py', [mode, `lifecycle-${mode}`]);
    workspaceId = String(timeline['begin']?.['id']);
  });

  it('begins with a new workspace', () => {
    expect(timeline['begin']).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: `lifecycle-${mode}`,
      description: 'changed',
      profiles: { DATA_WRITE: 'prod', DATA_READ: 'access' },
      is_listed: true,
      count_is_right: true,
      email: 'owner@example.com',
      organization_role: 'owner',
      workspace_role: 'owner',
      has_its_dataplane: true,
    });
  });

  it('deploys code, configuration and jobs', async () => {
    expect(timeline['deploy']).toEqual({
      latest_of_nothing: {
        error: 'NotFound',
        code: 'not_found',
        text: "deployment 'latest' not found [not_found]",
      },
      versions: [1, 1],
      hashes_are_ours: true,
      code_files: ['.gitignore', '__deployment__.py', 'requirements.txt'],
      configuration_files: ['config.toml', 'prod.config.toml'],
      profiles: ['prod'],
      version_1: true,
      version_9: { error: 'NotFound', code: null, text: "deployment '9' not found" },
      deployments: [1],
      configurations: 1,
      dry_run: [5, 0],
      added: [...jobRefs, 'jobs.workspace.dashboard'],
      module: '__deployment__',
      unchanged: [0, 5],
    });
    const api = createApiWorkspace(server, workspaceId);
    expect(await api.latestDeployment()).toMatchObject({ version: 1, file_count: 3 });
    expect(await api.latestConfiguration()).toMatchObject({ version: 1, profiles: ['prod'] });
    const stored = await server.client.call('get_workspace', { params: { workspace_id: workspaceId } });
    expect(stored.description).toBe('of its module');
  });

  it('finds its jobs', () => {
    expect(timeline['jobs']).toEqual({
      refs: [...jobRefs, 'jobs.workspace.dashboard'],
      types: ['batch', 'interactive'],
      same: true,
      triggers: ['manual:jobs.__deployment__.load'],
      default_trigger: null,
      count: 5,
      first: 1,
      unknown: { error: 'NotFound', code: null, text: "job 'jobs.nothing' not found" },
      no_id: expect.objectContaining({ error: 'BadRequest' }),
    });
  });

  it('starts a run, follows it to its end and reads its log and result', async () => {
    expect(timeline['run']).toEqual({
      number: 1,
      trigger: 'manual:jobs.__deployment__.load',
      profile: 'prod',
      status: 'completed',
      failed: false,
      has_taken: true,
      output: expect.arrayContaining(['loading', '  "loaded": 3']),
      line_numbers: true,
      stored_is_followed: true,
      summaries: [['shop', 'shop_data', 'duckdb', 'succeeded', 3]],
      result: ['job.load_summary', { loaded: 3 }, 'jobs.__deployment__.load'],
      trace: ['job.load_summary', 'jobs.__deployment__.load'],
      latest: true,
      listed: [true],
      count: 1,
    });
    const api = createApiWorkspace(server, workspaceId);
    const [run] = await api.listRuns('jobs.__deployment__.load');
    expect(run).toMatchObject({ status: 'completed', number: 1 });
    expect(joinLines(await api.readLog(run?.id ?? ''), 'user')).toContain('loading');
  });

  it("reads telemetry of the run's pipeline", () => {
    expect(timeline['never_reported']).toBeNull();
    expect(timeline['telemetry']).toEqual({
      is_reporting: true,
      run: ['shop', 'succeeded', 'shop_data', 3],
      tables: { orders: 3 },
      packages: ['loaded'],
      steps: ['extract', 'normalize', 'load'],
      of_another_name: 0,
      a_job_run: expect.objectContaining({ error: 'NotFound', code: 'not_found' }),
    });
  });

  it('is told why a job cannot start, and starts it with skip_freshness', async () => {
    const reason = "upstream jobs.__deployment__.load didn't process any intervals yet";
    expect(timeline['freshness']).toEqual({
      declined: {
        error: 'Conflict',
        code: 'start_declined',
        text: expect.stringContaining(reason),
      },
      runs_after_decline: 0,
      insisted: 'completed',
      no_result: expect.objectContaining({ error: 'NotFound' }),
      bad_trigger: expect.objectContaining({ error: 'BadRequest', code: 'invalid_trigger' }),
      bad_profile: expect.objectContaining({ text: expect.stringContaining("profile 'dev'") }),
      runs: 1,
    });
    const api = createApiWorkspace(server, workspaceId);
    expect(await api.listRuns('jobs.__deployment__.report')).toHaveLength(1);
  });

  it('cancels runs, one by itself and one with its job', async () => {
    const finished = expect.objectContaining({ error: 'Conflict', code: 'run_finished' });
    expect(timeline['cancel']).toEqual({
      too_early: 'WaitTimeout',
      cancelling: true,
      cancelled: 'cancelled',
      again: finished,
      dry_run: [true, null],
      triggered: [true, 2, ['tag:slow']],
      cancel_all: [['jobs.__deployment__.sleeper', 2]],
      not_running: ['jobs.__deployment__.load'],
      other: 'cancelled',
    });
    const runs = await createApiWorkspace(server, workspaceId).listRuns('jobs.__deployment__.sleeper');
    expect(runs.map((run) => run.status)).toEqual(['cancelled', 'cancelled']);
  });

  it('reads statistics of pipelines and datasets', async () => {
    expect(await runProgram('activity.py', [mode, workspaceId])).toEqual({
      pipeline: ['shop', 1, 1],
      pipeline_rows: 3,
      pipeline_latest: ['succeeded', 'shop_data', 'duckdb'],
      dataset: ['shop_data', 1, 3],
      nothing: 0,
    });
  });

  it('shows the owner of its key', async () => {
    const me = await runProgram('me.py', [mode]);
    expect(me).toEqual({ email: 'owner@example.com', primary: 'Default', all: ['Default'] });
  });

  it('pauses and archives, and reverts both', async () => {
    const conflict = (code: string) => expect.objectContaining({ error: 'Conflict', code });
    expect(await runProgram('switches.py', [mode, workspaceId])).toEqual({
      job: {
        paused: [true, false],
        archived: [true, false],
        is_live_while_archived: false,
        start_while_archived: conflict('job_archived'),
      },
      workspace: {
        archived: [true, false],
        start_while_archived: conflict('workspace_archived'),
        archived_again: true,
      },
    });
  });

  it('raises errors that its user can act on', async () => {
    const refused = await runProgram('refused.py', [mode, workspaceId, createUnissuedKey()]);
    expect(refused).toMatchObject({
      bad_definition: {
        error: 'BadRequest',
        code: 'invalid_job_definition',
        text: expect.stringMatching(/jobs\.spaceship.*expose\.category|expose\.category.*jobs\.spaceship/s),
      },
      unissued_key: { error: 'NotAuthenticated', code: 'not_authenticated' },
      unknown_workspace: { error: 'NotFound', code: 'not_found' },
      unknown_run: { error: 'NotFound', code: 'not_found' },
      unknown_job: { error: 'NotFound', code: 'not_found' },
    });
  });
});

describe('variables through the SDK', () => {
  it.each(['sync', 'async'])('%s', async (mode) => {
    const { client } = server;
    const { items } = await client.call('list_organizations');
    const { id } = await client.call('create_workspace', {
      params: { organization_id: items[0]?.id ?? '' },
      body: { name: `variables-${mode}`, description: null },
    });
    expect(await runProgram('variables.py', [mode, id])).toEqual({
      set: ['upserted', 'upserted'],
      applied: { REGION: 'upserted', EMPTY: 'upserted', ABSENT: 'not_found' },
      region: ['north', false],
      token: [null, true],
      scopes: [
        [null, ['REGION']],
        ['prod', ['API_TOKEN', 'EMPTY', 'REGION']],
      ],
      deleted: 'removed',
      deleted_again: 'not_found',
      gone: expect.objectContaining({ error: 'NotFound' }),
      reserved: expect.objectContaining({ error: 'BadRequest' }),
    });
  });
});
