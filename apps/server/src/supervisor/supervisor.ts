import type { AttemptLog } from '../services/logs/attempt-log.ts';
import type { Claim } from '../store/records.ts';
import type { SupervisorIdentity } from '../domain/workers/supervisor-identity.ts';
import type { ClaimRuns } from './claim-runs.ts';
import type { DriveRun } from './drive-run.ts';
import type { FaultPoints } from '../platform/fault-points.ts';
import type { IngestTelemetry } from '../services/telemetry/ingest-telemetry.ts';
import type { Logger } from 'pino';
import type { Loop, LoopDefinition, Loops } from '../platform/loops.ts';
import type { FreeAppSlot } from './free-app-slot.ts';
import type { OutboxRelay } from './outbox-relay.ts';
import type { Persistence } from '../store/store.ts';
import type { TakeOver } from './take-over.ts';
import { heartbeatMs } from './take-over.ts';
import { maxLoopSilenceMs } from '../platform/loops.ts';

export interface SupervisorDependencies {
  persistence: Persistence<'claims' | 'supervisors'>;
  driveRun: DriveRun;
  attemptLog: AttemptLog;
  ingestTelemetry: IngestTelemetry;
  outboxRelay: OutboxRelay;
  takeOver: TakeOver;
  loops: Loops;
  faultPoints: FaultPoints;
  /** Recorded as the owner of its claims, and what it may claim. */
  identity: SupervisorIdentity;
  /** Whether it takes new runs. */
  isClaiming: () => boolean;
  claimRuns: ClaimRuns;
  noteWaits: () => Promise<void>;
  freeAppSlot: FreeAppSlot;
  /** Lease duration of a claim without renewal. */
  leaseSeconds: number;
  log: Logger;
}

export interface Supervisor {
  /**
   * Takes over what other servers left, then claims runs. Resolves when the attempts taken over are being
   * driven.
   */
  start(): Promise<void>;
  /** Publishes at once whether it takes new runs, and claims some if it does. */
  announceClaiming(): Promise<void>;
  /** How many runs it drives. */
  countHeld(): number;
  /** Stops claiming and releases all claims; runs continue. */
  stop(): Promise<void>;
}

/** Finds work whose wake-up was lost. */
const pollIntervalMs = 1000;
/** Many runs that start or end at once wake the supervisor once. */
const minPauseMs = 50;
/** A bootstrap exits some milliseconds after its end is acknowledged; before that, nothing can be removed. */
const gatherEndsMs = 250;
/** Not woken by events: each check of an unknown run asks an executor. */
const unknownIntervalMs = 5000;

