import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiWorkspace, type ApiWorkspace } from '../../fixtures/api-workspace.ts';
import { openBreakableConnection } from '../../fixtures/breakable-connection.ts';
import { runPumphouse, startPumphouse, writeFiles, type CommandResult } from '../../fixtures/command.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../../fixtures/deploy-workspace.ts';
import { packageIndexVariables } from '../../fixtures/dlt-client.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { startTestServer, type TestServer } from '../../fixtures/server.ts';

let server: TestServer;
let folder: string;
let workspaceId: string;
let api: ApiWorkspace;

const files = {
  'load.py': `
import dlt

pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="shop_data")
pipeline.run([{"id": 1}, {"id": 2}, {"id": 3}], table_name="orders")
print("loaded", flush=True)
`,
  'broken.py': `
def choose(values):
    return values["b"]

choose({"a": 1})
`,
  'count.py': `
import sys, time

for number in range(60):
    print(f"number {number}", flush=True)
    if number % 20 == 0:
        print(f"error {number}", file=sys.stderr, flush=True)
    time.sleep(0.1)
`,
  'wait.py': `
import time

print("waiting", flush=True)
time.sleep(600)
`,
};

beforeAll(async () => {
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'warn' });
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-command-'));
  await mkdir(`${folder}-home`);
  workspaceId = await createWorkspace(server, 'shop');
  await deployWorkspace(server, workspaceId, {
    files,
    requirements: ['dlt[duckdb]'],
    jobs: [
      { ...defineScriptJob('load', ['schedule:0 6 * * *']), expose: { manual: true, tags: ['nightly'] } },
      defineScriptJob('report', ['job.success:jobs.load']),
      defineScriptJob('broken'),
      defineScriptJob('count'),
      { ...defineScriptJob('wait'), execute: { concurrency: 1 } },
    ].map((job) => (job['job_ref'] === 'jobs.report' ? { ...job, entry_point: entryOf('broken') } : job)),
  });
  api = createApiWorkspace(server, workspaceId);
});

afterAll(async () => {
  await server.remove();
  for (const path of [folder, `${folder}-home`]) await rm(path, { recursive: true, force: true });
});

const entryOf = (name: string) => defineScriptJob(name)['entry_point'];

function optionsOf(url = server.url, env: NodeJS.ProcessEnv = {}) {
  return {
    cwd: folder,
    env: {
      RUNTIME__API_KEY: server.key,
      RUNTIME__API_BASE_URL: url,
      ...env,
    },
  };
}

function run(args: readonly string[], env: Record<string, string> = {}): Promise<CommandResult> {
  return runPumphouse([...args, '--workspace', workspaceId], optionsOf(server.url, env));
}

/** Runs a command that must succeed, and returns what it printed. */
async function print(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(args);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return stdout;
}

async function printJson(...args: string[]): Promise<unknown> {
  return JSON.parse(await print(...args, '--json'));
}

describe('a run that completed', () => {
  let runId: string;

  beforeAll(async () => {
    runId = await triggerJob(server, workspaceId, 'jobs.load');
    const { code, stdout, stderr } = await run(['logs', 'load', '-f']);
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('✓ load #1 completed in') as string,
    });
    expect(stderr).toContain('3 rows, 1 table');
    expect(stderr).toMatch(/Waiting: .*environment/);
    expect(stdout).toContain('loaded');
  });

  it('is listed and shown with what it loaded', async () => {
    expect(await print('run', 'list', 'load')).toMatch(/load #1 +completed .* 3 rows, 1 table/);
    const info = await print('run', 'info', 'load', '1');
    expect(info).toMatch(/shop +succeeded +orders +3/);
    expect(info).toContain('PHASES');
    expect(await printJson('run', 'list', 'load')).toMatchObject([
      { id: runId, status: 'completed', number: 1 },
    ]);
    expect(await printJson('run', 'info', runId)).toMatchObject({
      id: runId,
      life: { status: 'completed' },
      pipeline_runs: [{ pipeline_name: 'shop' }],
    });
    expect(await print('run', 'list', '--status', 'cancelled')).toContain('No runs match these filters.');
  });

  it('has a log that can be searched and cut', async () => {
    expect(await print('logs', 'load', '--grep', 'LOADED')).toBe('loaded\n');
    expect((await print('logs', 'load#1', '--tail', '2')).trimEnd().split('\n')).toHaveLength(2);
    expect(await print('run', 'logs', runId, '--grep', 'loaded', '-t')).toMatch(/^\d{4}-\S+Z loaded\n$/);
    const line: unknown = JSON.parse(await print('logs', 'load', '--grep', 'loaded', '--json'));
    expect(line).toMatchObject({ content: 'loaded', source: 'user', io_stream: 'stdout' });
    const { stderr } = await run(['logs', 'load', '--since', '1s', '--grep', 'nothing like this']);
    expect(stderr).toContain('No lines match these filters.');
  });

  it('shows its pipeline, dataset and schema', async () => {
    expect(await print('pipeline', 'list')).toMatch(/shop +succeeded/);
    expect(await print('pipeline', 'info', 'shop')).toMatch(/orders +3/);
    expect(await print('pipeline', 'runs', 'shop')).toMatch(/succeeded .* 3 /);
    expect(await print('dataset', 'list')).toMatch(/shop_data +succeeded/);
    expect(await print('dataset', 'info', 'shop_data')).toMatch(/orders +3/);
    expect(await print('schema', 'shop')).toMatch(/id +bigint/);
    expect(await print('schema', 'shop', '--history')).toContain('+ shop new schema');
    for (const [list, named] of [
      ['pipeline', 'pipeline_name'],
      ['dataset', 'dataset_name'],
    ] as const)
      expect(await printJson(list, 'list')).toMatchObject([{ [named]: expect.any(String) as string }]);
    const { code, stderr } = await run(['pipeline', 'info', 'shpo']);
    expect({ code, stderr }).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('Did you mean shop?') as string,
    });
  });
});

