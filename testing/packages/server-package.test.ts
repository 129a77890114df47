/** What the npm package `pumphouse-server` contains. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { repositoryFolder } from '../fixtures/server.ts';
import { buildPackage, readBuiltPackage } from './build-package.ts';

/** The console and the documentation are built too, if they have changed. */
const buildTimeoutMs = 300_000;

let built: Awaited<ReturnType<typeof readBuiltPackage>>;
beforeAll(async () => {
  await buildPackage('npm');
  built = await readBuiltPackage();
}, buildTimeoutMs);

it('has a manifest with the command and the packages that it needs', async () => {
  const read = async (path: string): Promise<unknown> =>
    JSON.parse(await readFile(join(repositoryFolder, path, 'package.json'), 'utf8'));
  const [root, server] = await Promise.all([read('.'), read('apps/server')]);
  expect(built.manifest).toEqual({
    name: 'pumphouse-server',
    version: Reflect.get(Object(root), 'version'),
    description: 'A self-hosted runtime for dlt pipelines',
    license: 'Apache-2.0',
    type: 'module',
    bin: { 'pumphouse-server': 'bin/pumphouse-server' },
    os: ['linux'],
    engines: { node: '>=20' },
    optionalDependencies: {
      ...Reflect.get(Object(root), 'optionalDependencies'),
      ...Reflect.get(Object(server), 'optionalDependencies'),
    },
  });
});

it('has no other files at its top, no tests, and nothing that Python compiled', () => {
  const top = new Set(built.paths.map((path) => path.replace(/\/.*/, '')));
  expect([...top].toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
    'LICENSE',
    'LICENSES.txt',
    'README.md',
    'apps',
    'bin',
    'deploy',
    'examples',
    'package.json',
    'program',
    'provide-tools.mjs',
    'python',
    'scripts',
    'start.mjs',
  ]);
  expect(built.paths.filter((path) => /\.test\.|__pycache__|\.pyc$|\.ts$|\/testing\//.test(path))).toEqual(
    [],
  );
});

it('has all files that modules of the server locate', async () => {
  const { stdout } = await promisify(execFile)(
    'git',
    ['grep', '-hoE', 'locateFile\\([^)]*\\)', '--', 'apps/server/src'],
    { cwd: repositoryFolder },
  );
  const located = [...stdout.matchAll(/locateFile\(['`]([^'`$]*)/g)].flatMap(([, path = '']) => path);
  // .tools exists only where the set-up or a package brings it.
  const expected = located.filter((path) => path !== '.tools/bin').map((path) => path.replace(/\/$/, ''));
  expect(expected.length).toBeGreaterThan(6);
  const missing = expected.filter(
    (wanted) => !built.paths.some((path) => path === wanted || path.startsWith(`${wanted}/`)),
  );
  expect(missing).toEqual([]);
});

it('names its own commands in messages, and no path of the machine that built it', async () => {
  const programs = built.paths.filter((path) => path.startsWith('program/'));
  const texts = await Promise.all(programs.map((path) => built.read(path)));
  const code = texts.join('\n');
  expect(code).toContain('pumphouse-server doctor');
  for (const text of ['bin/pumphouse ', 'npm run setup', repositoryFolder])
    expect(code.includes(text), text).toBe(false);
});

it('has the licenses of the libraries of the server and of the console', async () => {
  const licenses = await built.read('LICENSES.txt');
  for (const name of ['fastify', '@kubernetes/client-node', 'pg', 'react'])
    expect(licenses, name).toMatch(new RegExp(`^(?:## )?${name.replace('/', '\\/')}(?: |$|-)`, 'm'));
});
