import type { CurrentConfig } from '../config/live-config.ts';
import type { ServiceSettings } from '../services/service-ports.ts';
import type { Persistence } from '../store/store.ts';
import { join } from 'node:path';
import { createFaultPoints } from '../platform/pause-at.ts';
import { databaseClock } from '../services/scheduling/clock.ts';
import { openOutbound } from './open-outbound.ts';
import { openBlobs } from './open-blobs.ts';

/**
 * Opens the ports of services that need only the settings and the store: stored files, requests to addresses of
 * users, clocks and fault points.
 */
export function openFilePorts(live: CurrentConfig, persistence: Persistence) {
  const config = live.current;
  const opened = openBlobs(config, persistence);
  const { blobs, signRead, logFiles, removeUnfinishedBlobs, check: checkBlobs } = opened;
  return {
    blobs,
    signRead,
    logFiles,
    removeUnfinishedBlobs,
    checkBlobs,
    uploadDir: join(config.dataDir, 'uploads'),
    outbound: openOutbound(live),
    clock: databaseClock,
    now: () => new Date(),
    faultPoints: createFaultPoints(config.pauseAt),
  };
}

/** Selects the settings that services follow. */
export function selectServiceSettings(live: CurrentConfig): ServiceSettings {
  const config = live.current;
  const { origins } = config.apps;
  return {
    instanceSizes: config.instanceSizes,
    archiveLimits: {
      maxBytes: config.maxUploadBytes,
      maxUnpackedBytes: config.maxUnpackedBytes,
      maxEntries: 50_000,
      maxManifestBytes: 8 * 1024 * 1024,
    },
    readRetention: () => live.current.retention,
    runsAttempts: config.roles.supervisor,
    pendingPackages: config.pendingPackages,
    openId: config.openId,
    pagerDutyUrl: config.alerts.pagerDutyUrl,
    appPorts: origins.kind === 'ports' ? origins.ports : null,
  };
}
