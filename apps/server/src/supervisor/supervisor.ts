import type { AttemptLog } from '../services/logs/attempt-log.ts';
import type { Claim } from '../store/records.ts';
import type { ClaimRuns } from './claim-runs.ts';
import type { DriveRun } from './drive-run.ts';
import type { FaultPoints } from '../platform/fault-points.ts';
import type { IngestTelemetry } from '../services/telemetry/ingest-telemetry.ts';
import type { Janitor } from './janitor.ts';
import type { Logger } from 'pino';
import type { MakeRoom } from './make-room.ts';
import type { OutboxRelay } from './outbox-relay.ts';
import type { Persistence } from '../store/store.ts';
import type { TakeOver } from './take-over.ts';
import { heartbeatMs } from './take-over.ts';

export interface SupervisorDependencies {
  persistence: Persistence;
  driveRun: DriveRun;
  attemptLog: AttemptLog;
  ingestTelemetry: IngestTelemetry;
  outboxRelay: OutboxRelay;
  janitor: Janitor;
  takeOver: TakeOver;
  faultPoints: FaultPoints;
  /** Names this server process; the owner of its claims. */
  owner: string;
  claimRuns: ClaimRuns;
  noteWaits: () => Promise<void>;
  makeRoom: MakeRoom;
  /** How long a claim holds without being renewed. */
  leaseSeconds: number;
  log: Logger;
}

export interface Supervisor {
  /** Takes up what other servers left, then claims. Resolves when the attempts that were left are in hand. */
  start(): Promise<void>;
  /** Claims no more and lets go; runs go on. */
  stop(): Promise<void>;
  /** When the loop last went round; null before the first round. */
  lastRoundAt(): Date | null;
}

/** Wake-ups come by NOTIFY; this is for the one that got lost. */
const pollIntervalMs = 1000;
/** Each look at an unknown run asks an executor. */
const unknownIntervalMs = 5000;

