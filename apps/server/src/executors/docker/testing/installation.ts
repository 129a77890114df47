/** Installations on a test's engine, by executors alone: without a server or a store. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type Docker from 'dockerode';
import type { TestEngine } from '../../../../../../testing/fixtures/container-engine.ts';
import type { AttemptSpec, EnvironmentLocation, EnvironmentSpec } from '../../executor.ts';
import type { ImageSources } from '../build-image.ts';
import { createDockerExecutor, type DockerExecutor, type DockerExecutorOptions } from '../docker-executor.ts';
import { connectEngine } from '../engine.ts';
import { filterOf } from '../names.ts';

const repository = join(import.meta.dirname, '../../../../../..');
const bootstrapDir = join(repository, 'python/pumphouse_bootstrap');
const uid = 60_910;

/** What images are built from, as set-up has left it. */
export const realImageSources: ImageSources = {
  imagesFolder: join(repository, 'deploy/images'),
  bootstrapFolder: bootstrapDir,
  toolsFile: join(repository, 'scripts/python-tools.json'),
  uvPath: join(repository, '.tools/bin/uv'),
};

export interface TestInstallation {
  id: string;
  /** An executor as one server has it; several are several servers. */
  createExecutor(overrides?: Partial<DockerExecutorOptions>): DockerExecutor;
  describeEnvironment(overrides?: Partial<EnvironmentSpec>): EnvironmentSpec;
  describeAttempt(environment: EnvironmentLocation, attemptsUrl: string): AttemptSpec;
  /** Names of what the engine itself has of the installation. */
  listContainers(): Promise<string[]>;
  listVolumes(): Promise<string[]>;
  listNetworks(): Promise<string[]>;
}

/** A new installation on the engine; it leaves what it makes to the engine's end. */
export async function createInstallation(testEngine: TestEngine): Promise<TestInstallation> {
  const id = randomUUID();
  const address = { url: testEngine.url, tls: null };
  const engine: Docker = await connectEngine(address);
  const filters = filterOf(id);
  return {
    id,
    createExecutor: (overrides = {}) =>
      createDockerExecutor({
        engine: address,
        installationId: id,
        runnerImage: 'localhost/pumphouse-runner:{python}',
        bootstrapDir,
        imageSources: null,
        buildLimits: { memoryBytes: 1024 ** 3, cpus: 2, processes: 256 },
        network: { name: null, egress: true },
        ...overrides,
      }),
    describeEnvironment: (overrides = {}) => ({
      key: randomUUID(),
      organizationId: `organization-of-${id}`,
      pythonVersion: '3.13',
      requirements: [],
      variables: {},
      maskedValues: [],
      uid,
      ...overrides,
    }),
    describeAttempt(environment, attemptsUrl) {
      const attemptId = randomUUID();
      return {
        attemptId,
        jobRunId: `run-of-${attemptId}`,
        installationId: id,
        claimNumber: 1,
        attemptsUrl,
        bootstrapToken: `token-of-${attemptId}`,
        environment,
        workFolderName: 'my-workspace',
        localData: { workspaceId: 'workspace-1', profile: 'prod', access: 'read-write' },
        uid,
        limits: { memoryBytes: 512 * 1024 * 1024, cpus: 1, processes: 64 },
        network: 'shared',
      };
    },
    listContainers: async () =>
      (await engine.listContainers({ all: true, filters })).flatMap(({ Names: names }) => names),
    listVolumes: async () => (await engine.listVolumes({ filters })).Volumes.map(({ Name: name }) => name),
    listNetworks: async () => (await engine.listNetworks({ filters })).map(({ Name: name }) => name),
  };
}
