import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryFolder } from '../fixtures/server.ts';

const run = promisify(execFile);
let folder: string;

/** A tree with this project's lint settings and only the files that a test adds. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-lint-'));
  for (const name of ['.oxlintrc.json', 'tsconfig.json'])
    await copyFile(join(repositoryFolder, name), join(folder, name));
  await symlink(join(repositoryFolder, 'node_modules'), join(folder, 'node_modules'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** @returns lint's output for one added file; empty if there is none */
async function lint(path: string, source: string): Promise<string> {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, source);
  const oxlint = join(repositoryFolder, 'node_modules', '.bin', 'oxlint');
  try {
    await run(oxlint, ['--type-aware', '--deny-warnings', path], { cwd: folder });
    return '';
  } catch (error) {
    const { stdout } = error as { stdout: string };
    return stdout;
  } finally {
    await rm(file);
  }
}

const importOf = (specifier: string) => `import { thing } from '${specifier}';\nexport const copy = thing;\n`;

describe('lint', () => {
  it('accepts a file that follows the rules', async () => {
    expect(await lint('apps/server/src/domain/planted.ts', 'export const one = 1;\n')).toBe('');
  });

  it('rejects a floating promise', async () => {
    const source = 'async function work(): Promise<void> {}\nexport function start(): void {\n  work();\n}\n';
    expect(await lint('apps/server/src/services/planted.ts', source)).toContain('no-floating-promises');
  });

  it('rejects two files that import types from each other', async () => {
    const other = join(folder, 'apps/server/src/services/runs/other.ts');
    await mkdir(dirname(other), { recursive: true });
    await writeFile(
      other,
      "import type { Planted } from './planted.ts';\nexport type Other = Planted | null;\n",
    );
    const source = "import type { Other } from './other.ts';\nexport type Planted = Other[];\n";
    expect(await lint('apps/server/src/services/runs/planted.ts', source)).toContain('no-cycle');
    await rm(other);
  });

  it.each([
    ['domain reads the disk', 'apps/server/src/domain/runs/planted.ts', 'node:fs'],
    ['domain reaches the store', 'apps/server/src/domain/runs/planted.ts', '../../store/store.ts'],
    [
      'domain reaches what it shares no layer with',
      'apps/server/src/domain/runs/planted.ts',
      '../../mail/mailer.ts',
    ],
    ['an executor reaches the store', 'apps/server/src/executors/process/planted.ts', '../../store/store.ts'],
    ['an executor reaches a service', 'apps/server/src/executors/planted.ts', '../services/deploy.ts'],
    ['api reaches SQL', 'apps/server/src/api/jobs/planted.ts', '../../store/postgres/jobs.ts'],
    ['a page reaches SQL', 'apps/server/src/pages/planted.ts', '../store/postgres/jobs.ts'],
    ['api reaches an executor', 'apps/server/src/api/planted.ts', '../executors/executor.ts'],
    ['the proxy of apps reaches a service', 'apps/server/src/proxy/planted.ts', '../services/deploy.ts'],
    ['a service reaches the api', 'apps/server/src/services/planted.ts', '../api/handlers.ts'],
    ['a service talks SQL', 'apps/server/src/services/planted.ts', 'pg'],
    ['the store reaches a service', 'apps/server/src/store/planted.ts', '../services/deploy.ts'],
    ['telemetry reaches a service', 'apps/server/src/telemetry/planted.ts', '../services/deploy.ts'],
    ['the supervisor reaches SQL', 'apps/server/src/supervisor/planted.ts', '../store/postgres/claims.ts'],
    ['a service reaches main', 'apps/server/src/services/planted.ts', '../main.ts'],
    ['a service reaches a part of main', 'apps/server/src/services/planted.ts', '../compose/open-store.ts'],
    ['a command reaches into the server', 'apps/cli/src/planted.ts', '@pumphouse/server/store/store.ts'],
    ['the contract uses Node', 'packages/contract/src/planted.ts', 'node:crypto'],
    ['the client uses Node', 'packages/client/src/planted.ts', 'node:http'],
  ])('rejects that %s', async (_, path, specifier) => {
    expect(await lint(path, importOf(specifier))).toContain('no-restricted-imports');
  });
});
