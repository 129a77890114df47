import type { AttemptsAddress } from '../../listeners/attempts-address.ts';
import type { AttemptSpec } from '../../executors/contract/attempt-runner.ts';
import type { Executor } from '../../executors/executor.ts';
import type { MachineResources } from '../../domain/runs/capacity.ts';
import type { FakeScripts } from '../../executors/fake/fake-executor.ts';
import type { ServiceFixture } from '../../services/testing/service-fixture.ts';
import type { Supervisor } from '../supervisor.ts';
import { randomUUID } from 'node:crypto';
import type { SupervisorSettings } from '../assemble-supervisor.ts';
import { assembleSupervisor } from '../assemble-supervisor.ts';
import { parseInstanceSizes } from '../../domain/attempts/instance-sizes.ts';
import { createFixedAddress } from '../../listeners/attempts-address.ts';
import { createFakeExecutor } from '../../executors/fake/fake-executor.ts';
import { createLoops } from '../../platform/loops.ts';
import type { UnknownLimits } from '../../domain/attempts/unknown-attempt.ts';
import { eventually } from '../../../../../testing/fixtures/eventually.ts';
import { noFaultPoints } from '../../platform/fault-points.ts';

export interface ServerOptions {
  executor: Executor;
  leaseSeconds?: number;
  deliverySeconds?: number;
  /** The fixture's by default. */
  dataDir?: string;
  maxActiveRuns?: number;
  maxActiveApps?: number;
  attemptsAddress?: AttemptsAddress;
  unknownLimits?: UnknownLimits;
}

/** Creates the supervisor of one server over a test's services, with the outbox relay it drives. */
export function createServer(fixture: ServiceFixture, options: ServerOptions): Supervisor {
  const { persistence, logFiles, log } = fixture;
  const { executor, leaseSeconds = 30, deliverySeconds = 0.5 } = options;
  const { maxActiveRuns = 20, maxActiveApps = 20 } = options;
  const { unknownLimits = { markAfterSeconds: 30, endAfterSeconds: 600 } } = options;
  const { attemptsAddress = createFixedAddress({ url: 'http://127.0.0.1:1' }) } = options;
  const settings: SupervisorSettings = {
    leaseSeconds,
    deliverySeconds,
    claimSeconds: 60,
    instanceSizes: parseInstanceSizes(''),
    dataDir: options.dataDir ?? fixture.folder,
    readCapacitySettings: () => ({
      maxActiveRuns,
      maxActiveApps,
      overcommit: { cpus: 1, memory: 1 },
      appsShare: 0.5,
    }),
    unknownLimits,
    idleTimes: { unusedSeconds: 2, disconnectedSeconds: 2 },
  };
  return assembleSupervisor(settings, {
    persistence,
    services: fixture,
    logFiles,
    faultPoints: noFaultPoints,
    executor,
    installationId: 'installation',
    attemptsAddress,
    loops: createLoops({ onWake: persistence.onWake, log }),
    log,
    // Other servers cannot tell whether this owner is dead, so only its lease counts.
    owner: `test-server/${randomUUID()}`,
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
      fake.record(attemptId, { kind: 'log', io: 'stdout', text });
    },

    /** Ends the attempt and makes its watch check at once. */
    finish(spec: AttemptSpec, code = 0): void {
      fake.finish(spec.attemptId, { code });
      fixture.attemptLog.announce(spec.jobRunId);
    },
  };
}
