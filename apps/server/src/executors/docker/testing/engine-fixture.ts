/** Executors over a real engine, with the attempt routes that their containers call. */
import { cloudNetworks } from '../../../platform/special-networks.ts';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type Docker from 'dockerode';
import type { EngineKind } from '../../../../../../deploy/images/engine-command.ts';
import {
  startTestEngine,
  type TestEngine,
  type TestEngineOptions,
} from '../../../../../../testing/fixtures/container-engine.ts';
import type { AttemptSpec } from '../../contract/attempt-runner.ts';
import type { EnvironmentLocation, EnvironmentSpec } from '../../contract/environment-builder.ts';
import {
  createAttemptRoutes,
  type AttemptRoutes,
  type ServedAttempt,
} from '../../process/testing/attempt-routes.ts';
import { serveAttempt } from '../../process/testing/served-attempt.ts';
import type { ImageSources } from '../build-image.ts';
import type { DockerExecutorOptions } from '../docker-backend.ts';
import { createDockerExecutor, type DockerExecutor } from '../docker-executor.ts';
import { connectEngine } from '../engine.ts';
import type { NetworkOptions } from '../network.ts';

const python = '3.13';
const uid = 60_910;
const repository = join(import.meta.dirname, '../../../../../..');
const bootstrapDir = join(repository, 'python/pumphouse_bootstrap');

/** The sources of images, as prepared by setup. */
export const imageSources: ImageSources = {
  imagesFolder: join(repository, 'deploy/images'),
  bootstrapFolder: bootstrapDir,
  toolsFile: join(repository, 'scripts/python-tools.json'),
  uvPath: join(repository, '.tools/bin/uv'),
};

/** One installation on an engine, which may have others. */
export interface EngineInstallation {
  installationId: string;
  /** The URL at which containers reach the routes. */
  url: string;
  /** Creates another executor over the same engine and installation, like a second server. */
  createExecutor(overrides?: Partial<DockerExecutorOptions>): DockerExecutor;
  describeEnvironment(): EnvironmentSpec;
  /** Creates the specification of an attempt that runs a program. */
  describeAttempt(served: ServedAttempt, environment: EnvironmentLocation): AttemptSpec;
}

export interface EngineFixture extends EngineInstallation {
  testEngine: TestEngine;
  engine: Docker;
  routes: AttemptRoutes;
  close(): Promise<void>;
}

/** Starts an engine with the prepared runner images, and creates a new installation on it. */
export async function createEngineFixture(
  kind: EngineKind,
  options: TestEngineOptions & { network?: NetworkOptions } = {},
): Promise<EngineFixture> {
  const testEngine = await startTestEngine(kind, options);
  // The gateway's address exists only while a container is attached.
  const routes = await createAttemptRoutes('0.0.0.0');
  return {
    ...(await createInstallation(testEngine, routes, options.network)),
    testEngine,
    engine: await connectEngine({ url: testEngine.url, tls: null }),
    routes,
    async close() {
      await routes.close();
      await testEngine.close();
    },
  };
}

/** Creates a new installation on an engine. Its resources are removed with the engine. */
export async function createInstallation(
  testEngine: TestEngine,
  routes: AttemptRoutes,
  network: NetworkOptions = { name: null, egress: true },
): Promise<EngineInstallation> {
  const installationId = randomUUID();
  const createExecutor = (overrides: Partial<DockerExecutorOptions> = {}) =>
    createDockerExecutor({
      engine: { url: testEngine.url, tls: null },
      installationId,
      runnerImage: 'localhost/pumphouse-runner:{python}',
      bootstrapDir,
      imageSources: null,
      buildLimits: { memoryBytes: 1024 ** 3, cpus: 2, processes: 256 },
      network,
      openPorts: [],
      closedNetworks: cloudNetworks,
      ...overrides,
    });
  const url = `http://${await createExecutor().findGateway()}:${new URL(routes.url).port}`;
  return {
    installationId,
    url,
    createExecutor,
    describeEnvironment: () => ({
      key: randomUUID(),
      organizationId: `organization-of-${installationId}`,
      workspaceId: `workspace-of-${installationId}`,
      pythonVersion: python,
      requirements: [],
      variables: {},
      maskedValues: [],
      uid,
    }),
    describeAttempt(served, environment) {
      const spec = serveAttempt({ routes, url, environment, installationId, uid }, served);
      return {
        ...spec,
        localData: { workspaceId: `workspace-of-${installationId}`, profile: 'prod', access: 'read-write' },
        limits: { memoryBytes: 512 * 1024 * 1024, cpus: 1, processes: 64 },
      };
    },
  };
}
