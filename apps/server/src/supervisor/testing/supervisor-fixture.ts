import type { AttemptsAddress } from '../../listeners/attempts-address.ts';
import type { AttemptSpec } from '../../executors/contract/attempt-runner.ts';
import type { Executor } from '../../executors/executor.ts';
import type { MachineResources } from '../../domain/runs/capacity.ts';
import type { FakeScripts } from '../../executors/fake/fake-executor.ts';
import type { ServiceFixture } from '../../services/testing/service-fixture.ts';
import type { Supervisor } from '../supervisor.ts';
import { randomUUID } from 'node:crypto';
import { parseInstanceSizes } from '../../domain/attempts/instance-sizes.ts';
import { createFixedAddress } from '../../listeners/attempts-address.ts';
import { createClaimRuns } from '../claim-runs.ts';
import { createDriveRun } from '../drive-run.ts';
import { createEnvironments } from '../environments.ts';
import { createFakeExecutor } from '../../executors/fake/fake-executor.ts';
import { createLoops } from '../../platform/loops.ts';
import { createMakeRoom } from '../make-room.ts';
import { createNoteWaits } from '../note-waits.ts';
import { createOutboxRelay } from '../outbox-relay.ts';
import { createReadCapacity } from '../read-capacity.ts';
import { createServerProcesses } from '../server-processes.ts';
import { createStartAttempt } from '../start-attempt.ts';
import { createSupervisor } from '../supervisor.ts';
import { createSnapshots } from '../snapshots.ts';
import { createTakeOver } from '../take-over.ts';
import { createTellWaits } from '../../services/runs/tell-waits.ts';
import { createWatchApp } from '../watch-app.ts';
import { createWatchAttempt } from '../watch-attempt.ts';
import { createWatchUnknown } from '../watch-unknown.ts';
import type { UnknownLimits } from '../../domain/attempts/unknown-attempt.ts';
import { eventually } from '../../../../../testing/fixtures/eventually.ts';
import { noFaultPoints } from '../../platform/fault-points.ts';

export interface ServerOptions {
  executor: Executor;
  leaseSeconds?: number;
  deliverySeconds?: number;
  maxActiveRuns?: number;
  maxActiveApps?: number;
  attemptsAddress?: AttemptsAddress;
  unknownLimits?: UnknownLimits;
}

/** Creates the supervisor of one server over a test's services, with the outbox relay it drives. */
export function createServer(fixture: ServiceFixture, options: ServerOptions): Supervisor {
  const { persistence, attemptLog, recordSpool, finishRun, log } = fixture;
  const { executor, leaseSeconds = 30, deliverySeconds = 0.5 } = options;
  const { maxActiveRuns = 20, maxActiveApps = 20 } = options;
  const { unknownLimits = { markAfterSeconds: 30, endAfterSeconds: 600 } } = options;
  const unknownRunIds = new Set<string>();
  // Other servers cannot tell whether this owner is dead, so only its lease counts.
  const owner = `test-server/${randomUUID()}`;
  const faultPoints = noFaultPoints;
  const { attemptsAddress = createFixedAddress({ url: 'http://127.0.0.1:1' }) } = options;
  const instanceSizes = parseInstanceSizes('');
  const { attemptSecrets } = fixture;
  const common = { persistence, executor, attemptLog, attemptSecrets, faultPoints, log };
  const environments = createEnvironments({ ...common, owner, leaseSeconds });
  const sandboxUid = (offset: number) => 61_000 + offset;
  const snapshots = createSnapshots({
    ...common,
    executorName: executor.name,
    installationId: 'installation',
    sandboxUid,
  });
  const driveRun = createDriveRun({
    ...common,
    recordSpool,
    finishRun,
    attemptsAddress,
    snapshots,
    startAttempt: createStartAttempt({
      ...common,
      snapshots,
      environments,
      readRunVariables: fixture.readRunVariables,
      installationId: 'installation',
      attemptsAddress,
      instanceSizes,
      sandboxUid,
    }),
    watchAttempt: createWatchAttempt({
      ...common,
      recordSpool,
      finishRun,
      watchApp: createWatchApp({
        ...common,
        appConnector: executor.appConnector,
        startRuns: fixture.startRuns,
      }),
      watchUnknown: createWatchUnknown({
        ...common,
        endUnknownRun: fixture.endUnknownRun,
        limits: unknownLimits,
        unknownRunIds,
      }),
      instanceSizes: parseInstanceSizes(''),
      deliverySeconds,
    }),
  });
  const { store } = persistence;
  const claimRuns = createClaimRuns({
    store,
    owner,
    leaseSeconds,
    instanceSizes,
    readCapacity: createReadCapacity({
      executor,
      settings: { maxActiveRuns, maxActiveApps, overcommit: { cpus: 1, memory: 1 }, appsShare: 0.5 },
    }),
    unknownRunIds,
  });
  const tellWaits = createTellWaits({ persistence, attemptLog, executorName: executor.name });
  return createSupervisor({
    ...common,
    claimRuns,
    makeRoom: createMakeRoom({
      persistence,
      attemptLog,
      claimRuns,
      owner,
      idleTimes: { unusedSeconds: 2, disconnectedSeconds: 2 },
    }),
    noteWaits: createNoteWaits({ store, claimRuns, tellWaits, instanceSizes }),
    driveRun,
    ingestTelemetry: fixture.ingestTelemetry,
    outboxRelay: createOutboxRelay({ ...common, logFiles: fixture.logFiles, takenSeconds: 60 }),
    loops: createLoops({ onWake: persistence.onWake, log: common.log }),
    takeOver: createTakeOver({
      store,
      executor,
      serverProcesses: createServerProcesses(),
      owner,
      leaseSeconds,
    }),
    owner,
    leaseSeconds,
  });
}

export type BootstrappedExecutor = ReturnType<typeof createBootstrappedExecutor>;

/** The fake executor plus simulated bootstraps, which ask whether user code may start and write the spool. */
export function createBootstrappedExecutor(
  fixture: ServiceFixture,
  scripts: FakeScripts = {},
  machine: MachineResources | null = null,
) {
  const fake = createFakeExecutor({ scripts, machine });

  /** @returns the specification of the latest attempt of a run, if the executor was asked to start one */
  function findSpec(jobRunId: string): AttemptSpec | undefined {
    return fake.started.findLast((spec) => spec.jobRunId === jobRunId);
  }

  const begin = (spec: AttemptSpec) =>
    fixture.beginAttempt.begin(spec.attemptId, { claimNumber: spec.claimNumber, nonce: spec.attemptId });

  return {
    ...fake,
    fake,
    begin,
    awaitStart: (jobRunId: string) => eventually(`run ${jobRunId} is started`, () => findSpec(jobRunId)),

    /** Waits for the attempt and lets its user code start. */
    async awaitBegin(jobRunId: string): Promise<AttemptSpec> {
      const spec = await eventually(`run ${jobRunId} is started`, () => findSpec(jobRunId));
      await begin(spec);
      return spec;
    },

    print({ attemptId }: AttemptSpec, text: string): void {
      fake.say(attemptId, { kind: 'log', io: 'stdout', text });
    },

    /** Ends the attempt and makes its watch check at once. */
    finish(spec: AttemptSpec, code = 0): void {
      fake.finish(spec.attemptId, { code });
      fixture.attemptLog.announce(spec.jobRunId);
    },
  };
}
