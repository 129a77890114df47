import type { AttemptHandle } from '../executors/contract/attempt-handle.ts';
import type { AttemptInspection, AttemptRunner } from '../executors/contract/attempt-runner.ts';
import type { AttemptLog } from '../services/logs/attempt-log.ts';
import type { AttemptExit, AttemptRecord, Claim, EndIntent, JobRunRecord } from '../store/records.ts';
import type { Instruments } from '../platform/instruments.ts';
import type { FinishRun } from '../services/runs/finish-run.ts';
import type { InstanceSizes } from '../domain/attempts/instance-sizes.ts';
import type { JobDefinition } from '../domain/jobs/job-definition.ts';
import type { JobVersions } from '../services/jobs/job-versions.ts';
import type { Logger } from 'pino';
import type { Look } from './look-together.ts';
import type { Persistence } from '../store/store.ts';
import type { AppWatch, WatchApp } from './watch-app.ts';
import type { RecordSpool } from '../services/attempts/record-spool.ts';
import type { WatchUnknown } from './watch-unknown.ts';
import type { RunOutcome, RunTerms } from '../domain/runs/run-outcome.ts';
import { isTerminalRunState } from '@pumphouse/contract';
import { outcomeOfExit, readRunTerms } from '../domain/runs/run-outcome.ts';
import { describeGrace, runnerLine } from '../domain/logs/log-line.ts';

export interface WatchAttemptDependencies {
  persistence: Persistence<'attempts' | 'jobRuns' | 'logChunks' | 'waits'>;
  look: Look;
  jobVersions: JobVersions;
  executor: AttemptRunner;
  attemptLog: AttemptLog;
  recordSpool: RecordSpool;
  finishRun: FinishRun;
  watchApp: WatchApp;
  watchUnknown: WatchUnknown;
  instanceSizes: InstanceSizes;
  /** Time for the rest of the spool to arrive after an attempt's process ended. */
  deliverySeconds: number;
  instruments: Pick<Instruments, 'executorFailed'>;
  log: Logger;
}

export interface WatchedAttempt {
  claim: Claim;
  attempt: AttemptRecord & { handle: AttemptHandle };
  /** It was started just now, so there is nothing to see yet. */
  isNew: boolean;
  /** Ends the watch, not the attempt: when the server stops, the run continues. */
  signal: AbortSignal;
}

type Gone = Extract<AttemptInspection, { state: 'exited' | 'missing' }>;

export type WatchAttempt = (watched: WatchedAttempt) => Promise<void>;

/** How often to inspect an attempt. Its spool arrives independently. */
const inspectIntervalMs = 1000;
/** Sooner, it is not worth the effort to inspect an attempt again. */
const minInspectPauseMs = 200;
/** A start that takes longer is explained in the log of the run. */
const longWaitMs = 30_000;
const logPauseMs = 10 * 60_000;
const spoolChunkBytes = 1024 * 1024;

/**
 * Watches a started attempt until its run has ended. It stops the attempt when the run is cancelled or
 * exceeds its timeout, and ends the run when the attempt disappears without an exit record. Only `missing`
 * ends a run; for `unknown` see watch-unknown.ts.
 */
