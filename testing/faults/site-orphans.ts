import type { ClassifiedResource, RemovedOrphans } from '@pumphouse/server/services/retention/orphans.ts';
import type { RunsLocation } from '../fixtures/runs-location.ts';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { eventually } from '../fixtures/eventually.ts';
import { executorVariables } from '../fixtures/runs-location.ts';
import { withOrphans } from './later-orphans.ts';

const removalProgram = fileURLToPath(new URL('remove-orphans.ts', import.meta.url));

/** Inspects and removes the orphaned resources of a site, with its own clock. */
export function createSiteOrphans(dataDir: string, runs: RunsLocation) {
  const env = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    PUMPHOUSE_DATA_DIR: dataDir,
    ...executorVariables(),
  };

  return {
    listResources: (minutesLater = 0): Promise<ClassifiedResource[]> =>
      withOrphans(env, minutesLater, (orphans) => orphans.list()),
    removeOrphans: (minutesLater: number): Promise<RemovedOrphans> =>
      withOrphans(env, minutesLater, (orphans) => orphans.remove()),

    listEnvironmentFolders: () => runs.listEnvironments(),
    listAttemptFolders: () => runs.listAttempts(),
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
