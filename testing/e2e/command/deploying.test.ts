import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  homeOf,
  runPumphouse,
  startPumphouse,
  writeFiles,
  type CommandOptions,
} from '../../fixtures/command.ts';
import { prepareHookedClient, type DltClientInstall } from '../../fixtures/dlt-client.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { findFreePort } from '../../fixtures/free-port.ts';
import { startTestServer, type TestServer } from '../../fixtures/server.ts';

let server: TestServer;
let parentFolder: string;
let install: DltClientInstall;

beforeAll(async () => {
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-e2e-'));
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'error' });
  install = await prepareHookedClient();
});

afterAll(async () => {
  await server.remove();
  await rm(parentFolder, { recursive: true, force: true });
});

const jobsFile = `
from dlt.hub import run

@run.job
def load():
    print("loaded", flush=True)

@run.job
def greet(run_context: run.TJobRunContext):
    print("hello", run_context["run_args"]["input"]["name"], flush=True)
`;
const shopFiles = {
  '.dlt/.workspace': '',
  '.dlt/config.toml': '',
  '.gitignore': '__pycache__/\n',
  'requirements.txt': 'dlt[duckdb]==1.31.0\n',
  'jobs.py': jobsFile,
  '__deployment__.py': 'from jobs import greet, load\n\n__all__ = ["greet", "load"]\n',
  'plain.py': 'print("plain script", flush=True)\n',
};

interface Shop {
  folder: string;
  pumphouse(args: readonly string[], options?: Partial<CommandOptions>): ReturnType<typeof runPumphouse>;
  /** Runs `dlthub` in the same folder. */
  dlthub(args: readonly string[]): Promise<string>;
  options: CommandOptions;
}

/** A folder that is connected to a workspace of its own. */
async function createShop(name: string, files: Record<string, string> = {}): Promise<Shop> {
  const folder = join(parentFolder, name);
  await writeFiles(folder, { ...shopFiles, ...files });
  const env = {
    RUNTIME__API_BASE_URL: server.url,
    RUNTIME__API_KEY: server.key,
    VIRTUAL_ENV: join(install.python, '..', '..'),
  };
  const options = { cwd: folder, env };
  const shop: Shop = {
    folder,
    options,
    pumphouse: (args, own = {}) => runPumphouse(args, { ...options, ...own, env: { ...env, ...own.env } }),
    async dlthub(args) {
      const client = install.inWorkspace(folder, { apiBaseUrl: server.url, apiKey: server.key });
      const { code, stdout, stderr } = await client.run(args);
      if (code !== 0) throw new Error(stdout + stderr);
      return stdout + stderr;
    },
  };
  const created = await shop.pumphouse(['workspace', 'create', name]);
  expect(created.stderr + created.stdout).toContain(name);
  expect(created.code).toBe(0);
  return shop;
}

const parse = (text: string): unknown => JSON.parse(text);

describe('pumphouse init', () => {
  it('creates a workspace whose job runs, on a machine without Python', async () => {
    const cwd = join(parentFolder, 'new-user');
    await mkdir(cwd);
    const env = { RUNTIME__API_BASE_URL: server.url, RUNTIME__API_KEY: server.key };
    const node = join(process.execPath, '..');
    const options = { cwd, env: { ...env, PATH: `${node}:/usr/bin:/bin` } };
    expect((await runPumphouse(['init', 'bakery'], options)).code).toBe(0);
    const inFolder = { ...options, cwd: join(cwd, 'bakery') };
    expect((await runPumphouse(['workspace', 'create', 'bakery'], inFolder)).code).toBe(0);
    const args = ['launch', 'pipeline.py', '-f', '--python', await createBarePython()];
    const { code, stdout, stderr } = await runPumphouse(args, inFolder);
    expect(stderr).toContain('100 rows');
    expect(stdout).toContain('loaded to destination duckdb');
    expect(code).toBe(0);
    const again = await runPumphouse(['init'], inFolder);
    expect(again.stdout).toContain('7 files exist and stay');
  });

  it.runIf(process.getuid?.() !== 0)('explains a folder that it may not write', async () => {
    const cwd = join(parentFolder, 'read-only');
    await mkdir(cwd);
    await chmod(cwd, 0o500);
    const { code, stderr } = await runPumphouse(['init'], { cwd });
    expect(stderr).toContain('[folder_not_writable]');
    expect(code).toBe(2);
  });
});

/** An interpreter without packages. */
async function createBarePython(): Promise<string> {
  const folder = join(parentFolder, 'bare-python');
  await promisify(execFile)('python3', ['-m', 'venv', '--without-pip', folder]);
  return join(folder, 'bin', 'python');
}

