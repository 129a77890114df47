import type { JudgedBelonging, RemovedLeftovers } from '@pumphouse/server/services/leftovers.ts';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfig } from '@pumphouse/server/config.ts';
import { createServerLog, openStorage } from '@pumphouse/server/main';
import { eventually } from '../fixtures/eventually.ts';
import { commandPath } from '../fixtures/server.ts';

/** Looks after what is left on a site, by a clock of its own. */
export function createSiteLeftovers(dataDir: string) {
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], PUMPHOUSE_DATA_DIR: dataDir };

  /** As `admin leftovers` does, so many minutes later. */
  async function withLeftovers<Value>(
    minutesLater: number,
    use: (leftovers: Awaited<ReturnType<typeof openStorage>>['leftovers']) => Promise<Value>,
  ): Promise<Value> {
    const config = { ...readConfig(env), logLevel: 'silent' as const };
    const readNow = async () => new Date(Date.now() + minutesLater * 60_000);
    const opened = await openStorage(config, createServerLog(config), { readNow });
    try {
      return await use(opened.leftovers);
    } finally {
      await opened.close();
    }
  }

  return {
    listBelongings: (minutesLater = 0): Promise<JudgedBelonging[]> =>
      withLeftovers(minutesLater, (leftovers) => leftovers.list()),
    removeLeftovers: (minutesLater: number): Promise<RemovedLeftovers> =>
      withLeftovers(minutesLater, (leftovers) => leftovers.remove()),

    listEnvironmentPlaces: (): Promise<string[]> => readdir(join(dataDir, 'environments')),
    listAttemptFolders: (): Promise<string[]> => readdir(join(dataDir, 'attempts')),

    /** Starts `admin leftovers --remove` and kills it when it comes to a moment. */
    async killRemovalAt(point: string, pauseFile: string): Promise<void> {
      const variables = { ...env, PUMPHOUSE_PAUSE_AT: `${point}:${pauseFile}` };
      const child = spawn(commandPath, ['admin', 'leftovers', '--remove'], {
        env: variables,
        stdio: 'ignore',
      });
      const ended = once(child, 'exit');
      await eventually('the removal comes to that moment', () => existsSync(pauseFile));
      child.kill('SIGKILL');
      await ended;
    },
  };
}
