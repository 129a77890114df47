import type { EnvironmentLine } from '../contract/environment-builder.ts';
import type { PythonDownloads } from './python-interpreter.ts';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createBuildSite, runPython, type BuildSite } from './testing/build-site.ts';

const run = promisify(execFile);

let site: BuildSite;
let folder: string;
/** What uv could download: a Python of this machine, which searches of the test do not find. */
let list: string;
let minor: string;

beforeAll(async () => {
  site = await createBuildSite();
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-pythons-'));
  await site.index.addWheel('plain-package');
  list = await publishPython();
});
afterAll(async () => {
  await site.remove();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  // Without versions of pyenv and uv.
  vi.stubEnv('HOME', folder);
  return () => vi.unstubAllEnvs();
});

/** @returns the address of a list of downloads with one Python */
async function publishPython(): Promise<string> {
  const { stdout: described } = await run('python3', [
    '-c',
    'import json, platform, sys; print(json.dumps([sys.base_prefix, platform.python_version(), platform.machine()]))',
  ]);
  const [prefix, version, family] = JSON.parse(described) as [string, string, string];
  minor = version.split('.').slice(0, 2).join('.');
  const archive = join(folder, 'python.tar.gz');
  const libraries = (await readdir(join(prefix, 'lib'))).filter((name) =>
    name.startsWith(`libpython${minor}`),
  );
  const unused = ['test', 'site-packages', 'dist-packages', 'idlelib', 'tkinter', '__pycache__', 'config-*'];
  await run('tar', [
    '--create',
    '--use-compress-program=gzip -1',
    `--file=${archive}`,
    `--directory=${prefix}`,
    '--transform=s,^,python/,',
    ...unused.map((name) => `--exclude=${name}`),
    `bin/python${minor}`,
    `lib/python${minor}`,
    ...libraries.map((name) => `lib/${name}`),
  ]);
  const sha256 = createHash('sha256')
    .update(await readFile(archive))
    .digest('hex');
  const [major, minorNumber, patch] = version.split('.').map(Number);
  const key = `cpython-${version}-linux-${family}-gnu`;
  const entry = {
    name: 'cpython',
    arch: { family, variant: null },
    os: 'linux',
    libc: 'gnu',
    major,
    minor: minorNumber,
    patch,
    prerelease: '',
    url: `file://${archive}`,
    sha256,
    variant: null,
    build: null,
  };
  await writeFile(join(folder, 'list.json'), JSON.stringify({ [key]: entry }));
  await writeFile(
    join(folder, 'changed.json'),
    JSON.stringify({ [key]: { ...entry, sha256: '0'.repeat(64) } }),
  );
  return `file://${join(folder, 'list.json')}`;
}

const createExecutor = (pythonDownloads: PythonDownloads) =>
  site.createExecutor({ searchPath: folder, pythonDownloads });

const from = (address: string) => ({ UV_PYTHON_DOWNLOADS_JSON_URL: address });

const listPythons = () => readdir(join(site.dataDir, 'pythons')).catch(() => []);

describe('a Python that the machine lacks', () => {
  it('is not installed unless the operator allows it, and the error says how', async () => {
    const building = createExecutor(null).buildEnvironment(
      site.createSpec([], { pythonVersion: minor }),
      () => undefined,
    );
    await expect(building).rejects.toMatchObject({
      code: 'python_not_found',
      message: expect.stringContaining('or set PUMPHOUSE_PYTHON_DOWNLOADS=on') as string,
    });
    expect(await listPythons()).toEqual([]);
  });

  it.each([
    ['cannot be reached', 'http://operator:swordfish@127.0.0.1:9/list.json'],
    ['has another hash', 'changed.json'],
  ])('is not installed if its download %s, and the error says so', async (_name, address) => {
    const executor = createExecutor(
      from(address.includes(':') ? address : `file://${join(folder, address)}`),
    );
    const building = executor.buildEnvironment(
      site.createSpec([], { pythonVersion: minor }),
      () => undefined,
    );
    const error = await building.catch((each: unknown) => each);
    expect(error).toMatchObject({
      code: 'python_not_found',
      message: expect.stringMatching(/uv could not download it: .{10,}/) as string,
    });
    expect(String(error)).not.toContain('swordfish');
    expect((await listPythons()).filter((name) => name.startsWith('cpython'))).toEqual([]);
  });

  it('is installed once for builds that need it at the same time, and runs their code', async () => {
    const executor = createExecutor(from(list));
    const lines: EnvironmentLine[] = [];
    const build = (key: string) =>
      executor.buildEnvironment(site.createSpec(['plain-package'], { key, pythonVersion: minor }), (line) =>
        lines.push(line),
      );
    const [location, other] = await Promise.all([build('one'), build('two')]);
    const installed = (await listPythons()).filter((name) => /^cpython-\d+\.\d+\.\d/.test(name));
    expect(installed).toHaveLength(1);
    for (const each of [location, other]) {
      const printed = await runPython(each.path, 'import plain_package, sys; print(sys.base_prefix)');
      expect(printed).toContain(join(site.dataDir, 'pythons', installed[0] ?? ''));
    }
    expect(lines.map(({ text }) => text).join('\n')).toMatch(/Installed Python 3\.\d+\.\d+ in \d/);
    expect(await executor.listPythons()).toEqual([minor]);
  });
});