describe('pumphouse deploy', () => {
  it('deploys what dlthub sees as unchanged, and the other way round', async () => {
    const shop = await createShop('both');
    const first = parse((await shop.pumphouse(['deploy', '--json'])).stdout);
    expect(first).toMatchObject({
      deployment: { version: 1, outcome: 'uploaded' },
      configuration: { version: 1, outcome: 'uploaded' },
    });
    const theirs = await shop.dlthub(['deploy']);
    expect(theirs).toContain('0 added, 0 updated, 0 archived');
    expect(theirs).not.toContain('Synced');
    await writeFiles(shop.folder, { 'more.py': 'x = 1\n' });
    expect(await shop.dlthub(['deploy'])).toContain('Synced');
    const last = parse((await shop.pumphouse(['deploy', '--json'])).stdout);
    expect(last).toMatchObject({
      deployment: { version: 2, outcome: 'unchanged' },
      configuration: { version: 1, outcome: 'unchanged' },
    });
  });

  it('stores a message with a new version of the code only', async () => {
    const shop = await createShop('message');
    const tooLong = await shop.pumphouse(['deploy', '-m', 'x'.repeat(501)]);
    expect(tooLong.stderr).toContain('[invalid_message]');
    expect(tooLong.code).toBe(2);
    expect((await shop.pumphouse(['deploy', '-m', 'Load by day\n\nIt was too slow.'])).code).toBe(0);
    expect((await shop.pumphouse(['deployment', 'list'])).stdout).toContain('Load by day It was too slow.');
    const again = await shop.pumphouse(['deploy', '--message', 'Load by hour']);
    expect(again.stderr).toContain('no new version for the message to describe');
    expect((await shop.pumphouse(['deployment', 'info'])).stdout).toMatch(
      /^Message +Load by day\s+It was too slow\.$/m,
    );
    const listed = parse((await shop.pumphouse(['deployment', 'list', '--json'])).stdout);
    expect(listed).toMatchObject([{ version: 1, message: 'Load by day\n\nIt was too slow.' }]);
  });

  it('shows what would change, and changes nothing, in a dry run', async () => {
    const shop = await createShop('dry-run');
    const dry = await shop.pumphouse(['deploy', '--dry-run']);
    expect(dry.stdout).toContain('+ jobs.jobs.load');
    expect(dry.stdout).toContain('Code would be uploaded');
    expect(parse((await shop.pumphouse(['deployment', 'list', '--json'])).stdout)).toEqual([]);
    const manifest = parse((await shop.pumphouse(['deploy', '--show-manifest'])).stdout);
    expect(manifest).toMatchObject({ deployment_module: '__deployment__' });
  });

  it('archives jobs that the code no longer has', async () => {
    const shop = await createShop('archiving');
    await shop.pumphouse(['deploy']);
    await writeFiles(shop.folder, { '__deployment__.py': 'from jobs import load\n\n__all__ = ["load"]\n' });
    const { stdout } = await shop.pumphouse(['deploy']);
    expect(stdout).toContain('- jobs.jobs.greet');
  });

  it('lets the server import the code where there is no dlt', async () => {
    const shop = await createShop('on-the-server');
    const args = ['deploy', '--json', '--python', await createBarePython()];
    const deployed = parse((await shop.pumphouse(args)).stdout);
    expect(deployed).toMatchObject({
      jobs: expect.arrayContaining([expect.objectContaining({ job_ref: 'jobs.jobs.load' })]),
    });
    expect(await shop.dlthub(['deploy'])).toContain('0 added, 0 updated, 0 archived');
  });

  it('uploads secrets.<profile>.toml under the name that dlt reads, and says so', async () => {
    const shop = await createShop('renamed', { '.dlt/secrets.prod.toml': 'token = "x"\n' });
    const { stderr } = await shop.pumphouse(['deploy']);
    expect(stderr).toContain('.dlt/secrets.prod.toml is uploaded as prod.secrets.toml');
    const info = parse((await shop.pumphouse(['configuration', 'info', '--json'])).stdout);
    expect(JSON.stringify(info)).toContain('prod');
  });

  it('deploys twice at once', async () => {
    const shop = await createShop('at-once');
    const results = await Promise.all([shop.pumphouse(['deploy']), shop.pumphouse(['deploy'])]);
    // The second gets a conflict or finds the same version; both end with a clear answer.
    for (const { code, stderr } of results) expect([0, 5], stderr).toContain(code);
    expect(results.map(({ code }) => code)).toContain(0);
    expect((await shop.pumphouse(['deploy'])).stdout).toContain('No job changed.');
  });
});

