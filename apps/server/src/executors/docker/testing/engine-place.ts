/** An executor over a real engine, with the attempt routes that its containers reach. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type Docker from 'dockerode';
import type { EngineKind } from '../../../../../../deploy/images/engine-command.ts';
import {
  startTestEngine,
  type TestEngine,
  type TestEngineOptions,
} from '../../../../../../testing/fixtures/container-engine.ts';
import type { AttemptSpec, EnvironmentLocation, EnvironmentSpec } from '../../executor.ts';
import {
  createAttemptRoutes,
  type AttemptRoutes,
  type ServedAttempt,
} from '../../process/testing/attempt-routes.ts';
import { serveAttempt } from '../../process/testing/served-attempt.ts';
import { createDockerExecutor, type DockerExecutor } from '../docker-executor.ts';
import { connectEngine } from '../engine.ts';
import type { NetworkOptions } from '../network.ts';

const python = '3.13';
const uid = 60_910;
const bootstrapDir = join(import.meta.dirname, '../../../../../../python/pumphouse_bootstrap');

export interface EnginePlace {
  testEngine: TestEngine;
  engine: Docker;
  installationId: string;
  routes: AttemptRoutes;
  /** Where containers reach the routes. */
  url: string;
  /** Another executor over the same engine and installation. */
  createExecutor(): DockerExecutor;
  describeEnvironment(): EnvironmentSpec;
  /** A specification of an attempt that runs a program. */
  describeAttempt(served: ServedAttempt, environment: EnvironmentLocation): AttemptSpec;
  close(): Promise<void>;
}

/** Starts an engine that has the prepared runner images, and a new installation on it. */
export async function createEnginePlace(
  kind: EngineKind,
  options: TestEngineOptions & { network?: NetworkOptions } = {},
): Promise<EnginePlace> {
  const testEngine = await startTestEngine(kind, options);
  const address = { url: testEngine.url, tls: null };
  const installationId = randomUUID();
  const createExecutor = () =>
    createDockerExecutor({
      engine: address,
      installationId,
      runnerImage: 'localhost/pumphouse-runner:{python}',
      bootstrapDir,
      buildLimits: { memoryBytes: 1024 ** 3, cpus: 2, processes: 256 },
      network: options.network ?? { name: null, egress: true },
    });
  // The gateway's address is there only while a container is attached.
  const routes = await createAttemptRoutes('0.0.0.0');
  const gateway = await createExecutor().findGateway();
  const url = `http://${gateway}:${new URL(routes.url).port}`;
  return {
    testEngine,
    engine: await connectEngine(address),
    installationId,
    routes,
    url,
    createExecutor,
    describeEnvironment: () => ({
      key: randomUUID(),
      organizationId: `organization-of-${installationId}`,
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
        localData: { workspaceId: 'workspace-1', profile: 'prod', access: 'read-write' },
        limits: { memoryBytes: 512 * 1024 * 1024, cpus: 1, processes: 64 },
      };
    },
    async close() {
      await routes.close();
      await testEngine.close();
    },
  };
}
