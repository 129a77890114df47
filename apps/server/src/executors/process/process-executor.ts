/** Runs attempts as processes on this machine. */
import type { Executor } from '../executor.ts';
import { createAppConnector } from './app-connector.ts';
import { createAttemptRunner } from './attempt-runner.ts';
import { createEnvironmentBuilder } from './environment-builder.ts';
import { createInventory } from './inventory.ts';
import { createLocalDataFiles } from './local-data-files.ts';
import { createLocalDataStore } from './local-data-store.ts';
import { readOwnMachine } from './machine-resources.ts';
import { findObstacle } from './find-obstacle.ts';
import { probeMachine } from './probe.ts';
import { openProcessBackend, type ProcessExecutorOptions } from './process-backend.ts';
import { createTemplates } from './templates/templates.ts';

/**
 * Creates an executor for Linux machines.
 * @throws Error when the data folder is not an absolute path
 */
export function createProcessExecutor(options: ProcessExecutorOptions): Executor {
  const backend = openProcessBackend(options);
  const { isolation, controlGroups, pastaPath } = backend;
  const templates =
    backend.templatesBytes === 0 ? null : createTemplates(backend, { maxBytes: backend.templatesBytes });
  const attemptRunner = createAttemptRunner(backend, templates);
  return {
    describePressure: () => null,
    findObstacle: () => findObstacle(backend),
    capabilities: () => ({
      memoryLimit: controlGroups.holds.includes('memory'),
      isolated: isolation?.kind === 'sandbox',
      interactive: isolation?.kind === 'sandbox' && pastaPath !== null,
      localDataInObjects: false,
    }),
    probe: () => probeMachine({ ...backend, limits: controlGroups.detail }),
    readMachine: async () => readOwnMachine(),
    ...attemptRunner,
    ...createEnvironmentBuilder(backend, templates),
    ...createLocalDataStore(backend, attemptRunner),
    ...createInventory(backend, attemptRunner),
    appConnector: createAppConnector(backend),
    localDataFiles: createLocalDataFiles(backend),
    templates,
  };
}
