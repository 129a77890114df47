import type { AttemptsAddress } from '../listeners/attempts-address.ts';
import type { Config } from '../config/config.ts';
import type { Executor } from '../executors/executor.ts';
import type { Logger } from 'pino';
import type { Loops } from '../platform/loops.ts';
import type { Persistence } from '../store/store.ts';
import type { Services } from './assemble-services.ts';
import { createClaimRuns } from '../supervisor/claim-runs.ts';
import { createDriveRun } from '../supervisor/drive-run.ts';
import { createEnvironments } from '../supervisor/environments.ts';
import { createMakeRoom } from '../supervisor/make-room.ts';
import { createNoteWaits } from '../supervisor/note-waits.ts';
import { createOutboxRelay } from '../supervisor/outbox-relay.ts';
import { createReadCapacity } from '../supervisor/read-capacity.ts';
import { createServerProcesses } from '../supervisor/server-processes.ts';
import { createSnapshots } from '../supervisor/snapshots.ts';
import { createStartAttempt } from '../supervisor/start-attempt.ts';
import { createSupervisor, type Supervisor } from '../supervisor/supervisor.ts';
import { createTakeOver } from '../supervisor/take-over.ts';
import { createTellWaits } from '../services/runs/tell-waits.ts';
import { createWatchApp } from '../supervisor/watch-app.ts';
import { createWatchAttempt } from '../supervisor/watch-attempt.ts';
import { createWatchUnknown } from '../supervisor/watch-unknown.ts';
import { firstRunUid, lastRunUid } from '../platform/reserved-uids.ts';
import { hangSeconds } from './open-store.ts';
import { planUnknownLimits } from '../domain/attempts/unknown-attempt.ts';

export interface SupervisorParts {
  persistence: Persistence;
  services: Services;
  executor: Executor;
  installationId: string;
  attemptsAddress: AttemptsAddress;
  /** Where the loops of the supervisor run. */
  loops: Loops;
  log: Logger;
}

/** Assembles the supervisor, without starting it. */
export function assembleSupervisor(config: Config, parts: SupervisorParts): Supervisor {
  const { persistence, services, executor, attemptsAddress, loops, log } = parts;
  const { attemptLog, recordSpool, finishRun, faultPoints } = services;
  const serverProcesses = createServerProcesses();
  const unknownRunIds = new Set<string>();
  const watchAttempt = createWatchAttempt({
    persistence,
    executor,
    attemptLog,
    recordSpool,
    finishRun,
    watchApp: createWatchApp({
      persistence,
      appConnector: executor.appConnector,
      startRuns: services.startRuns,
      log,
    }),
    watchUnknown: createWatchUnknown({
      persistence,
      attemptLog,
      endUnknownRun: services.endUnknownRun,
      limits: planUnknownLimits(config.unknownMinutes),
      unknownRunIds,
    }),
    instanceSizes: config.instanceSizes,
    deliverySeconds: config.leaseSeconds / 3,
    log,
  });
  const environments = createEnvironments({
    persistence,
    executor,
    owner: serverProcesses.self,
    leaseSeconds: config.leaseSeconds,
    faultPoints,
  });
  const sandboxUid = (offset: number) => firstRunUid + (offset % (lastRunUid - firstRunUid + 1));
  const snapshots = createSnapshots({
    persistence,
    executor,
    executorName: executor.name,
    installationId: parts.installationId,
    sandboxUid,
    log,
  });
  const startAttempt = createStartAttempt({
    persistence,
    executor,
    environments,
    readRunVariables: services.readRunVariables,
    attemptSecrets: services.attemptSecrets,
    attemptLog,
    faultPoints,
    installationId: parts.installationId,
    attemptsAddress,
    instanceSizes: config.instanceSizes,
    snapshots,
    sandboxUid,
  });
  const driveRun = createDriveRun({
    persistence,
    executor,
    attemptsAddress,
    attemptSecrets: services.attemptSecrets,
    startAttempt,
    watchAttempt,
    snapshots,
    attemptLog,
    recordSpool,
    finishRun,
    faultPoints,
    log,
  });
  const { store } = persistence;
  const claimRuns = createClaimRuns({
    store,
    owner: serverProcesses.self,
    leaseSeconds: config.leaseSeconds,
    instanceSizes: config.instanceSizes,
    readCapacity: createReadCapacity({ executor, settings: config.capacity }),
    unknownRunIds,
  });
  const tellWaits = createTellWaits({ persistence, attemptLog, executorName: executor.name });
  return createSupervisor({
    persistence,
    claimRuns,
    noteWaits: createNoteWaits({ store, claimRuns, tellWaits, instanceSizes: config.instanceSizes }),
    makeRoom: createMakeRoom({ persistence, attemptLog, claimRuns, owner: serverProcesses.self }),
    driveRun,
    attemptLog,
    ingestTelemetry: services.ingestTelemetry,
    outboxRelay: createOutboxRelay({
      persistence,
      executor,
      logFiles: services.logFiles,
      takenSeconds: hangSeconds(config),
      faultPoints,
      log,
    }),
    loops,
    takeOver: createTakeOver({
      store,
      executor,
      serverProcesses,
      owner: serverProcesses.self,
      leaseSeconds: config.leaseSeconds,
    }),
    faultPoints,
    owner: serverProcesses.self,
    leaseSeconds: config.leaseSeconds,
    log,
  });
}
