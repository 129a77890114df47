/** Runs attempts as pods of a Kubernetes cluster. */
import type { Executor } from '../executor.ts';
import { createAppConnector } from './app-connector.ts';
import { createAttemptRunner } from './attempt-runner.ts';
import { createAttempts } from './attempts.ts';
import { createEnvironmentBuilder } from './environment-builder.ts';
import { createInventory } from './inventory.ts';
import { createKubernetesBackend, type KubernetesExecutorOptions } from './kubernetes-backend.ts';
import { createLocalDataStore } from './local-data-store.ts';
import { createPressure } from './read-pressure.ts';
import { probeCluster } from './probe.ts';

/** Creates an executor for a cluster. Sends nothing yet. */
export function createKubernetesExecutor(options: KubernetesExecutorOptions): Executor {
  const backend = createKubernetesBackend(options);
  const attempts = createAttempts(backend);
  const pressure = createPressure(backend);
  return {
    capabilities: () => ({
      memoryLimit: true,
      isolated: true,
      interactive: true,
      localDataInObjects: options.volumeClaim === null,
    }),
    probe: () => probeCluster(backend),
    // The scheduler of Kubernetes knows the nodes; this server only limits how many pods wait.
    readMachine: () => Promise.resolve(null),
    describePressure: () => pressure.describe(),
    findObstacle: async () => null,
    ...createAttemptRunner(backend, attempts),
    ...createEnvironmentBuilder(backend),
    ...createLocalDataStore(backend, attempts),
    ...createInventory(backend),
    appConnector: createAppConnector(backend, attempts),
    localDataFiles: null,
    templates: null,
  };
}