describe('pumphouse launch', () => {
  it('runs a plain script and follows it, without Python', async () => {
    const shop = await createShop('plain');
    const { code, stdout, stderr } = await shop.pumphouse(['launch', 'plain.py', '-f'], {
      env: { VIRTUAL_ENV: '', PATH: `${join(process.execPath, '..')}:/usr/bin:/bin` },
    });
    expect(stdout).toContain('plain script');
    expect(stderr).toContain('completed');
    expect(code).toBe(0);
  });

  it('describes a plain script as dlthub does', async () => {
    const shop = await createShop('same-script');
    await shop.pumphouse(['launch', 'plain.py', '--wait']);
    const before = parse((await shop.pumphouse(['job', 'info', 'plain', '--json'])).stdout);
    await shop.dlthub(['run', 'plain.py', '-f']);
    const after = parse((await shop.pumphouse(['job', 'info', 'plain', '--json'])).stdout);
    expect(after).toMatchObject({ id: (before as { id: string }).id, version: 1 });
  });

  it('gives a function its input', async () => {
    const shop = await createShop('input');
    const { code, stdout } = await shop.pumphouse(['launch', 'greet', '-f', '--input', 'name=Ada']);
    expect(stdout).toContain('hello Ada');
    expect(code).toBe(0);
  });

  it('prints why a run failed, and ends with 1', async () => {
    const shop = await createShop('failing', { 'fails.py': 'values = {}\nvalues["missing"]\n' });
    const { code, stderr } = await shop.pumphouse(['launch', 'fails.py', '-f'], {
      env: { GITHUB_ACTIONS: 'true' },
    });
    expect(stderr).toContain('KeyError');
    expect(stderr).toContain('fails.py:2');
    expect(stderr).toContain('::error');
    expect(code).toBe(1);
    expect((await shop.pumphouse(['launch', 'fails.py', '--wait'])).code).toBe(1);
  });

  it('detaches at Ctrl-C, and says how to go on', async () => {
    const shop = await createShop('detaching', {
      'slow.py': 'import time\nprint("begun", flush=True)\ntime.sleep(600)\n',
    });
    const launched = startPumphouse(['launch', 'slow.py', '-f'], { ...shop.options, columns: 80 });
    await eventually('the first line is printed', () => launched.printed().includes('begun'));
    launched.interrupt();
    const { code, stdout } = await launched.result;
    expect(stdout).toContain('pumphouse logs slow 1 -f');
    expect(code).toBe(130);
    expect(parse((await shop.pumphouse(['run', 'info', 'slow', '--json'])).stdout)).toMatchObject({
      status: 'running',
    });
    expect((await shop.pumphouse(['run', 'cancel', 'slow'])).code).toBe(0);
  });

  it('goes on at the next line after the server was restarted', async () => {
    const shop = await createShop('restart', {
      'count.py': 'import time\nfor n in range(30):\n    print("line", n, flush=True)\n    time.sleep(0.5)\n',
    });
    const launched = startPumphouse(['launch', 'count.py', '-f'], shop.options);
    await eventually('lines are printed', () => launched.printed().includes('line 3'));
    await server.end('SIGKILL');
    server = await server.restart();
    const { code, stdout } = await launched.result;
    expect(stdout.split('\n').filter((line) => line.startsWith('line '))).toEqual(
      Array.from({ length: 30 }, (_, index) => `line ${index}`),
    );
    expect(code).toBe(0);
  });
});

