/** Runs attempts as containers of a local or remote engine with the Docker Engine API: Docker or Podman. */
import type { ProbeResult } from '../contract/backend.ts';
import { ExecutorError } from '../contract/executor-error.ts';
import type { Executor } from '../executor.ts';
import { createAppConnector } from './app-connector.ts';
import { createConnections } from './app-network.ts';
import { createAttemptRunner } from './attempt-runner.ts';
import { createDockerBackend, type DockerExecutorOptions } from './docker-backend.ts';
import { pingEngine } from './engine.ts';
import { createEnvironmentBuilder } from './environment-builder.ts';
import { createInventory } from './inventory.ts';
import { createLocalDataFiles } from './local-data/local-data-files.ts';
import { createLocalDataStore } from './local-data/local-data-store.ts';
import { createSlots } from './slots/slots.ts';

export interface DockerExecutor extends Executor {
  /**
   * The address at which containers reach this machine, if the engine is local; null if their network has
   * none.
   */
  findGateway(): Promise<string | null>;
}

/** Creates an executor for the engine at an address. Sends nothing yet. */
export function createDockerExecutor(options: DockerExecutorOptions): DockerExecutor {
  const backend = createDockerBackend(options);
  const connections = createConnections();
  const { slotsMemoryPercent = 0 } = options;
  const slots = createSlots(backend, slotsMemoryPercent);

  async function probe(): Promise<ProbeResult> {
    try {
      // Ping first, because it has the shortest timeout.
      await pingEngine(options.engine);
      const connection = await backend.connect();
      await backend.requireNetwork(connection, 'runs');
      return {
        ok: true,
        detail: `Runs are containers of ${connection.details.label} at ${options.engine.url}.`,
      };
    } catch (error) {
      return {
        ok: false,
        detail: error instanceof ExecutorError ? error.message : backend.describeSilence(error),
      };
    }
  }

  return {
    describePressure: () => null,
    findObstacle: () => pingEngine(options.engine).then(() => null, backend.describeSilence),
    capabilities: () => ({ memoryLimit: true, isolated: true, interactive: true, localDataInObjects: false }),
    probe,
    async readMachine() {
      const { cpus, memoryBytes } = (await backend.connect()).details;
      return memoryBytes === null ? null : { cpus, memoryBytes };
    },
    findGateway: () =>
      backend.withEngine(
        'The network of runs cannot be read',
        async (connection) => (await backend.requireNetwork(connection, 'runs')).gateway,
      ),
    ...createAttemptRunner(backend, connections, slots),
    ...createEnvironmentBuilder(backend, slots),
    ...createLocalDataStore(backend),
    ...createInventory(backend, slots),
    appConnector: createAppConnector(backend, connections),
    localDataFiles: createLocalDataFiles(backend),
    templates: slotsMemoryPercent === 0 ? null : slots,
  };
}
