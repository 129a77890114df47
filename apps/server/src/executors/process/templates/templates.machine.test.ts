import { execFile } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { copyBootstrap } from '@pumphouse/testing/fixtures/copy-bootstrap.ts';
import { conformanceProgram } from '../../conformance/conformance-program.ts';
import type { AttemptSpec } from '../../contract/attempt-runner.ts';
import type { EnvironmentLocation } from '../../contract/environment-builder.ts';
import type { Executor } from '../../executor.ts';
import { locateAttemptFolder, readForkedRecord } from '../attempt-folder.ts';
import type { ProcessExecutorOptions } from '../process-backend.ts';
import { createAttemptRoutes, type AttemptRoutes } from '../testing/attempt-routes.ts';
import {
  buildEmptyEnvironment,
  createDataDir,
  createTestExecutor,
  INSTALLATION_ID,
  requireBootstrap,
  TEST_UID,
} from '../testing/machine.ts';
import { serveAttempt } from '../testing/served-attempt.ts';
import { templateRules } from '../../template-policy.ts';
import { locateTemplates } from './template-folder.ts';

const WAIT = { timeout: 300_000, interval: 20 };
const gibibyte = 1024 ** 3;

let dataDir: Awaited<ReturnType<typeof createDataDir>>;
let routes: AttemptRoutes;
let environment: EnvironmentLocation;
const executors: Executor[] = [];

beforeAll(async () => {
  dataDir = await createDataDir();
  routes = await createAttemptRoutes();
  environment = await buildEmptyEnvironment(createTestExecutor(dataDir.path));
});
afterEach(async () => {
  for (const executor of executors.splice(0)) await executor.templates?.close();
});
afterAll(async () => {
  await routes.close();
  await dataDir.remove();
});

function createExecutor(overrides: Partial<ProcessExecutorOptions> = {}): Executor {
  const executor = createTestExecutor(dataDir.path, { templatesBytes: gibibyte, ...overrides });
  executors.push(executor);
  return executor;
}

function createSpec(profile = 'prod', location = environment): AttemptSpec {
  const origin = {
    routes,
    url: routes.url,
    environment: location,
    installationId: INSTALLATION_ID,
    uid: TEST_UID,
  };
  const variables = { BEHAVIOUR: 'ends-on-term' };
  return {
    ...serveAttempt(origin, { program: conformanceProgram, profile, variables }),
    localData: { workspaceId: 'workspace-1', profile, access: 'read-write' },
  };
}

/** Runs an attempt to its end; returns whether it was forked. */
async function run(executor: Executor, spec = createSpec()): Promise<boolean> {
  const handle = await executor.start(spec);
  await routes.awaitUserCode(spec.attemptId);
  const forked = await readForkedRecord(locateAttemptFolder(dataDir.path, spec.attemptId));
  await executor.stop(handle, { graceSeconds: 20 });
  await executor.remove(handle);
  return forked !== null;
}

async function startTemplate(executor: Executor, profile = 'prod', location = environment): Promise<void> {
  const before = executor.templates?.list().length ?? 0;
  for (let start = 0; start < 2; start += 1)
    expect(await run(executor, createSpec(profile, location))).toBe(false);
  await vi.waitUntil(() => executor.templates?.list().length === before + 1, WAIT);
}

const listFolders = () => readdir(locateTemplates(dataDir.path));

it('forks runs of the same workspace, profile and environment from the third start on', async () => {
  const executor = createExecutor();
  await startTemplate(executor);
  expect(await run(executor)).toBe(true);
  expect(await run(executor, createSpec('staging'))).toBe(false);
  expect(executor.templates?.list()).toMatchObject([
    { workspaceId: 'workspace-1', profile: 'prod', environment: environment.path, runs: 1 },
  ]);
  expect(executor.templates?.list()[0]?.memoryBytes).toBeGreaterThan(1024 ** 2);
});

it('leaves nothing when it ends', async () => {
  const executor = createExecutor();
  await startTemplate(executor);
  const [name = ''] = await listFolders();
  const listOwn = async () =>
    (await executor.listResources({ withSizes: false })).filter(({ id }) => id.includes(name));
  const kinds = (await listOwn()).map(({ kind }) => kind);
  // Without root there may be no control groups.
  expect(kinds.filter((kind) => kind !== 'control-group')).toEqual(['folder']);
  expect(kinds.length).toBe(executor.capabilities().memoryLimit ? 2 : 1);
  await executor.templates?.close();
  await vi.waitUntil(async () => (await listFolders()).length === 0, WAIT);
  await vi.waitUntil(async () => (await listOwn()).length === 0, WAIT);
});

it('ends the template of an environment that is removed, and its runs go on', async () => {
  const executor = createExecutor();
  const location = await buildEmptyEnvironment(executor);
  const others = await listFolders();
  await startTemplate(executor, 'prod', location);
  const name = (await listFolders()).find((one) => !others.includes(one)) ?? 'none';
  const spec = createSpec('prod', location);
  const handle = await executor.start(spec);
  await routes.awaitUserCode(spec.attemptId);
  await executor.removeEnvironment(location);
  expect(executor.templates?.list()).toEqual([]);
  expect(await executor.inspect(handle)).toEqual({ state: 'running' });
  routes.finish(spec.attemptId, 7);
  await vi.waitUntil(async () => (await executor.inspect(handle)).state === 'exited', WAIT);
  expect(await executor.inspect(handle)).toMatchObject({ exit: { code: 7 } });
  await executor.remove(handle);
  // Long before the collector of orphaned resources takes it: that is young.
  await vi.waitUntil(async () => {
    await executor.templates?.review();
    const listed = await executor.listResources({ withSizes: false });
    return !listed.some(({ kind, id }) => kind === 'control-group' && id.includes(name));
  }, WAIT);
});

it('starts runs cold, and says why once, where no template can start', async () => {
  const bootstrapDir = join(dataDir.path, 'bootstrap', 'pumphouse_bootstrap');
  await copyBootstrap(requireBootstrap(), bootstrapDir);
  await writeFile(join(bootstrapDir, 'inside/template/__main__.py'), 'raise SystemExit("no such luck")');
  await promisify(execFile)('chmod', ['-R', 'a+rX', join(bootstrapDir, '..')]);
  const warnings: unknown[] = [];
  const warn = (fields: unknown) => void warnings.push(fields);
  const executor = createExecutor({ bootstrapDir, log: { info: () => undefined, warn } });
  for (let start = 0; start < 2; start += 1) expect(await run(executor)).toBe(false);
  await vi.waitUntil(() => executor.templates?.describeProblem() !== null, WAIT);
  expect(executor.templates?.describeProblem()).toBe('The template did not start.');
  expect(await run(executor)).toBe(false);
  expect(warnings).toMatchObject([{ workspaceId: 'workspace-1', reason: 'The template did not start.' }]);
});

it('starts no template that would not fit into the memory for templates', async () => {
  const executor = createExecutor({ templatesBytes: 1024 ** 2 });
  for (let start = 0; start < 3; start += 1) expect(await run(executor)).toBe(false);
  expect(executor.templates?.list()).toEqual([]);
});

it('makes room for a template of another profile by ending the one used longest ago', async () => {
  // As much as one counts for before it is measured.
  const executor = createExecutor({ templatesBytes: templateRules.estimatedBytes });
  await startTemplate(executor, 'one');
  for (let start = 0; start < 2; start += 1) await run(executor, createSpec('two'));
  await vi.waitUntil(() => executor.templates?.list()[0]?.profile === 'two', WAIT);
  expect(executor.templates?.list()).toHaveLength(1);
});