/** Claims runs under leases and drives each to its end. */
export function createSupervisor(dependencies: SupervisorDependencies): Supervisor {
  const { persistence, driveRun, attemptLog, ingestTelemetry, outboxRelay, owner } = dependencies;
  const { claimRuns, takeOver } = dependencies;
  const { janitor, leaseSeconds, log } = dependencies;
  const { store } = persistence;
  const held = new Map<string, { claim: Claim; work: Promise<void> }>();
  const stopping = new AbortController();
  let lastRoundAt: Date | null = null;
  let lastTakeOver = -Infinity;
  let lastLookAtUnknown = -Infinity;
  let lastNotedAt = -Infinity;
  const sleepers = new Set<() => void>();
  const wake = () => {
    for (const awaken of sleepers) awaken();
  };

  function take(claim: Claim): void {
    const work = driveRun(claim, stopping.signal)
      .catch((error: unknown) => log.error({ err: error, jobRunId: claim.jobRunId }, 'run left to its lease'))
      .finally(() => {
        claimRuns.release(claim);
        if (held.get(claim.jobRunId)?.claim.claimNumber === claim.claimNumber) held.delete(claim.jobRunId);
        wake();
      });
    held.set(claim.jobRunId, { claim, work });
  }

  async function claimPending(): Promise<void> {
    await claimRuns.claimPending(take, stopping.signal);
  }

  async function takeOverLost(): Promise<void> {
    lastTakeOver = performance.now();
    await adopt(await takeOver.ofLost());
  }

  async function takeOverUnknown(): Promise<void> {
    if (performance.now() - lastLookAtUnknown < unknownIntervalMs) return;
    lastLookAtUnknown = performance.now();
    await adopt(await takeOver.ofUnknown());
  }

  async function adopt(claims: readonly Claim[]): Promise<void> {
    await claimRuns.adopt(claims);
    for (const claim of claims) {
      log.info({ jobRunId: claim.jobRunId }, 'taking over a run');
      take(claim);
    }
  }

  /** What is left pending by a look at it waits. */
  async function noteWaits(endingApps: number): Promise<void> {
    lastNotedAt = performance.now();
    await dependencies.noteWaits();
    const { apps } = await claimRuns.readPools();
    // Without an app there is nothing that could make room.
    if (apps.use.runs > 0) await dependencies.makeRoom.makeRoom(endingApps);
  }

  /** Says to all servers how many slots there are here. */
  async function keepAlive(): Promise<void> {
    const { batch, apps } = await claimRuns.readPools();
    const slots = { batch: batch.pool.maxRuns, apps: apps.pool.maxRuns };
    await store.supervisors.keepAlive(owner, slots, leaseSeconds * 2);
  }

  async function renewLeases(): Promise<void> {
    if (held.size === 0) return;
    const claims = [...held.values()].map((one) => one.claim);
    await store.claims.renew(claims, leaseSeconds);
  }

  async function renew(): Promise<void> {
    await Promise.all([renewLeases(), keepAlive()]);
  }

  /** Cancelled and timed-out runs are noticed by their watch: a word that names no event makes every watch look. */
  function announceAll(): void {
    for (const jobRunId of held.keys()) attemptLog.announce(jobRunId);
  }

  /** New runs first: each start and end of a run wakes this, and what other servers left is no later for a second's wait. */
  async function round(): Promise<void> {
    const endingApps = dependencies.makeRoom.countEnding();
    await claimPending();
    if (performance.now() - lastTakeOver >= pollIntervalMs) await takeOverLost();
    if (performance.now() - lastNotedAt >= pollIntervalMs) await noteWaits(endingApps);
    lastRoundAt = new Date();
  }

  async function repeat(step: () => Promise<void>): Promise<void> {
    while (!stopping.signal.aborted) {
      const woken = nextWake();
      await step().catch((error: unknown) =>
        log.error({ err: error }, 'supervisor round failed; the next one follows'),
      );
      await woken;
    }
  }

  function nextWake(): Promise<void> {
    return new Promise((resolve) => {
      const awaken = () => {
        clearTimeout(timer);
        sleepers.delete(awaken);
        resolve();
      };
      const timer = setTimeout(awaken, pollIntervalMs);
      sleepers.add(awaken);
      if (stopping.signal.aborted) awaken();
    });
  }

  let loopsDone: Promise<unknown> = Promise.resolve();
  let renewal: NodeJS.Timeout | undefined;
  let sweeping: NodeJS.Timeout | undefined;
  let beating: NodeJS.Timeout | undefined;
  let subscription: { close(): Promise<void> } | undefined;

  return {
    async start() {
      subscription = await persistence.onWake((kind) => {
        if (kind === 'schedules' || kind === 'queue' || kind === 'mail') return;
        // Starts and ends are no news to the runs that are watched here: their own end is announced by whoever stores it.
        if (kind === undefined || kind === '') announceAll();
        wake();
      });
      await keepAlive();
      await takeOverLost();
      await dependencies.faultPoints.reach('in-start-up');
      await ingestTelemetry.waiting();
      renewal = setInterval(
        () => void renew().catch((error: unknown) => log.warn({ err: error }, 'leases not renewed')),
        (leaseSeconds * 1000) / 3,
      );
      beating = setInterval(
        () =>
          void store.supervisors
            .beat(owner)
            .catch((error: unknown) => log.warn({ err: error }, 'the heartbeat was not written')),
        heartbeatMs,
      );
      sweeping = setInterval(
        () =>
          void janitor
            .sweep()
            .catch((error: unknown) => log.warn({ err: error }, 'not all that is over is removed')),
        leaseSeconds * 1000 * 4,
      );
      // In loops of their own: packing a large log, and asking an engine that is silent, takes seconds.
      loopsDone = Promise.all([repeat(round), repeat(() => outboxRelay.deliver()), repeat(takeOverUnknown)]);
    },
    async stop() {
      stopping.abort();
      wake();
      clearInterval(renewal);
      clearInterval(sweeping);
      clearInterval(beating);
      await loopsDone;
      await subscription?.close();
      await Promise.allSettled([...held.values()].map((one) => one.work));
      await store.supervisors.remove(owner);
    },
    lastRoundAt: () => lastRoundAt,
  };
}