export function createWatchAttempt(dependencies: WatchAttemptDependencies): WatchAttempt {
  const { persistence, executor, attemptLog, recordSpool, finishRun, deliverySeconds } = dependencies;
  const { store } = persistence;

  async function readTerms(jobVersionId: string): Promise<RunTerms> {
    return readRunTerms(await dependencies.jobVersions.get(jobVersionId), dependencies.instanceSizes);
  }

  /** Opens the checks for an app; null for other runs. */
  async function openAppWatch(
    jobRunId: string,
    definition: JobDefinition,
    handle: AttemptHandle,
  ): Promise<AppWatch | null> {
    if (definition.entry_point.job_type !== 'interactive') return null;
    const run = await store.jobRuns.find(jobRunId);
    return run ? dependencies.watchApp(run, definition, handle) : null;
  }

  /**
   * Records once that the run must end, together with its log line, so that a crash leaves both or neither.
   */
  async function askForEnd(
    claim: Claim,
    attemptId: string,
    end: { intent: Exclude<EndIntent, 'cancel'>; text: string },
  ): Promise<void> {
    const isAsked = await persistence.transaction(async (tx) => {
      if (!(await tx.jobRuns.setEndIntent(claim, end.intent))) return false;
      await attemptLog.writeWith(tx, attemptId, [runnerLine(end.text, new Date())]);
      return true;
    });
    if (isAsked) attemptLog.announce(claim.jobRunId);
  }

  /**
   * Creates a function that records why a started attempt does not run yet. The log tells it once the wait is a long
   * one, and then not with each change.
   */
  function createWaitNotes(attemptId: string) {
    const since = Date.now();
    let noted: string | undefined;
    let loggedAt = -Infinity;
    return async (claim: Claim, waitsFor: string | undefined): Promise<void> => {
      if (waitsFor !== noted) {
        noted = waitsFor;
        const wait = waitsFor === undefined ? null : { kind: 'engine' as const, reason: waitsFor };
        await store.waits.setWhileStarting(claim, wait);
      }
      const now = Date.now();
      if (waitsFor === undefined || now - since < longWaitMs || now - loggedAt < logPauseMs) return;
      loggedAt = now;
      await attemptLog.write(claim.jobRunId, attemptId, [runnerLine(waitsFor, new Date())]);
    };
  }

  /** Stores the part of the spool that is still on the attempt's disk. */
  async function readRemains(attemptId: string, handle: AttemptHandle): Promise<void> {
    let maxBytes = spoolChunkBytes;
    for (;;) {
      const attempt = await store.attempts.get(attemptId);
      if (!attempt || attempt.exit) break;
      const chunk = await executor.readSpool(handle, attempt.spoolOffset, maxBytes);
      if (!chunk || chunk.length === 0) break;
      const { offset } = await recordSpool.record(attemptId, attempt.spoolOffset, chunk);
      const isStuck = offset === attempt.spoolOffset;
      if (isStuck && chunk.length < maxBytes) break;
      // A record that is longer than a chunk (a large schema) is read whole or not at all.
      maxBytes = isStuck ? maxBytes * 2 : spoolChunkBytes;
    }
    await recordSpool.finishIfExited(attemptId);
  }

  /** Ends the run of an attempt without an exit record. */
  async function endUnrecorded(claim: Claim, attemptId: string, gone: Gone, terms: RunTerms): Promise<void> {
    const { jobRunId, claimNumber } = claim;
    const run = await store.jobRuns.find(jobRunId);
    if (!run || isTerminalRunState(run.status) || run.claimNumber !== claimNumber) return;
    const seen: AttemptExit | null = gone.state === 'exited' ? { ...nothingObserved, ...gone.exit } : null;
    const outcome = deriveUnrecordedOutcome(run, gone, seen ?? nothingObserved, terms);
    await finishRun(jobRunId, outcome, { claimNumber, attemptId, ...(seen && { seen }) });
  }

  return async function watchAttempt({ claim, attempt, isNew, signal }) {
    const { handle } = attempt;
    using follower = attemptLog.follow(claim.jobRunId);
    const stopper = createStopper(executor, handle, dependencies);
    using unknown = dependencies.watchUnknown(claim, attempt.id);
    let terms: RunTerms | null = null;
    let inspectApp: AppWatch | null = null;
    let goneSince: number | null = null;
    const noteWait = createWaitNotes(attempt.id);
    if (isNew) await follower.next({ timeoutMs: untilNextInspection(), withLines: false, signal });
    while (!follower.isOver()) {
      const run = await dependencies.look(claim, attempt.id);
      if (!run) break;
      if (terms === null) {
        terms = await readTerms(run.jobVersionId);
        inspectApp = await openAppWatch(claim.jobRunId, terms.definition, handle);
      }
      if (isOverdue(run.begunSecondsAgo, terms.timeoutSeconds)) {
        const text = `The run has reached its timeout of ${terms.timeoutSeconds} s and is being stopped. ${describeGrace(terms.graceSeconds)}`;
        await askForEnd(claim, attempt.id, { intent: 'timeout', text });
      }
      const inspection = await executor.inspect(handle);
      if (inspection.state === 'unknown') await unknown.noteHidden(run, inspection.detail);
      else {
        await unknown.noteSeen(run);
        if (inspection.state === 'running') await noteWait(claim, inspection.waitsFor);
        if (run.endIntent) stopper.stop(terms.graceSeconds);
        const appEnd = run.endIntent === null && (await inspectApp?.(run.begunSecondsAgo));
        if (appEnd) await askForEnd(claim, attempt.id, appEnd);
      }
      if (inspection.state === 'exited' || inspection.state === 'missing') {
        goneSince ??= Date.now();
        await readRemains(attempt.id, handle);
        const waited = (Date.now() - goneSince) / 1000;
        if (inspection.state === 'missing' || waited > deliverySeconds)
          await endUnrecorded(claim, attempt.id, inspection, terms);
      }
      if (signal.aborted) break;
      // An app that prints lines may listen by now.
      await follower.next({ timeoutMs: untilNextInspection(), withLines: inspectApp !== null, signal });
    }
    // A stopping server does not wait for a grace period; the server that takes over stops the attempt again.
    if (!signal.aborted) await stopper.settled();
  };
}

/** All attempts are inspected at the same time, so that their runs are read by one statement. */
function untilNextInspection(): number {
  const pauseMs = inspectIntervalMs - (Date.now() % inspectIntervalMs);
  return pauseMs < minInspectPauseMs ? pauseMs + inspectIntervalMs : pauseMs;
}

const nothingObserved: AttemptExit = {
  code: null,
  signal: null,
  outOfMemory: null,
  peakMemoryBytes: null,
  reason: null,
  killedDescendants: 0,
};

/** Derives the outcome from the requested end, otherwise from the exit that the executor observed. */
function deriveUnrecordedOutcome(
  run: JobRunRecord,
  gone: Gone,
  seen: AttemptExit,
  terms: RunTerms,
): RunOutcome {
  if (gone.state === 'missing' && !run.endIntent) {
    const detail = gone.detail ?? 'The process of this run ended without an exit record.';
    return { status: 'failed', failure: { code: gone.code ?? 'attempt_lost', detail } };
  }
  return outcomeOfExit(run, seen, terms);
}

/** The timeout applies to each attempt, from its admission. A timeout of 0 means none. */
function isOverdue(begunSecondsAgo: number | null, timeoutSeconds: number | null): boolean {
  if (begunSecondsAgo === null || timeoutSeconds === null || timeoutSeconds <= 0) return false;
  return begunSecondsAgo > timeoutSeconds;
}

/** Allows one stop at a time; a failed stop is retried at the next check. */
function createStopper(
  executor: AttemptRunner,
  handle: AttemptHandle,
  { instruments, log }: Pick<WatchAttemptDependencies, 'instruments' | 'log'>,
) {
  let stopping: Promise<void> | null = null;
  return {
    stop(graceSeconds: number): void {
      stopping ??= executor.stop(handle, { graceSeconds }).catch((error: unknown) => {
        instruments.executorFailed(executor.name, 'stop');
        log.warn({ err: error }, 'an attempt could not be stopped; retried');
        stopping = null;
      });
    },
    settled: () => stopping ?? Promise.resolve(),
  };
}
