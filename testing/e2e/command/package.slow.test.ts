/** The npm package, installed into an empty folder, in a root that has Node and nothing else. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { installCommand, oldestNode, type InstalledCommand } from '../../fixtures/node-root.ts';
import { startTestServer, type TestServer } from '../../fixtures/server.ts';

const tooOldNode = '20.20.2';
const home = '/home/you';
const shop = '/home/you/shop';

let server: TestServer;
let folder: string;
let installed: InstalledCommand;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-package-'));
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'error' });
  installed = await installCommand(folder);
  await installed.addNode(tooOldNode);
});

afterAll(async () => {
  await server.remove();
  await rm(folder, { recursive: true, force: true });
});

interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

async function pumphouse(args: readonly string[], { cwd = home, node = oldestNode } = {}): Promise<Result> {
  const env = { RUNTIME__API_BASE_URL: server.url, RUNTIME__API_KEY: server.key };
  const [program = '', ...before] = await installed.enter({ cwd, node, env });
  try {
    return { code: 0, ...(await promisify(execFile)(program, [...before, ...args])) };
  } catch (error) {
    // A command that fails rejects with its output.
    if (!isResult(error)) throw error;
    return { code: error.code, stdout: error.stdout, stderr: error.stderr };
  }
}

function isResult(error: unknown): error is Result {
  return error instanceof Error && 'code' in error && 'stdout' in error && typeof error.code === 'number';
}

async function expectDone(args: readonly string[], cwd = home): Promise<Result> {
  const result = await pumphouse(args, { cwd });
  expect(result.code, `pumphouse ${args.join(' ')}: ${result.stdout}${result.stderr}`).toBe(0);
  return result;
}

it('has its files, and no dependencies', async () => {
  const modules = join(installed.packageFolder, 'node_modules');
  expect((await readdir(modules)).filter((name) => !name.startsWith('.'))).toEqual(['pumphouse']);
  expect(await readdir(join(modules, '.bin'))).toEqual(['pumphouse']);
  expect((await readdir(join(modules, 'pumphouse'))).toSorted()).toEqual([
    'LICENSE',
    'LICENSES.txt',
    'README.md',
    'command.mjs',
    'package.json',
    'pumphouse.mjs',
  ]);
});

it('says that Node 20 is too old', async () => {
  const { code, stderr } = await pumphouse(['--version'], { node: tooOldNode });
  expect(stderr).toBe(`pumphouse needs Node 22.12 or newer; this is ${tooOldNode}.\n`);
  expect(code).toBe(2);
});

it('prints its version and help, without warnings', async () => {
  const { stdout, stderr } = await expectDone(['--version']);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(stderr).toBe('');
  expect((await expectDone(['launch', '--help'])).stdout).toContain('pumphouse launch pipeline.py -f');
});

it('deploys a plain script, and follows it to its end', async () => {
  await expectDone(['init', 'shop']);
  const files = {
    'plain.py': 'print("hello from a plain script", flush=True)\n',
    'requirements.txt': 'dlt[duckdb]==1.31.0\n',
  };
  for (const [name, content] of Object.entries(files))
    await writeFile(join(installed.homeFolder, 'shop', name), content);
  await expectDone(['workspace', 'create', 'shop'], shop);
  const { stdout, stderr } = await expectDone(['launch', 'plain.py', '-f'], shop);
  expect(stdout).toContain('hello from a plain script');
  expect(stderr).toContain('plain #1 completed');
  expect(stderr).not.toContain('Warning');
});

it('deploys jobs whose code the server imports, and runs one', async () => {
  const { stdout } = await expectDone(['deploy', '--json'], shop);
  expect(stdout).toContain('jobs.pipeline.load_orders');
  const { stderr } = await expectDone(['launch', 'load_orders', '-f'], shop);
  expect(stderr).toContain('100 rows');
});
