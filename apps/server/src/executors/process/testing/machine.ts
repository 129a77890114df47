/** Tools and folders for tests of the process executor. */
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listAttemptIds } from '../attempt-folder.ts';
import { openControlGroups } from '../control-groups.ts';
import { locateEnvironments } from '../environment-paths.ts';
import { createProcessExecutor } from '../process-executor.ts';
import type { ProcessExecutorOptions } from '../process-backend.ts';
import { findTool, type ToolName } from '../tool-lookup.ts';
import { describeInterpreter } from '../python-interpreter.ts';
import type { EnvironmentLocation, EnvironmentSpec } from '../../contract/environment-builder.ts';
import type { Executor } from '../../executor.ts';

const REPOSITORY = join(import.meta.dirname, '../../../../../..');

/**
 * Path of an installed tool.
 * @throws Error if setup has not been run
 */
export function requireTool(name: ToolName): string {
  const path = findTool(name, { env: process.env, toolsDir: join(REPOSITORY, '.tools/bin') });
  if (path === null) throw new Error(`${name} is not installed: run npm run setup`);
  return path;
}

/** The folder of the bootstrap. */
export function requireBootstrap(): string {
  return join(REPOSITORY, 'python/pumphouse_bootstrap');
}

/** Creates a data folder that other users may enter, like that of an installed server. */
export async function createDataDir(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'pumphouse-executor-'));
  await chmod(path, 0o711);
  const remove = async (): Promise<void> => {
    await removeControlGroups(path);
    // Modules of an environment may still be compiled.
    await rm(path, { recursive: true, force: true, maxRetries: 10 });
  };
  return { path, remove };
}

/** Removes control groups of attempts and builds that a test left behind like a crash. */
async function removeControlGroups(dataDir: string): Promise<void> {
  const builds = await readdir(locateEnvironments(dataDir)).catch(() => []);
  const owners = new Set([...(await listAttemptIds(dataDir)), ...builds]);
  if (owners.size === 0) return;
  const groups = openControlGroups(INSTALLATION_ID);
  for (const { name, owner } of await groups.list()) {
    if (owner.kind === 'template') continue;
    if (owners.has(owner.kind === 'attempt' ? owner.attemptId : owner.build)) await groups.remove(name);
  }
}

/** A user without any other process on this machine. */
export const TEST_UID = 61_001;

export const INSTALLATION_ID = 'installation-1';

/** Creates an executor with this machine's tools. */
export function createTestExecutor(
  dataDir: string,
  overrides: Partial<ProcessExecutorOptions> = {},
): Executor {
  return createProcessExecutor({ ...describeTestExecutor(dataDir), ...overrides });
}

function describeTestExecutor(dataDir: string): ProcessExecutorOptions {
  return {
    dataDir,
    bootstrapDir: requireBootstrap(),
    pythonPath: requireTool('python3'),
    uvPath: requireTool('uv'),
    bwrapPath: requireTool('bwrap'),
    pastaPath: findTool('pasta', { env: process.env }),
    runsNetwork: { isShared: false, loopbackPorts: [], closedNetworks: [] },
    allowUnisolated: false,
    installationId: INSTALLATION_ID,
    buildLimits: { memoryBytes: 2 * 1024 * 1024 * 1024, cpus: null, processes: 512 },
    templatesBytes: 0,
    log: { info: () => undefined, warn: () => undefined },
  };
}

/** An environment without packages, with any Python installed on this machine. */
export async function buildEmptyEnvironment(executor: Executor): Promise<EnvironmentLocation> {
  return executor.buildEnvironment(await describeEmptyEnvironment(), () => undefined);
}

export async function describeEmptyEnvironment(): Promise<EnvironmentSpec> {
  return {
    key: 'empty',
    organizationId: 'organization-1',
    workspaceId: 'workspace-1',
    pythonVersion: await findInstalledPython(),
    requirements: [],
    variables: {},
    maskedValues: [],
    uid: TEST_UID,
  };
}

/** Minor version of the Python used by tests on this machine. */
export async function findInstalledPython(): Promise<string> {
  const { version } = await describeInterpreter(requireTool('python3'));
  return version.split('.').slice(0, 2).join('.');
}