describe('a run that fails', () => {
  it('is followed to its reason, exits with 1, and is annotated in GitHub Actions', async () => {
    await triggerJob(server, workspaceId, 'jobs.broken');
    const { code, stderr } = await run(['logs', 'broken', '-f'], { GITHUB_ACTIONS: 'true' });
    expect(code).toBe(1);
    expect(stderr).toContain('│ ✕ KeyError (broken.py:3)');
    expect(stderr).toContain('│ broken.py:3 in choose');
    expect(stderr).toContain('✕ broken #1 failed after');
    expect(stderr).toContain("::error title=broken #1 failed,file=broken.py,line=3::KeyError: 'b'");
  });

  it('is repeated, compared and shown by status', async () => {
    const retried = await run(['run', 'retry', 'broken', '1', '-f']);
    expect(retried).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Started broken #2, as broken #1 was') as string,
    });
    expect(await print('run', 'compare', 'broken', '2', '1')).toContain('broken #2 compared with #1');
    expect(await printJson('run', 'compare', 'broken')).toMatchObject({ base: null, target: { number: 2 } });
    expect(await print('run', 'info', 'broken')).toContain("│ 'b'");
    const status = await print('status');
    expect(status).toMatch(/broken #2 .*×2 .*KeyError: 'b' \(broken.py:3\)/);
    expect(status).toMatch(/NEXT\n.*\nload +in /);
  });
});

describe('a log that is followed', () => {
  const allNumbers = Array.from({ length: 60 }, (_, number) => `number ${number}`);
  const listNumbers = (text: string) => text.split('\n').filter((line) => line.startsWith('number '));

  it('goes on at the next line after its connection breaks off', async () => {
    const connection = await openBreakableConnection(server.url);
    await triggerJob(server, workspaceId, 'jobs.count');
    const follow = startPumphouse(
      ['logs', 'count', '-f', '--workspace', workspaceId],
      optionsOf(connection.url),
    );
    for (const number of [5, 25, 45]) {
      await eventually(`line ${number} is printed`, () => follow.printed().includes(`number ${number}\n`));
      connection.breakAll();
    }
    const { code, stdout } = await follow.result;
    connection.close();
    expect(listNumbers(stdout)).toEqual(allNumbers);
    expect(code).toBe(0);
  });

  it('goes on after the server restarts', async () => {
    await triggerJob(server, workspaceId, 'jobs.count');
    const follow = startPumphouse(['logs', 'count', '-f', '--workspace', workspaceId], optionsOf());
    await eventually('a line is printed', () => follow.printed().includes('number 5\n'));
    await server.end('SIGTERM');
    server = await server.restart();
    api = createApiWorkspace(server, workspaceId);
    const { code, stdout } = await follow.result;
    expect(code).toBe(0);
    expect(listNumbers(stdout)).toEqual(allNumbers);
  });

  it('Ctrl-C leaves the run running', async () => {
    const first = await triggerJob(server, workspaceId, 'jobs.wait');
    const follow = startPumphouse(['logs', 'wait', '-f', '--workspace', workspaceId], optionsOf());
    await eventually('its line is printed', () => follow.printed().includes('waiting\n'));
    follow.interrupt();
    const { code, stderr } = await follow.result;
    expect(code).toBe(130);
    expect(stderr).toContain('Detached; wait #1 continues.');
    expect(stderr).toContain('pumphouse run cancel wait 1');
    expect((await api.getRun(first)).status).toBe('running');
    expect(await print('run', 'list', '--running')).toMatch(/wait #1 +running/);
  });

  it('is cancelled with all active runs of its job, after a confirmation', async () => {
    expect(await run(['run', 'cancel', '--job', 'wait'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('[not_confirmed]') as string,
    });
    expect(await print('run', 'cancel', '--job', 'wait', '--yes')).toMatch(
      /wait #1 +cancelling; it was running/,
    );
    const { code, stderr } = await run(['logs', 'wait', '-f']);
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('wait #1 cancelled') as string,
    });
  });
});

