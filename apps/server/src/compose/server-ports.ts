import type { Config } from '../config/config.ts';
import type { ServiceSettings } from '../services/create-services.ts';
import { join } from 'node:path';
import { createFaultPoints } from '../platform/pause-at.ts';
import { createFolderBlobStore, removeUnfinishedBlobs } from '../blobs/folder-blob-store.ts';
import { createLogFiles } from '../blobs/logs/log-file.ts';
import { databaseClock } from '../services/scheduling/clock.ts';

/** Opens the ports of services that need only the settings: stored files, clocks and fault points. */
export function openFilePorts({ blobsDir, pauseAt }: Config) {
  return {
    blobs: createFolderBlobStore(blobsDir),
    logFiles: createLogFiles(join(blobsDir, 'logs')),
    removeUnfinishedBlobs: (olderThanHours: number) => removeUnfinishedBlobs(blobsDir, olderThanHours),
    clock: databaseClock,
    now: () => new Date(),
    faultPoints: createFaultPoints(pauseAt),
  };
}

/** Selects the settings that services follow. */
export function selectServiceSettings(config: Config): ServiceSettings {
  const { origins } = config.apps;
  return {
    instanceSizes: config.instanceSizes,
    archiveLimits: {
      maxBytes: config.maxUploadBytes,
      maxUnpackedBytes: config.maxUnpackedBytes,
      maxEntries: 50_000,
      maxManifestBytes: 8 * 1024 * 1024,
    },
    retention: config.retention,
    openId: config.openId,
    appPorts: origins.kind === 'ports' ? origins.ports : null,
  };
}
