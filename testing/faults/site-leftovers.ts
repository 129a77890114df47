import type { JudgedBelonging, RemovedLeftovers } from '@pumphouse/server/services/retention/leftovers.ts';
import type { RunsPlace } from '../fixtures/runs-place.ts';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { eventually } from '../fixtures/eventually.ts';
import { executorVariables } from '../fixtures/runs-place.ts';
import { withLeftovers } from './later-leftovers.ts';

const removalProgram = fileURLToPath(new URL('remove-leftovers.ts', import.meta.url));

/** Inspects and removes the orphaned resources of a site, with its own clock. */
export function createSiteLeftovers(dataDir: string, runs: RunsPlace) {
  const env = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    PUMPHOUSE_DATA_DIR: dataDir,
    ...executorVariables(),
  };

  return {
    listBelongings: (minutesLater = 0): Promise<JudgedBelonging[]> =>
      withLeftovers(env, minutesLater, (leftovers) => leftovers.list()),
    removeLeftovers: (minutesLater: number): Promise<RemovedLeftovers> =>
      withLeftovers(env, minutesLater, (leftovers) => leftovers.remove()),

    listEnvironmentPlaces: () => runs.listEnvironments(),
    listAttemptPlaces: () => runs.listAttempts(),
    /** Resources of active attempts and builds, as reported by the machine or the engine. */
    listRemains: () => runs.listRemains(),

    /** Starts a removal at a time the given minutes later, and kills it when it reaches a fault point. */
    async killRemovalAt(point: string, pauseFile: string, minutesLater: number): Promise<void> {
      const variables = { ...env, PUMPHOUSE_PAUSE_AT: `${point}:${pauseFile}` };
      const child = spawn(process.execPath, [removalProgram, String(minutesLater)], {
        env: variables,
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const ended = once(child, 'exit');
      await eventually('the removal comes to that moment', () => existsSync(pauseFile));
      child.kill('SIGKILL');
      await ended;
    },
  };
}
