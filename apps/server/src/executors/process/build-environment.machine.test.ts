import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  EnvironmentBuildError,
  type EnvironmentLine,
  type EnvironmentSpec,
} from '../contract/environment-builder.ts';
import { copyBootstrap } from '@pumphouse/testing/fixtures/copy-bootstrap.ts';
import { requireBootstrap, TEST_UID } from './testing/machine.ts';
import { createBuildSite, runPython, type BuildSite } from './testing/build-site.ts';
import type { PackageIndex } from './testing/package-index.ts';
import type { ProcessExecutorOptions } from './process-backend.ts';

const UNISOLATED = { bwrapPath: null, allowUnisolated: true };

let site: BuildSite;
let index: PackageIndex;
let createSpec: BuildSite['createSpec'];

beforeAll(async () => {
  site = await createBuildSite();
  ({ index, createSpec } = site);
});

afterAll(() => site.remove());

const listEnvironments = async (): Promise<string[]> =>
  (await readdir(join(site.dataDir, 'environments'))).toSorted();

/** Processes whose command line names a folder of this test. */
async function listBuildProcesses(): Promise<string[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const commands = await Promise.all(
    names.map((name) => readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')),
  );
  return commands.filter((command) => command.includes(`${site.dataDir}/environments`));
}

/** Builds of earlier tests compile bytecode after they have returned. */
const awaitEarlierBuilds = () => expect.poll(listBuildProcesses).toEqual([]);

describe.each([
  ['in a sandbox', {}],
  ['without isolation', UNISOLATED],
] satisfies [string, Partial<ProcessExecutorOptions>][])('buildEnvironment %s', (_, overrides) => {
  const build = (
    spec: EnvironmentSpec,
    onLine: (line: EnvironmentLine) => void = () => undefined,
    signal?: AbortSignal,
  ) => site.createExecutor(overrides).buildEnvironment(spec, onLine, signal);
  // The two kinds of server never share a cache, because their caches have different owners.
  const organizationId = overrides === UNISOLATED ? 'organization-unisolated' : 'organization-sandboxed';

  it('installs requirements of all kinds, with bytecode, and logs its steps', async () => {
    await index.addWheel('plain-package');
    const address = await index.addWheel('direct-package');
    const lines: EnvironmentLine[] = [];
    const requirements = [
      `direct-package @ ${address}`,
      'never-there; python_version < "3"',
      'plain-package>=1',
    ];
    const location = await build(createSpec(requirements, { organizationId }), (line) => lines.push(line));
    const text = lines.map((line) => line.text).join('\n');
    expect(text).toContain('Packages: direct-package==1.0, plain-package==1.0');
    expect(text).toMatch(/Resolved 2 packages/);
    expect(text).toMatch(/Installed 2 packages in \d/);
    const program =
      'import plain_package, direct_package, os; print(plain_package.WORD, os.path.exists(plain_package.__cached__))';
    await expect.poll(() => runPython(location.path, program)).toBe('installed True');
    expect(await site.executor.hasEnvironment(location)).toBe(true);
  });

  it('builds in a new location each time, and removes one without the other', async () => {
    const spec = createSpec([], { organizationId });
    const [first, second] = await Promise.all([build(spec), build(spec)]);
    expect(first.path).not.toBe(second.path);
    await site.executor.removeEnvironment(first);
    expect(await site.executor.hasEnvironment(first)).toBe(false);
    expect(await site.executor.hasEnvironment(second)).toBe(true);
  });

  it('adds the modules that the bootstrap loads in every run', async () => {
    const bootstrapDir = join(await mkdtemp(join(site.dataDir, 'bootstrap-')), 'pumphouse_bootstrap');
    await copyBootstrap(requireBootstrap(), bootstrapDir);
    const hooks = join(bootstrapDir, 'environment_hooks');
    await writeFile(join(hooks, 'a_hook.py'), 'WORD = "hooked"\n');
    await writeFile(join(hooks, 'a_hook.pth'), 'import a_hook\n');
    await promisify(execFile)('chmod', ['-R', 'a+rX', join(bootstrapDir, '..')]);
    const hooked = site.createExecutor({ ...overrides, bootstrapDir });
    const location = await hooked.buildEnvironment(createSpec([], { organizationId }), () => undefined);
    expect(await runPython(location.path, 'import sys; print(sys.modules["a_hook"].WORD)')).toBe('hooked');
  });

  it('compiles the bootstrap for the interpreter, because runs see it read-only', async () => {
    const bootstrapDir = join(await mkdtemp(join(site.dataDir, 'bootstrap-')), 'pumphouse_bootstrap');
    await copyBootstrap(requireBootstrap(), bootstrapDir);
    const compiling = site.createExecutor({ ...overrides, bootstrapDir });
    await compiling.buildEnvironment(createSpec([], { organizationId }), () => undefined);
    const listCompiled = (): Promise<string[]> =>
      readdir(join(bootstrapDir, 'inside', 'launch', '__pycache__')).catch(() => []);
    await expect.poll(listCompiled).toContainEqual(expect.stringMatching(/^launch\.cpython-\d+\.pyc$/));
  });

  it('leaves out dlthub when a package requires it', async () => {
    await index.addWheel('asks-for-hub', { requires: ['dlthub>=0.1'] });
    const location = await build(createSpec(['asks-for-hub'], { organizationId }));
    expect(await runPython(location.path, 'import asks_for_hub; print(asks_for_hub.WORD)')).toBe('installed');
  });

  it('fails with uv’s error and leaves nothing behind', async () => {
    const before = await listEnvironments();
    const failure = await build(createSpec(['no-such-package-here'], { organizationId })).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(EnvironmentBuildError);
    expect(failure).toMatchObject({
      code: 'requirements_failed',
      message: expect.stringContaining('no-such-package-here'),
    });
    expect(await listEnvironments()).toEqual(before);
  });

  it('ends at once when it is aborted', async () => {
    await awaitEarlierBuilds();
    const before = await listEnvironments();
    const asked = index.hangOn('hanging-package');
    const controller = new AbortController();
    const building = build(
      createSpec(['hanging-package'], { organizationId }),
      () => undefined,
      controller.signal,
    );
    const failure = building.catch((error: unknown) => error);
    await asked;
    controller.abort();
    expect(await failure).toMatchObject({ code: 'builder_failed' });
    expect(await listBuildProcesses()).toEqual([]);
    expect(await listEnvironments()).toEqual(before);
  });

  it('ends with the server', async () => {
    await awaitEarlierBuilds();
    const asked = index.hangOn('hanging-package');
    const order = {
      dataDir: site.dataDir,
      overrides: { ...site.overrides, ...overrides },
      spec: createSpec(['hanging-package'], { organizationId }),
    };
    const script = join(import.meta.dirname, 'testing/build-until-killed.ts');
    const server = spawn(process.execPath, [script, JSON.stringify(order)], { stdio: 'ignore' });
    await asked;
    expect(await listBuildProcesses()).not.toEqual([]);
    server.kill('SIGKILL');
    await expect.poll(listBuildProcesses).toEqual([]);
  });
});

describe('a build in a sandbox', () => {
  it('shows untrusted code nothing of the server', async () => {
    await writeFile(join(site.dataDir, 'secret'), 'the key');
    process.env['SERVER_SECRET'] = 'of the server';
    await index.addSource(
      'curious-package',
      `
import os
root = ${JSON.stringify(site.dataDir)}
facts = [f"uid={os.getuid()}", f"data={sorted(os.listdir(root))}", f"server={'SERVER_SECRET' in os.environ}", f"shadow={os.path.exists('/etc/shadow')}"]
raise SystemExit(" ".join(facts))
`,
    );
    const failure = site.executor.buildEnvironment(createSpec(['curious-package']), () => undefined);
    const uid = process.getuid?.() === 0 ? TEST_UID : process.getuid?.();
    await expect(failure).rejects.toThrow(`uid=${uid} data=['environments'] server=False shadow=False`);
  });

  it('masks secrets in all build output, even in truncated lines', async () => {
    const secret = 'QJZK/VW-8231';
    await index.addSource(
      'talking-package',
      `
import os, sys
proxy = os.environ["UV_INDEX_CORP_PASSWORD"]
print("x" * 8177 + proxy, file=sys.stderr)
raise SystemExit("the password is " + proxy)
`,
    );
    const lines: EnvironmentLine[] = [];
    const spec = createSpec(['talking-package'], {
      variables: { UV_DEFAULT_INDEX: index.url, UV_INDEX_CORP_PASSWORD: secret },
      maskedValues: [secret],
    });
    const failure = await site.executor
      .buildEnvironment(spec, (line) => lines.push(line))
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(EnvironmentBuildError);
    const output = [String(failure), ...lines.map(({ text }) => text)].join('\n');
    expect(output).toContain('the password is ***');
    expect(output).toMatch(/x{8000}/);
    expect(output).not.toContain(secret.slice(0, 3));
  });

  it('makes the environment and its marker writable only for the server', async () => {
    const { path } = await site.executor.buildEnvironment(createSpec([]), () => undefined);
    const ownUid = process.getuid?.() ?? 0;
    expect((await stat(path)).uid).toBe(ownUid);
    const marker = join(path, '..', '.complete');
    expect((await stat(marker)).uid).toBe(ownUid);
    expect(JSON.parse(await readFile(marker, 'utf8'))).toMatchObject({ key: 'key-1' });
    expect((await readdir(join(path, '..'))).toSorted()).toEqual(['.complete', 'venv']);
  });
});

describe('a build request', () => {
  it('lists the installed versions if the requested one is missing', async () => {
    const failure = site.executor.buildEnvironment(
      createSpec([], { pythonVersion: '3.99' }),
      () => undefined,
    );
    await expect(failure).rejects.toMatchObject({ code: 'python_not_found' });
    await expect(failure).rejects.toThrow(/Python 3\.99 is not installed .*installed: Python .*3\.\d+\.\d+/);
  });

  it.each(['-r /etc/passwd', '--index-url=http://x', './local', 'http://x/y.whl', 'a\n-r b', 'C:/x', ''])(
    'rejects an invalid requirement: %j',
    async (line) => {
      const failure = site.executor.buildEnvironment(createSpec([line]), () => undefined);
      await expect(failure).rejects.toMatchObject({ code: 'requirements_failed' });
    },
  );

  it.each(['dlthub', 'DltHub>=1', 'dlthub[x] @ http://x', 'dlthub_init'])(
    'never installs %s',
    async (line) => {
      const failure = await site.executor
        .buildEnvironment(createSpec([line]), () => undefined)
        .catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(Error);
      expect(failure).not.toBeInstanceOf(EnvironmentBuildError);
    },
  );

  it("ignores locations that are not this executor's environments", async () => {
    for (const path of [
      site.dataDir,
      join(site.dataDir, 'environments'),
      '/usr',
      join(site.dataDir, 'environments/../venv'),
    ]) {
      await site.executor.removeEnvironment({ executor: 'process', path });
      expect(await site.executor.hasEnvironment({ executor: 'process', path })).toBe(false);
    }
    expect((await stat(join(site.dataDir, 'environments'))).isDirectory()).toBe(true);
  });
});