describe('a mistake', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await createShop('mistakes');
    await shop.pumphouse(['deploy']);
  });

  it.each<[what: string, args: string[], code: number, message: string]>([
    ['a script that does not exist', ['launch', 'nothing.py'], 4, '[script_not_found]'],
    ['a mistyped job', ['launch', 'laod', '--no-deploy'], 4, 'Did you mean load?'],
    ['a mistyped command', ['lanch'], 2, 'Did you mean launch?'],
    ['a missing argument', ['launch'], 2, "missing required argument 'script|job'"],
    ['an unknown workspace', ['status', '--workspace', 'other'], 4, '[workspace_not_found]'],
    ['an interpreter that does not exist', ['deploy', '--python', 'python9'], 2, '[python_not_found]'],
    ['a wrong address', ['status', '--server', 'ftp://x'], 2, '[invalid_server_address]'],
    ['an address with a path', ['status', '--server', 'http://127.0.0.1:1/api'], 2, 'http://127.0.0.1:1'],
  ])('is explained: %s', async (_, args, code, message) => {
    const result = await shop.pumphouse(args);
    expect(result.stderr).toContain(message);
    expect(result.stderr).not.toMatch(/\n {4}at /);
    expect(result.code).toBe(code);
  });

  it('is explained: no workspace folder', async () => {
    const cwd = join(parentFolder, 'empty');
    await mkdir(cwd);
    const { code, stderr } = await runPumphouse(['deploy'], { cwd, env: shop.options.env ?? {} });
    expect(stderr).toContain('[no_workspace_folder]');
    expect(stderr).toContain('pumphouse init');
    expect(code).toBe(2);
  });

  it('is explained: a server that does not answer', async () => {
    const url = `http://127.0.0.1:${await findFreePort()}`;
    const { code, stderr } = await shop.pumphouse(['status', '--server', url]);
    expect(stderr).toContain('[server_unreachable]');
    expect(code).toBe(6);
  });

  it('is explained: a page of something else answers', async () => {
    const other = createServer((_, response) => response.end('<html>It works!</html>'));
    const port = await findFreePort();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    const { code, stderr } = await shop.pumphouse(['status', '--server', `http://127.0.0.1:${port}`]);
    other.close();
    expect(stderr).toContain('[not_a_pumphouse_server]');
    expect(code).toBe(6);
  });

  it('is explained: a revoked key, as JSON too', async () => {
    const env = { RUNTIME__API_KEY: `dlt_u_${'x'.repeat(43)}` };
    const plain = await shop.pumphouse(['status'], { env });
    expect(plain.stderr).toContain('pumphouse login');
    expect(plain.code).toBe(3);
    const { stderr, code } = await shop.pumphouse(['status', '--json'], { env });
    expect(parse(stderr)).toMatchObject({ error: { exit_code: 3 } });
    expect(code).toBe(3);
  });

  it('is explained: a syntax error in __deployment__.py, and nothing is deployed', async () => {
    await writeFile(join(shop.folder, '__deployment__.py'), 'def x(:\n');
    const { code, stderr } = await shop.pumphouse(['deploy']);
    await writeFile(join(shop.folder, '__deployment__.py'), shopFiles['__deployment__.py']);
    expect(stderr).toContain('[manifest_failed]');
    expect(stderr).toContain('SyntaxError');
    expect(code).toBe(5);
    expect((await shop.pumphouse(['job', 'list', '--json'])).stdout).toContain('jobs.jobs.load');
  });

  it('is explained: a folder of 600 MB, with the lines for .gitignore', async () => {
    await writeFiles(shop.folder, { 'data/orders.parquet': '', 'models/large.bin': '' });
    await truncate(join(shop.folder, 'data/orders.parquet'), 400_000_000);
    await truncate(join(shop.folder, 'models/large.bin'), 200_000_000);
    const { code, stderr } = await shop.pumphouse(['deploy']);
    expect(stderr).toContain('[workspace_too_large]');
    expect(stderr).toContain('400 MB  /data/');
    expect(stderr).toContain('add to .gitignore: /data/  /models/');
    expect(code).toBe(5);
    await writeFile(join(shop.folder, '.gitignore'), '__pycache__/\n/data/\n/models/\n');
    expect((await shop.pumphouse(['deploy'])).code).toBe(0);
  });

  it('is explained: a broken configuration file', async () => {
    const config = join(shop.folder, '.dlt', 'config.toml');
    const content = await readFile(config, 'utf8');
    await writeFile(config, '[runtime\n');
    const { code, stderr } = await shop.pumphouse(['status']);
    await writeFile(config, content);
    expect(stderr).toContain('[invalid_toml]');
    expect(code).toBe(2);
  });

  it('fits a terminal of 40 columns', async () => {
    for (const args of [
      ['job', 'list'],
      ['deployment', 'list'],
      ['workspace', 'list'],
    ]) {
      const { code, stdout } = await shop.pumphouse(args, { columns: 40 });
      expect(code).toBe(0);
      for (const line of stdout.split(/\r?\n/)) expect(line.length, line).toBeLessThanOrEqual(40);
    }
  });
});

it('keeps no secret in the folder of the workspace', async () => {
  const shop = await createShop('secrets');
  await shop.pumphouse(['login', '--server', server.url, '--key', '-'], { input: server.key });
  const config = await readFile(join(shop.folder, '.dlt', 'config.toml'), 'utf8');
  expect(config).not.toContain(server.key);
  expect(await readFile(join(homeOf(shop.folder), '.dlt', 'secrets.toml'), 'utf8')).toContain(server.key);
});