describe('jobs', () => {
  it('are listed, selected, shown and drawn', async () => {
    expect(await print('job', 'list', 'tag:nightly')).toMatch(
      /^JOB.*\nload +completed .*schedule 0 6 \* \* \* .*\n$/,
    );
    expect(await print('job', 'info', 'load.py')).toContain('next ');
    expect(await print('job', 'graph', 'report')).toMatch(/^load .*\n└─ report .*after success\n$/);
    expect(await printJson('job', 'list', 'load')).toMatchObject([{ ref: 'jobs.load' }]);
    expect(await run(['job', 'info', 'laod'])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('Did you mean load?') as string,
    });
  });

  it('are paused, resumed, archived and restored', async () => {
    await print('job', 'pause', 'load');
    expect(await print('job', 'list', 'load')).toContain('paused, completed');
    await print('job', 'resume', 'load');
    await print('job', 'archive', 'report');
    expect(await print('job', 'list', '--archived')).toMatch(/report +archived/);
    expect(await printJson('job', 'unarchive', 'report')).toMatchObject([
      { job_ref: 'jobs.report', is_archived: false },
    ]);
  });

  it('are started by selectors, with the reasons of those that are not', async () => {
    expect(await print('trigger', 'broken', '--dry-run')).toMatch(/broken +would start/);
    expect(await run(['trigger', 'tag:nothing'])).toMatchObject({ code: 4 });
    const skipped = await run(['trigger', 'load']);
    expect(skipped).toMatchObject({ code: 5, stdout: expect.stringMatching(/load +skipped/) as string });
  });

  it('that the code declares keep their schedule', async () => {
    const { code, stderr } = await run(['schedule', 'load', '0 7 * * *']);
    expect(code).toBe(5);
    expect(stderr).toContain('@job(trigger=trigger.schedule("0 7 * * *"))');
  });

  it('are created from a script and scheduled by hand', async () => {
    const own = join(folder, 'workspace');
    await writeFiles(own, {
      '.dlt/config.toml': `[runtime]\nworkspace_id = "${workspaceId}"\n`,
      'hello.py': 'print("hello")\n',
      'requirements.txt': 'dlt[duckdb]\n',
    });
    const inFolder = (...args: string[]) =>
      runPumphouse(args, { ...optionsOf(server.url, packageIndexVariables()), cwd: own });
    const created = await inFolder('job', 'create', 'hello.py', '--name', 'greet', '--schedule', '0 6 * * *');
    expect(created.stderr).toContain('Start it: pumphouse launch greet -f');
    expect(created).toMatchObject({ code: 0, stdout: 'greet created (version 1)\n' });
    expect((await inFolder('schedule', 'greet', '0 5 * * *')).stdout).toContain('greet starts next in');
    const refused = await inFolder('schedule', 'greet', 'sometimes');
    expect(refused.stderr).toContain('[invalid_schedule]');
    expect(refused.code).toBe(2);
    expect((await inFolder('schedule', 'greet', 'off')).stdout).toBe('greet has no schedule.\n');
  });
});

describe('status --watch', () => {
  it('prints each change, and ends with Ctrl-C', async () => {
    const watch = startPumphouse(['status', '--watch', '--json', '--workspace', workspaceId], optionsOf());
    await eventually('the first status is printed', () => watch.printed().includes('\n'));
    const before = watch.printed().trimEnd().split('\n').length;
    await triggerJob(server, workspaceId, 'jobs.broken');
    await eventually('the change is printed', () => watch.printed().trimEnd().split('\n').length > before);
    watch.interrupt();
    expect(await watch.result).toMatchObject({ code: 0 });
  });
});

it('a workspace without a dashboard says how to get one', async () => {
  expect(await run(['dashboard'])).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('[no_dashboard]') as string,
  });
});
