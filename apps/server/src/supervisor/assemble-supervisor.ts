import type { AttemptsAddress } from '../listeners/attempts-address.ts';
import type { CapacitySettings } from '../domain/runs/capacity.ts';
import type { Executor } from '../executors/executor.ts';
import type { FaultPoints } from '../platform/fault-points.ts';
import type { IdleTimes } from './free-app-slot.ts';
import type { InstanceSizes } from '../domain/attempts/instance-sizes.ts';
import type { LogFiles } from '../blobs/logs/log-files.ts';
import type { Logger } from 'pino';
import type { Loops } from '../platform/loops.ts';
import type { Persistence } from '../store/store.ts';
import type { SupervisorIdentity } from '../domain/workers/supervisor-identity.ts';
import type { Services } from '../services/create-services.ts';
import type { UnknownLimits } from '../domain/attempts/unknown-attempt.ts';
import { createClaimRuns } from './claim-runs.ts';
import { createDriveRun } from './drive-run.ts';
import { createEnvironments } from './environments.ts';
import { createFreeAppSlot } from './free-app-slot.ts';
import { createNoteWaits } from './note-waits.ts';
import { createOutboxRelay } from './outbox-relay.ts';
import { createReadCapacity } from './read-capacity.ts';
import { createServerProcesses } from './server-processes.ts';
import { createSnapshots } from './snapshots.ts';
import { createStartAttempt } from './start-attempt.ts';
import { createStartObstacle } from './start-obstacle.ts';
import { createSupervisor, type Supervisor } from './supervisor.ts';
import { createTakeOver } from './take-over.ts';
import { createLookTogether } from './look-together.ts';
import { createWatchApp } from './watch-app.ts';
import { createWatchAttempt } from './watch-attempt.ts';
import { createWatchUnknown } from './watch-unknown.ts';
import { identifyServer } from '../domain/workers/supervisor-identity.ts';
import { uidOfRuns } from '../platform/reserved-uids.ts';

export interface SupervisorSettings {
  leaseSeconds: number;
  /** How long to wait for the rest of a spool after the end of its process. */
  deliverySeconds: number;
  /** Time after which an outbox event that another server took is taken over. */
  claimSeconds: number;
  instanceSizes: InstanceSizes;
  dataDir: string;
  /** Read at each use, because a running server may get others. */
  readCapacitySettings: () => CapacitySettings;
  unknownLimits: UnknownLimits;
  /** When an app counts as idle, for stopping it in favor of another. */
  idleTimes?: IdleTimes;
}

export interface SupervisorParts {
  persistence: Persistence;
  services: Pick<
    Services,
    | 'attemptLog'
    | 'attemptSecrets'
    | 'environmentArchives'
    | 'endUnknownRun'
    | 'finishRun'
    | 'instruments'
    | 'ingestTelemetry'
    | 'jobVersions'
    | 'localDataObjects'
    | 'packageVersions'
    | 'readPackageSources'
    | 'readRunVariables'
    | 'recordSpool'
    | 'reportRuns'
    | 'startRuns'
    | 'reportWaits'
  >;
  logFiles: LogFiles;
  faultPoints: FaultPoints;
  executor: Executor;
  installationId: string;
  attemptsAddress: AttemptsAddress;
  /** Where the loops of the supervisor run. */
  loops: Loops;
  log: Logger;
  /** Recorded as the owner of claims; this process by default. */
  owner?: string;
  /** By default: the runs that this server executes itself, of jobs that require no labels. */
  scope?: Partial<Omit<SupervisorIdentity, 'owner'>>;
  /** Whether it takes new runs; always by default. */
  isClaiming?: () => boolean;
  /** The platform for which environments are built, and the machine that has them; this one by default. */
  environmentsOf?: string;
}

/** Assembles the supervisor, without starting it. */
export function assembleSupervisor(settings: SupervisorSettings, parts: SupervisorParts): Supervisor {
  const { persistence, services, executor, attemptsAddress, installationId, faultPoints, log } = parts;
  const { attemptLog, attemptSecrets, jobVersions, packageVersions, recordSpool, finishRun, reportWaits } =
    services;
  const { leaseSeconds, instanceSizes } = settings;
  const { store } = persistence;
  const serverProcesses = createServerProcesses();
  const { owner = serverProcesses.self, isClaiming = () => true } = parts;
  const { environmentsOf = `${process.platform}-${process.arch}` } = parts;
  const identity = { ...identifyServer(owner), ...parts.scope };
  const unknownRunIds = new Set<string>();
  const common = {
    persistence,
    executor,
    attemptLog,
    attemptSecrets,
    jobVersions,
    packageVersions,
    instruments: services.instruments,
    faultPoints,
    log,
  };
  const environments = createEnvironments({
    ...common,
    owner,
    leaseSeconds,
    platform: environmentsOf,
    async planUpload(key) {
      const address = await attemptsAddress.find();
      return 'problem' in address ? undefined : services.environmentArchives.planUpload(key, address.url);
    },
  });
  const snapshots = createSnapshots({
    ...common,
    localDataObjects: services.localDataObjects,
    executorName: executor.name,
    installationId,
    sandboxUid: uidOfRuns,
  });
  const startObstacle = createStartObstacle({ executor, dataDir: settings.dataDir });
  const claimRuns = createClaimRuns({
    store,
    identity,
    isClaiming,
    leaseSeconds,
    instanceSizes,
    readCapacity: createReadCapacity({ executor, readSettings: settings.readCapacitySettings }),
    findObstacle: startObstacle.find,
    unknownRunIds,
  });
  const startAttempt = createStartAttempt({
    ...common,
    environments,
    readPackageSources: services.readPackageSources,
    readRunVariables: services.readRunVariables,
    installationId,
    attemptsAddress,
    instanceSizes,
    snapshots,
    sandboxUid: uidOfRuns,
  });
  const watchAttempt = createWatchAttempt({
    ...common,
    look: createLookTogether(store),
    recordSpool,
    finishRun,
    watchApp: createWatchApp({
      ...common,
      appConnector: executor.appConnector,
      startRuns: services.startRuns,
    }),
    watchUnknown: createWatchUnknown({
      ...common,
      endUnknownRun: services.endUnknownRun,
      limits: settings.unknownLimits,
      unknownRunIds,
    }),
    instanceSizes,
    deliverySeconds: settings.deliverySeconds,
  });
  return createSupervisor({
    ...common,
    claimRuns,
    noteWaits: createNoteWaits({
      store,
      claimRuns,
      reportWaits,
      instanceSizes,
      scope: identity,
      findObstacle: startObstacle.find,
    }),
    freeAppSlot: createFreeAppSlot({
      persistence,
      attemptLog,
      claimRuns,
      owner,
      ...(settings.idleTimes && { idleTimes: settings.idleTimes }),
    }),
    driveRun: createDriveRun({
      ...common,
      attemptsAddress,
      startAttempt,
      startObstacle,
      watchAttempt,
      snapshots,
      recordSpool,
      finishRun,
    }),
    ingestTelemetry: services.ingestTelemetry,
    outboxRelay: createOutboxRelay({
      ...common,
      logFiles: parts.logFiles,
      claimSeconds: settings.claimSeconds,
      workerId: identity.workerId,
      reportRuns: services.reportRuns,
    }),
    loops: parts.loops,
    takeOver: createTakeOver({ store, executor, serverProcesses, identity, leaseSeconds }),
    identity,
    isClaiming,
    leaseSeconds,
  });
}
