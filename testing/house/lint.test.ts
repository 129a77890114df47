import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryFolder } from '../fixtures/server.ts';

const run = promisify(execFile);

const fileThatFollowsTheRules = 'apps/server/src/domain/planted.ts';
const fileWithFloatingPromise = 'apps/server/src/services/floating.ts';
const filesInCycle = ['apps/server/src/services/runs/one.ts', 'apps/server/src/services/runs/other.ts'];

const forbiddenImports: [what: string, folder: string, specifier: string][] = [
  ['domain reads the disk', 'apps/server/src/domain/runs', 'node:fs'],
  ['domain reaches the store', 'apps/server/src/domain/runs', '../../store/store.ts'],
  ['domain reaches what it shares no layer with', 'apps/server/src/domain/runs', '../../mail/mailer.ts'],
  ['an executor reaches the store', 'apps/server/src/executors/process', '../../store/store.ts'],
  ['an executor reaches a service', 'apps/server/src/executors', '../services/deploy.ts'],
  ['api reaches SQL', 'apps/server/src/api/jobs', '../../store/postgres/jobs.ts'],
  ['a page reaches SQL', 'apps/server/src/pages', '../store/postgres/jobs.ts'],
  ['the older client reaches SQL', 'apps/server/src/older-client', '../store/postgres/jobs.ts'],
  ['api reaches an executor', 'apps/server/src/api', '../executors/executor.ts'],
  ['the proxy of apps reaches a service', 'apps/server/src/proxy', '../services/deploy.ts'],
  ['a service reaches the api', 'apps/server/src/services', '../api/handlers.ts'],
  ['a service talks SQL', 'apps/server/src/services', 'pg'],
  ['the store reaches a service', 'apps/server/src/store', '../services/deploy.ts'],
  ['telemetry reaches a service', 'apps/server/src/telemetry', '../services/deploy.ts'],
  ['the supervisor reaches SQL', 'apps/server/src/supervisor', '../store/postgres/claims.ts'],
  ['a service reaches main', 'apps/server/src/services', '../main.ts'],
  ['a service reaches a part of main', 'apps/server/src/services', '../compose/open-store.ts'],
  ['a command reaches into the server', 'apps/cli/src', '@pumphouse/server/store/store.ts'],
  ["the user's command reaches the server", 'apps/pumphouse/src', '@pumphouse/server/main'],
  ['the contract uses Node', 'packages/contract/src', 'node:crypto'],
  ['the client uses Node', 'packages/client/src', 'node:http'],
];
const pathOfImport = (index: number) => join(forbiddenImports[index]?.[1] ?? '', `planted-${index}.ts`);

const sources: Record<string, string> = {
  [fileThatFollowsTheRules]: 'export const one = 1;\n',
  [fileWithFloatingPromise]:
    'async function work(): Promise<void> {}\nexport function start(): void {\n  work();\n}\n',
  [filesInCycle[0] ?? '']: "import type { Other } from './other.ts';\nexport type One = Other[];\n",
  [filesInCycle[1] ?? '']: "import type { One } from './one.ts';\nexport type Other = One | null;\n",
  ...Object.fromEntries(
    forbiddenImports.map(([, , specifier], index) => [
      pathOfImport(index),
      `import { thing } from '${specifier}';\nexport const copy = thing;\n`,
    ]),
  ),
};

let folder: string;
/** The rules that each file breaks. */
let brokenRules: Map<string, string[]>;

/** Lints a tree with this project's settings and only the files above, once: starting lint takes longest. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-lint-'));
  for (const name of ['.oxlintrc.json', 'tsconfig.json'])
    await copyFile(join(repositoryFolder, name), join(folder, name));
  await symlink(join(repositoryFolder, 'node_modules'), join(folder, 'node_modules'));
  for (const [path, source] of Object.entries(sources)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), source);
  }
  brokenRules = await lint();
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function lint(): Promise<Map<string, string[]>> {
  const oxlint = join(repositoryFolder, 'node_modules', '.bin', 'oxlint');
  const args = ['--type-aware', '--deny-warnings', '--format=json', 'apps', 'packages'];
  const { stdout } = await run(oxlint, args, { cwd: folder }).catch((error: { stdout: string }) => error);
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { code: string; filename: string }[] };
  const found = new Map<string, string[]>();
  for (const { code, filename } of diagnostics) found.set(filename, [...(found.get(filename) ?? []), code]);
  return found;
}

describe('lint', () => {
  it('accepts a file that follows the rules', () => {
    expect(brokenRules.size).toBeGreaterThan(0);
    expect(brokenRules.get(fileThatFollowsTheRules)).toBeUndefined();
  });

  it('rejects a floating promise', () => {
    expect(brokenRules.get(fileWithFloatingPromise)).toContainEqual(
      expect.stringContaining('no-floating-promises'),
    );
  });

  it('rejects two files that import types from each other', () => {
    for (const file of filesInCycle)
      expect(brokenRules.get(file)).toContainEqual(expect.stringContaining('no-cycle'));
  });

  it.each(forbiddenImports.map(([what], index) => [what, index] as const))('rejects that %s', (_, index) => {
    expect(brokenRules.get(pathOfImport(index))).toContainEqual(
      expect.stringContaining('no-restricted-imports'),
    );
  });
});
