import type { Config } from '../config/config.ts';
import type { EnvironmentBuilder } from '../executors/contract/environment-builder.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../store/store.ts';
import { join } from 'node:path';
import { createExecutor } from './create-executor.ts';
import { createFaultPoints } from '../platform/pause-at.ts';
import { createFolderBlobStore, removeUnfinishedBlobs } from '../blobs/folder-blob-store.ts';
import {
  createLeftovers,
  type Leftovers,
  type LeftoversDependencies,
} from '../services/retention/leftovers.ts';
import { createLogFiles } from '../blobs/logs/log-file.ts';
import { createRetention, type Retention } from '../services/retention/retention.ts';
import { openStore } from './open-store.ts';

/** Opens services that inspect stored data and remove it manually, with or without a running server. */
export async function openStorage(
  config: Config,
  log: Logger,
  { readNow }: Pick<LeftoversDependencies, 'readNow'> = {},
): Promise<{ persistence: Persistence; retention: Retention; leftovers: Leftovers; close(): Promise<void> }> {
  const opened = await openStore(config, log);
  try {
    const { persistence } = opened;
    const { executor } = await createExecutor(config, persistence, log);
    return {
      persistence,
      retention: assembleRetention(config, persistence, executor, log),
      leftovers: createLeftovers({ persistence, executor, log, ...(readNow && { readNow }) }),
      close: () => opened.close(),
    };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** Assembles retention over the configured blobs. */
export function assembleRetention(
  config: Config,
  persistence: Persistence,
  executor: EnvironmentBuilder,
  log: Logger,
): Retention {
  return createRetention({
    persistence,
    blobs: createFolderBlobStore(config.blobsDir),
    logFiles: createLogFiles(join(config.blobsDir, 'logs')),
    executor,
    removeUnfinishedBlobs: (olderThanHours) => removeUnfinishedBlobs(config.blobsDir, olderThanHours),
    faultPoints: createFaultPoints(config.pauseAt),
    now: () => new Date(),
    log,
  });
}