/** Claims runs under leases and drives each to its end. */
export function createSupervisor(dependencies: SupervisorDependencies): Supervisor {
  const { persistence, driveRun, attemptLog, ingestTelemetry, outboxRelay, identity, isClaiming } =
    dependencies;
  const { owner, workerId } = identity;
  const { claimRuns, takeOver } = dependencies;
  const { loops, leaseSeconds, log } = dependencies;
  const { store } = persistence;
  const held = new Map<string, { claim: Claim; work: Promise<void> }>();
  const stopping = new AbortController();
  let lastTakeOver = -Infinity;
  let lastNotedAt = -Infinity;
  const running = new Map<string, Loop>();
  const wake = (name: 'supervisor' | 'outbox') => running.get(name)?.wake();

  function take(claim: Claim): void {
    const work = driveRun(claim, stopping.signal)
      .catch((error: unknown) =>
        log.error({ err: error, jobRunId: claim.jobRunId }, 'run left until its lease expires'),
      )
      .finally(() => {
        claimRuns.release(claim);
        if (held.get(claim.jobRunId)?.claim.claimNumber === claim.claimNumber) held.delete(claim.jobRunId);
        wake('supervisor');
      });
    held.set(claim.jobRunId, { claim, work });
  }

  async function takeOverLost(): Promise<void> {
    lastTakeOver = performance.now();
    await adopt(await takeOver.ofLost());
  }

  async function takeOverUnknown(): Promise<void> {
    await adopt(await takeOver.ofUnknown());
  }

  async function adopt(claims: readonly Claim[]): Promise<void> {
    await claimRuns.adopt(claims);
    for (const claim of claims) {
      log.info({ jobRunId: claim.jobRunId }, 'taking over a run');
      take(claim);
    }
  }

  /** Runs still pending after this iteration are waiting; record why. */
  async function noteWaits(endingApps: number): Promise<void> {
    lastNotedAt = performance.now();
    await dependencies.noteWaits();
    const { apps } = await claimRuns.readPools();
    // Without running apps nothing can be stopped to free a slot.
    if (apps.use.runs > 0) await dependencies.freeAppSlot.freeAppSlot(endingApps);
  }

  /** Publishes this server's number of slots to all servers. */
  async function keepAlive(): Promise<void> {
    const { batch, apps } = await claimRuns.readPools();
    const slots = { batch: batch.pool.maxRuns, apps: apps.pool.maxRuns };
    await store.supervisors.keepAlive(identity, slots, {
      seconds: leaseSeconds * 2,
      isClaiming: isClaiming(),
    });
  }

  async function renewLeases(): Promise<void> {
    if (held.size === 0) return;
    const claims = [...held.values()].map((one) => one.claim);
    await store.claims.renew(claims, leaseSeconds);
  }

  async function renew(): Promise<void> {
    await Promise.all([renewLeases(), keepAlive()]);
  }

  /**
   * Wakes the watch of every run, which then notices cancels and timeouts. Called when a notification names
   * no event.
   */
  function announceAll(): void {
    for (const jobRunId of held.keys()) attemptLog.announce(jobRunId);
  }

  /**
   * Claims new runs first: every start and end of a run triggers an iteration, while what other servers left
   * can wait for a second.
   */
  async function superviseRuns(): Promise<void> {
    const endingApps = dependencies.freeAppSlot.countEnding();
    const hasPending = await claimRuns.claimPending(take, stopping.signal);
    if (performance.now() - lastTakeOver >= pollIntervalMs) await takeOverLost();
    if (hasPending && performance.now() - lastNotedAt >= pollIntervalMs) await noteWaits(endingApps);
  }

  /** Each task has a loop of its own: compressing a large log, or an engine that does not answer, takes seconds. */
  const definitions: LoopDefinition[] = [
    {
      name: 'leases',
      intervalMs: (leaseSeconds * 1000) / 3,
      firstDelayMs: (leaseSeconds * 1000) / 3,
      iterate: renew,
      maxIterationMs: (leaseSeconds * 1000) / 3,
      failureMessage: 'leases were not renewed',
      readyWithinMs: null,
    },
    {
      name: 'heartbeat',
      intervalMs: heartbeatMs,
      firstDelayMs: heartbeatMs,
      iterate: async () => void (await store.supervisors.beat(owner)),
      maxIterationMs: 5 * heartbeatMs,
      failureMessage: 'the heartbeat was not written',
      readyWithinMs: null,
    },
    {
      name: 'supervisor',
      intervalMs: pollIntervalMs,
      minPauseMs,
      iterate: superviseRuns,
      failureMessage: 'runs were not claimed; retried in the next iteration',
      readyWithinMs: maxLoopSilenceMs,
    },
    {
      name: 'outbox',
      intervalMs: pollIntervalMs,
      gatherMs: gatherEndsMs,
      iterate: async () => ((await outboxRelay.deliver()) ? 0 : undefined),
      failureMessage: 'events of the outbox were not handled; retried in the next iteration',
      readyWithinMs: null,
    },
    {
      name: 'unknown-runs',
      intervalMs: unknownIntervalMs,
      iterate: takeOverUnknown,
      failureMessage: 'unknown runs were not checked; retried in the next iteration',
      readyWithinMs: null,
    },
  ];
  let subscription: { close(): Promise<void> } | undefined;

  return {
    async start() {
      subscription = await persistence.onWake((kind) => {
        if (kind === 'schedules' || kind === 'queue' || kind === 'mail') return;
        // Starts and ends do not concern watched runs: the end of each is announced by the code that stores
        // it.
        if (kind === undefined || kind === '') announceAll();
        wake('supervisor');
        // The outbox only removes the events of new runs, together and later.
        if (kind !== 'job_run.created') wake('outbox');
      });
      await keepAlive();
      await adopt(await takeOver.ofWorker());
      await takeOverLost();
      await dependencies.faultPoints.reach('in-start-up');
      await ingestTelemetry.waiting();
      for (const definition of definitions) {
        running.set(definition.name, await loops.start(nameLoop(definition, workerId)));
      }
    },
    async announceClaiming() {
      await keepAlive();
      wake('supervisor');
    },
    countHeld: () => held.size,
    async stop() {
      stopping.abort();
      await Promise.all([...running.values()].map((loop) => loop.stop()));
      await subscription?.close();
      await Promise.allSettled([...held.values()].map((one) => one.work));
      await store.supervisors.remove(owner);
    },
  };
}

/** Names a loop. A worker that does not answer must not make its server unready. */
function nameLoop(definition: LoopDefinition, workerId: string | null): LoopDefinition {
  if (workerId === null) return definition;
  return { ...definition, name: `${definition.name} of worker ${workerId}`, readyWithinMs: null };
}
