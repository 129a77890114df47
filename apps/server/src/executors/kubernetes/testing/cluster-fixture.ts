/** Executors over a test cluster, with the attempt routes that their pods call. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiClient } from '../../../../../../testing/kubernetes/api-client.ts';
import type { TestCluster } from '../../../../../../testing/kubernetes/cluster.ts';
import { describeKubeconfig } from '../../../../../../testing/kubernetes/kubeconfig.ts';
import type { AttemptSpec } from '../../contract/attempt-runner.ts';
import type {
  ArchiveUpload,
  EnvironmentLocation,
  EnvironmentSpec,
} from '../../contract/environment-builder.ts';
import type { Executor } from '../../executor.ts';
import {
  createAttemptRoutes,
  type AttemptRoutes,
  type MoreRoutes,
  type ServedAttempt,
} from '../../process/testing/attempt-routes.ts';
import { serveAttempt } from '../../process/testing/served-attempt.ts';
import type { KubernetesExecutorOptions } from '../kubernetes-backend.ts';
import { createKubernetesExecutor } from '../kubernetes-executor.ts';
import { noPodPatches } from '../patch-pod.ts';

const uid = 60_910;
const python = '3.13';
const bootstrapDir = join(import.meta.dirname, '../../../../../../python/pumphouse_bootstrap');

export interface ClusterFixture {
  cluster: TestCluster;
  admin: ApiClient;
  installationId: string;
  routes: AttemptRoutes;
  createExecutor(overrides?: Partial<KubernetesExecutorOptions>): Executor;
  describeEnvironment(): EnvironmentSpec;
  describeAttempt(served: ServedAttempt, environment: EnvironmentLocation): AttemptSpec;
  close(): Promise<void>;
}

/**
 * Creates a new installation on a cluster, which ends with it.
 * @param options.volumeClaim null: pods share no claim
 * @param options.more answers the routes of local data
 */
export async function createClusterFixture(
  cluster: TestCluster,
  { volumeClaim = cluster.volumeClaim, more }: { volumeClaim?: string | null; more?: MoreRoutes } = {},
): Promise<ClusterFixture> {
  const routes = await createAttemptRoutes('0.0.0.0', more);
  const installationId = randomUUID();
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-kubeconfig-'));
  const path = join(folder, 'kubeconfig.json');
  await writeFile(path, JSON.stringify(describeKubeconfig(cluster)));
  const url = `http://${cluster.hostAddressForPods}:${new URL(routes.url).port}`;
  return {
    cluster,
    admin: new ApiClient(cluster),
    installationId,
    routes,
    createExecutor: (overrides = {}) =>
      createKubernetesExecutor({
        connection: { kind: 'file', path },
        namespace: null,
        installationId,
        image: cluster.image,
        volumeClaim,
        bootstrapDir,
        buildLimits: { memoryBytes: 1024 ** 3, cpus: 0.5, processes: null },
        patches: noPodPatches,
        network: {
          server: { networks: [`${cluster.hostAddressForPods}/32`] },
          openNetworks: [`${cluster.hostAddressForPods}/32`],
          egress: true,
          attemptsPort: 8081,
        },
        pendingMinutes: 5,
        maxPendingPods: 100,
        ...overrides,
      }),
    describeEnvironment: () => ({
      key: randomUUID(),
      upload: describeUpload(url),
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
        graceSeconds: 20,
        localData:
          volumeClaim === null
            ? null
            : { workspaceId: `workspace-of-${installationId}`, profile: 'prod', access: 'read-write' },
        limits: { memoryBytes: 256 * 1024 * 1024, cpus: 0.1, processes: 64 },
      };
    },
    async close() {
      await routes.close();
      await cluster.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What a server plans for the build of an environment. */
function describeUpload(url: string): ArchiveUpload {
  const id = randomUUID();
  return { id, url, secret: `secret-of-${id}`, ticket: 'ticket' };
}
