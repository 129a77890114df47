import type { AttemptHandle } from '../executors/contract/attempt-handle.ts';
import type { AttemptRunner } from '../executors/contract/attempt-runner.ts';
import type { FaultPoints } from '../platform/fault-points.ts';
import type { LogFiles } from '../blobs/logs/log-files.ts';
import type { Logger } from 'pino';
import type { AttemptRecord, ClaimedEvent } from '../store/records.ts';
import type { Persistence } from '../store/store.ts';
import type { ReportRuns } from '../services/runs/report-runs.ts';

export interface OutboxRelayDependencies {
  persistence: Persistence<'attempts' | 'jobRuns' | 'logChunks' | 'outbox'>;
  executor: AttemptRunner;
  logFiles: LogFiles;
  /** An event that is not handled within this time is taken again. */
  claimSeconds: number;
  /** The worker whose events it handles; null: those of runs that its server executed. */
  workerId: string | null;
  reportRuns: ReportRuns;
  faultPoints: FaultPoints;
  log: Logger;
}

export interface OutboxRelay {
  /**
   * Handles pending events. After a crash a handler may run again, so all handlers are idempotent.
   * @returns whether there may be more
   */
  deliver(): Promise<boolean>;
}

/**
 * An iteration follows the one before after a quarter of a second, and a run has two events: fewer would let events
 * pile up at 50 starts a second.
 */
const eventBatch = 100;
/** Runs that are cleaned up at the same time. */
const runsAtOnce = 4;
/** An attempt that has ended writes a few last lines at most. */
const maxSealRounds = 5;
/** Cleanup attempts before a process that is still running is ended: about six seconds. */
const patientTries = 2;
/**
 * Cleanup attempts before an attempt that this server cannot see is left to the reaper of a server that can:
 * about 17 minutes.
 */
const unknownTries = 9;

export function createOutboxRelay({
  persistence,
  executor,
  logFiles,
  claimSeconds,
  workerId,
  reportRuns,
  faultPoints,
  log,
}: OutboxRelayDependencies): OutboxRelay {
  const { store } = persistence;

  async function cleanUp(jobRunId: string, failures: number): Promise<void> {
    for (const attempt of await store.attempts.listOfRun(jobRunId)) await cleanUpAttempt(attempt, failures);
  }

  async function cleanUpAttempt(attempt: AttemptRecord, failures: number): Promise<void> {
    const handle = attempt.handle ?? (await findUnstored(attempt.id));
    if (handle && (await executor.inspect(handle)).state === 'unknown')
      return leaveUnknown(attempt, failures);
    const isOverdue = failures >= patientTries;
    // A bootstrap exits once its end is acknowledged; without a server it would keep asking for a day.
    if (handle && isOverdue) await executor.stop(handle, { graceSeconds: 0 });
    // If the attempt is still running, this throws and the event is retried with growing pauses.
    if (handle) await executor.remove(handle);
    if (!attempt.logSealed) await sealLog(attempt.id);
  }

  /**
   * Compresses the log of an attempt that this server cannot see.
   * @throws Error while another server may still take the event and see the attempt
   */
  async function leaveUnknown(attempt: AttemptRecord, failures: number): Promise<void> {
    if (!attempt.logSealed) await sealLog(attempt.id);
    const run = await store.jobRuns.find(attempt.jobRunId);
    if (!run?.unknownSince && failures < unknownTries)
      throw new Error(`This server cannot reach attempt ${attempt.id}.`);
    log.info(
      { attemptId: attempt.id },
      'the resources of an attempt cannot be reached and stay until a server can remove them',
    );
  }

  /** Finds an attempt that a server started before it died without storing the handle. */
  async function findUnstored(attemptId: string): Promise<AttemptHandle | undefined> {
    return (await executor.list()).find((one) => one.attemptId === attemptId)?.handle;
  }

  /** Compresses the log. Lines that are added meanwhile need another round. */
  async function sealLog(attemptId: string): Promise<void> {
    for (let rounds = 1; rounds <= maxSealRounds; rounds += 1) {
      await logFiles.prepareSeal(attemptId);
      if (await markSealed(attemptId)) return;
    }
    throw new Error(`The log of attempt ${attemptId} is still growing.`);
  }

  /**
   * Marks the row under its lock, so no line is appended during or after compression.
   * @returns false if lines were added since the log was prepared
   */
  async function markSealed(attemptId: string): Promise<boolean> {
    return persistence.transaction(async (tx) => {
      const attempt = await tx.attempts.lock(attemptId);
      if (!attempt || attempt.logSealed) return true;
      await faultPoints.reach('in-log-compression');
      const sealed = await logFiles.seal(attemptId, { toBytes: attempt.logBytes }, tx.logChunks);
      if (sealed) await tx.attempts.markSealed(attemptId, sealed.storedBytes);
      return sealed !== null;
    });
  }

  /** Does nothing for `job_run.created`, which only wakes loops: its notification has done that. */
  async function act(event: ClaimedEvent): Promise<void> {
    if (event.kind === 'job_run.finished') await cleanUp(event.payload.jobRunId, event.failures);
    if (event.kind === 'attempt.closed') {
      // Clean up now instead of at the end of the run: the folder may be large, and retries far apart.
      const attempt = await store.attempts.get(event.payload.attemptId);
      if (attempt) await cleanUpAttempt(attempt, event.failures);
    }
  }

  /** @returns whether the event is handled; otherwise it is retried */
  async function handle(event: ClaimedEvent): Promise<boolean> {
    try {
      await act(event);
      return true;
    } catch (error) {
      // The first tries often run before the bootstrap has exited.
      const level = event.failures < patientTries ? 'debug' : 'warn';
      log[level]({ err: error, eventId: event.id, kind: event.kind }, 'event not handled yet; retried later');
      await store.outbox.markFailed(event.id);
      return false;
    }
  }

  return {
    async deliver() {
      const events = await store.outbox.take(eventBatch, claimSeconds, workerId);
      const handled: ClaimedEvent[] = [];
      const ofRuns = [...Map.groupBy(events, ({ payload }) => payload.jobRunId).values()];
      const work = async (): Promise<void> => {
        for (let ofRun = ofRuns.shift(); ofRun; ofRun = ofRuns.shift())
          for (const event of ofRun) if (await handle(event)) handled.push(event);
      };
      await Promise.all(Array.from({ length: runsAtOnce }, work));
      if (handled.length === 0) return events.length === eventBatch;
      // An event is removed only after its run was reported: another server reports it if this one dies first.
      await reportRuns(handled);
      await faultPoints.reach('before-events-removed');
      await store.outbox.remove(handled.map(({ id }) => id));
      return events.length === eventBatch;
    },
  };
}
