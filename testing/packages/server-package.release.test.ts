/** The npm package `pumphouse-server`, installed into an empty folder. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../fixtures/server.ts';
import { buildPackage } from './build-package.ts';

const run = promisify(execFile);

let folder: string;
let command: string;
let server: TestServer | null = null;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-server-package-'));
  const options = ['--no-audit', '--no-fund', '--loglevel=error', '--prefix', folder];
  await run('npm', ['install', ...options, await buildPackage('npm')]);
  command = join(folder, 'node_modules', '.bin', 'pumphouse-server');
});

afterAll(async () => {
  await server?.remove();
  await rm(folder, { recursive: true, force: true });
});

it('starts a server whose doctor finds no problem, and which runs a job', async () => {
  server = await startTestServer({}, { command });
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    PUMPHOUSE_DATA_DIR: server.dataDir,
    PUMPHOUSE_PORT: new URL(server.url).port,
    PUMPHOUSE_APPS_PORT: '0',
    RUNTIME__API_BASE_URL: server.url,
    RUNTIME__API_KEY: server.key,
  };
  const doctor = await run(command, ['doctor', '--json'], { env });
  expect(JSON.parse(doctor.stdout)).toMatchObject({ ok: true });

  const cwd = join(folder, 'shop');
  await run(command, ['init', 'shop'], { env, cwd: folder });
  await writeFile(join(cwd, 'plain.py'), 'print("hello from a package", flush=True)\n');
  await writeFile(join(cwd, 'requirements.txt'), 'dlt[duckdb]==1.31.0\n');
  await run(command, ['workspace', 'create', 'shop'], { env, cwd });
  const { stdout } = await run(command, ['launch', 'plain.py', '-f'], { env, cwd });
  expect(stdout).toContain('hello from a package');
  // The console is a part of the package.
  expect(await (await fetch(server.url)).text()).toContain('<title>Pumphouse');
});

it('needs no Node but its own, and says which one it needs without it', async () => {
  const bare = { env: { PATH: '/usr/bin:/bin', HOME: folder } };
  expect((await run(command, ['--version'], bare)).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  await rm(join(folder, 'node_modules', `node-linux-${process.arch}`), { recursive: true });
  const older = join(folder, 'older');
  await mkdir(older);
  await run('npm', ['install', '--no-audit', '--prefix', older, `node-linux-${process.arch}@22.12.0`]);
  const oldNode = join(older, 'node_modules', `node-linux-${process.arch}`, 'bin');
  const failed = run(command, ['doctor'], { env: { PATH: `${oldNode}:/usr/bin:/bin`, HOME: folder } });
  await expect(failed).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^pumphouse-server needs Node 24\.7 or newer; this is 22\.12\.0\./),
  });
});
