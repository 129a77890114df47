import type { Logger } from 'pino';
import type { PlaygroundConfig } from '../config/playground-settings.ts';
import {
  createLocalPlayground,
  PlaygroundError,
  type Playground,
} from '../services/playground/playground.ts';
import { createS3Playground } from '../services/playground/s3-playground.ts';

/**
 * Opens the playground of runs. A store that does not answer keeps no server from starting: runs say so.
 * @throws PlaygroundError for what an operator must change
 */
export async function openPlayground(config: PlaygroundConfig, log: Logger): Promise<Playground | null> {
  if (!config) return null;
  const playground = config.kind === 'local' ? createLocalPlayground() : createS3Playground(config.settings);
  try {
    await playground.check();
  } catch (error) {
    if (!(error instanceof PlaygroundError) || error.code !== 'playground_unavailable') throw error;
    log.warn({ err: error }, 'the playground does not answer');
  }
  return playground;
}
