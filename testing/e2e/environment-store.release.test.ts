import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EnvironmentSpec } from '../../apps/server/src/executors/contract/environment-builder.ts';
import {
  createDataDir,
  createTestExecutor,
  findInstalledPython,
  TEST_UID,
} from '../../apps/server/src/executors/process/testing/machine.ts';
import { repositoryFolder } from '../fixtures/server.ts';

const run = promisify(execFile);

let dataDir: { path: string; remove: () => Promise<void> };

beforeAll(async () => {
  dataDir = await createDataDir();
});
afterAll(() => dataDir.remove());

async function build(workspaceId: string) {
  const spec: EnvironmentSpec = {
    key: `key-of-${workspaceId}`,
    organizationId: 'organization-1',
    workspaceId,
    pythonVersion: await findInstalledPython(),
    requirements: ['dlt[duckdb]'],
    variables: {},
    maskedValues: [],
    uid: TEST_UID,
  };
  const lines: string[] = [];
  const { path } = await createTestExecutor(dataDir.path).buildEnvironment(spec, ({ text }) =>
    lines.push(text),
  );
  return { path, lines, python: join(path, 'bin/python') };
}

/** Modules that a first run imports, as paths below site-packages. */
async function listStartModules(python: string): Promise<string[]> {
  const program = join(repositoryFolder, 'scripts/list_start_modules.py');
  const { stdout } = await run(python, [program], {
    env: { HOME: dataDir.path, DLT_DATA_DIR: join(dataDir.path, 'dlt'), RUNTIME__DLTHUB_TELEMETRY: 'false' },
  });
  return JSON.parse(stdout) as string[];
}

/** Bytes of an environment's folders, and of its files that are not links to the store. */
async function measureOwnDisk(environment: string): Promise<number> {
  const { stdout } = await run('find', [
    environment,
    '(',
    '-type',
    'd',
    '-o',
    '-links',
    '1',
    ')',
    '-printf',
    '%b\n',
  ]);
  return stdout.split('\n').reduce((sum, blocks) => sum + Number(blocks) * 512, 0);
}

it('a second environment with dlt takes little log output and disk space, and both have the modules of dlt’s start compiled', async () => {
  const first = await build('workspace-1');
  expect(first.lines.length).toBeLessThanOrEqual(5);
  const modules = await listStartModules(first.python);
  const caches = await run(first.python, [
    '-c',
    'import json, sys, sysconfig, importlib.util\n' +
      'root = sysconfig.get_path("purelib")\n' +
      'print(json.dumps([importlib.util.cache_from_source(f"{root}/{path}") for path in json.loads(sys.argv[1])]))',
    JSON.stringify(modules),
  ]);
  const compiled = await Promise.all(
    (JSON.parse(caches.stdout) as string[]).map((path) =>
      access(path).then(
        () => 1,
        () => 0,
      ),
    ),
  );
  const share = compiled.reduce((sum: number, one) => sum + one, 0) / modules.length;
  // If the share is lower, run scripts/list_start_modules.py.
  expect(share).toBeGreaterThan(0.9);
  const second = await build('workspace-2');
  expect(second.lines.join('\n')).toMatch(/Installed (\d+) packages in .* \(\1 from the store\)/);
  // The packages take 130 MB. The first environment's other modules are still being compiled into the store.
  expect(await measureOwnDisk(second.path)).toBeLessThan(10_000_000);
  expect(await listStartModules(second.python)).toEqual(modules);
});
