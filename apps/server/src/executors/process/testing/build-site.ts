/** Test fixture for builds: a data folder, a package index and an executor. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { EnvironmentSpec } from '../../contract/environment-builder.ts';
import type { Executor } from '../../executor.ts';
import type { ProcessExecutorOptions } from '../process-backend.ts';
import { createDataDir, createTestExecutor, findInstalledPython, TEST_UID } from './machine.ts';
import { createPackageIndex, type PackageIndex } from './package-index.ts';

export interface BuildSite {
  dataDir: string;
  index: PackageIndex;
  executor: Executor;
  /** Creates another executor whose builds can reach the fixture's index on loopback. */
  createExecutor: (overrides?: Partial<ProcessExecutorOptions>) => Executor;
  /** The options that give builds access to the index. */
  overrides: Pick<ProcessExecutorOptions, 'runsNetwork'>;
  pythonVersion: string;
  /** A build request of a workspace, resolved against the fixture's index. */
  createSpec: (requirements: string[], overrides?: Partial<EnvironmentSpec>) => EnvironmentSpec;
  remove(): Promise<void>;
}

/** Creates the fixture. */
export async function createBuildSite(): Promise<BuildSite> {
  const dataDir = await createDataDir();
  const index = await createPackageIndex();
  const pythonVersion = await findInstalledPython();
  const own = {
    runsNetwork: { isShared: false, loopbackPorts: [Number(new URL(index.url).port)], closedNetworks: [] },
  };
  const createExecutor: BuildSite['createExecutor'] = (overrides) =>
    createTestExecutor(dataDir.path, { ...own, ...overrides });
  return {
    dataDir: dataDir.path,
    index,
    executor: createExecutor(),
    createExecutor,
    overrides: own,
    pythonVersion,
    createSpec: (requirements, overrides = {}) => ({
      key: 'key-1',
      organizationId: 'organization-1',
      workspaceId: 'workspace-1',
      pythonVersion,
      requirements,
      variables: { UV_DEFAULT_INDEX: index.url },
      maskedValues: [],
      uid: TEST_UID,
      ...overrides,
    }),
    async remove() {
      await index.close();
      await dataDir.remove();
    },
  };
}

/** Runs a program in an environment, without writing bytecode there, and returns its output. */
export async function runPython(environmentPath: string, program: string): Promise<string> {
  const python = join(environmentPath, 'bin', 'python');
  return (await promisify(execFile)(python, ['-B', '-c', program])).stdout.trim();
}
