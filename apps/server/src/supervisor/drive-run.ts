import type { AttemptHandle } from '../executors/contract/attempt-handle.ts';
import type { AttemptRunner } from '../executors/contract/attempt-runner.ts';
import type { AttemptLog } from '../services/logs/attempt-log.ts';
import type { AttemptSecrets } from '../services/attempts/attempt-secrets.ts';
import type { AttemptsAddress } from '../listeners/attempts-address.ts';
import type { AttemptRecord, Claim, JobRunRecord } from '../store/records.ts';
import type { FaultPoints } from '../platform/fault-points.ts';
import type { Instruments } from '../platform/instruments.ts';
import type { FinishRun } from '../services/runs/finish-run.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../store/store.ts';
import type { RunFailureReason } from '../domain/runs/run-failures.ts';
import type { RecordSpool } from '../services/attempts/record-spool.ts';
import type { RunOutcome } from '../domain/runs/run-outcome.ts';
import type { Snapshots } from './snapshots.ts';
import type { StartAttempt } from './start-attempt.ts';
import type { StartObstacle } from './start-obstacle.ts';
import type { WatchAttempt } from './watch-attempt.ts';
import { EnvironmentBuildError } from '../executors/contract/environment-builder.ts';
import { ExecutorError } from '../executors/contract/executor-error.ts';
import { isTerminalRunState } from '@pumphouse/contract';
import { RequirementsError } from '../domain/environments/requirements.ts';
import { runnerLine } from '../domain/logs/log-line.ts';

export interface DriveRunDependencies {
  persistence: Persistence<'attempts' | 'claims' | 'jobRuns' | 'waits'>;
  executor: AttemptRunner;
  attemptSecrets: AttemptSecrets;
  startAttempt: StartAttempt;
  startObstacle: Pick<StartObstacle, 'recheck'>;
  watchAttempt: WatchAttempt;
  attemptLog: AttemptLog;
  recordSpool: RecordSpool;
  snapshots: Snapshots;
  finishRun: FinishRun;
  attemptsAddress: AttemptsAddress;
  instruments: Pick<Instruments, 'executorFailed'>;
  faultPoints: FaultPoints;
  log: Logger;
}

export type DriveRun = ReturnType<typeof createDriveRun>;

/** How often to check whether a run in preparation is still wanted, in addition to change notifications. */
const checkIntervalMs = 1000;

/** Drives one claimed run through start, watch and end. It never decides what should run. */
export function createDriveRun(dependencies: DriveRunDependencies) {
  const { persistence, executor, startAttempt, watchAttempt, attemptLog, finishRun, faultPoints, log } =
    dependencies;
  const { attemptsAddress } = dependencies;
  const { store } = persistence;

  async function end(
    run: JobRunRecord,
    attempt: AttemptRecord | undefined,
    outcome: RunOutcome,
  ): Promise<void> {
    await finishRun(run.id, outcome, { claimNumber: run.claimNumber, attemptId: attempt?.id });
  }

  /** Finds the handle of an attempt whose server died after the start and before it stored the handle. */
  async function recoverHandle(attempt: AttemptRecord): Promise<AttemptHandle | null> {
    if (attempt.handle) return attempt.handle;
    const listed = (await executor.list()).find((one) => one.attemptId === attempt.id);
    if (!listed) return null;
    await store.attempts.saveHandle(attempt.id, listed.handle);
    return listed.handle;
  }

  /**
   * Redirects an attempt to this server. If this server has no reachable address, the attempt keeps its old
   * one.
   */
  async function redirect(attempt: AttemptRecord, handle: AttemptHandle): Promise<void> {
    attemptsAddress.noteStarted(handle);
    const address = await attemptsAddress.find();
    if ('problem' in address) return;
    try {
      const seal = await dependencies.attemptSecrets.openSeal(store, attempt.id);
      // A bootstrap of the previous release reads only an address.
      await executor.redirect(handle, seal ? seal.writeRedirect(address) : address.url);
    } catch (error) {
      // A secret that cannot be decrypted must not prevent watching and ending the attempt.
      if (error instanceof ExecutorError) throw error;
      log.warn(
        { err: error, attemptId: attempt.id },
        'an attempt could not be informed that this server took it over',
      );
    }
  }

  /** Continues with an attempt that another server, or this one before a restart, has started. */
  async function resume(
    claim: Claim,
    run: JobRunRecord,
    attempt: AttemptRecord,
    signal: AbortSignal,
  ): Promise<void> {
    const handle = await recoverHandle(attempt);
    if (handle) {
      await redirect(attempt, handle);
      return watchAttempt({ claim, attempt: { ...attempt, handle }, isNew: false, signal });
    }
    if (attempt.begunAt) {
      const detail = 'The process of this run disappeared without an exit record.';
      return end(run, attempt, { status: 'failed', failure: { code: 'attempt_lost', detail } });
    }
    return startAndWatch(claim, run, attempt, signal);
  }

  async function startAndWatch(
    claim: Claim,
    run: JobRunRecord,
    open: AttemptRecord | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const wanted = watchWhetherWanted(claim, signal);
    let attempt;
    try {
      attempt = await startAttempt(claim, run, open, wanted.signal);
    } finally {
      await wanted.close();
    }
    if (attempt) return watchAttempt({ claim, attempt, isNew: !run.isApp, signal });
    await endIfCancelledUnbegun(claim);
  }

  /** Creates a signal that aborts preparation once the run is cancelled or another server takes it over. */
  function watchWhetherWanted(claim: Claim, stopping: AbortSignal) {
    const controller = new AbortController();
    const signal = AbortSignal.any([controller.signal, stopping]);
    async function watch(): Promise<void> {
      while (!signal.aborted) {
        await attemptLog.nextStateChange(claim.jobRunId, checkIntervalMs, signal);
        if (signal.aborted) return;
        const run = await store.jobRuns.find(claim.jobRunId);
        if (run?.status !== 'starting' || run.claimNumber !== claim.claimNumber) return controller.abort();
      }
    }
    const watching = watch().catch((error: unknown) =>
      log.warn({ err: error }, 'a run in preparation could not be watched'),
    );
    return {
      signal,
      close: async () => {
        controller.abort();
        await watching;
      },
    };
  }

  /** @returns whether the run ended here */
  async function endIfCancelledUnbegun(claim: Claim): Promise<boolean> {
    const run = await store.jobRuns.find(claim.jobRunId);
    if (run?.status !== 'cancelling' || run.claimNumber !== claim.claimNumber) return false;
    const attempt = await store.attempts.findOpen(claim.jobRunId);
    if (attempt?.begunAt) return false;
    await end(run, attempt, cancelledUnbegun);
    return true;
  }

  /** @returns the workspace of the run; null if the run does not exist */
  async function drive(claim: Claim, signal: AbortSignal): Promise<string | null> {
    await faultPoints.reach('after-claim');
    const run = await store.jobRuns.find(claim.jobRunId);
    if (!run) return null;
    if (!isTerminalRunState(run.status) && run.claimNumber === claim.claimNumber)
      await driveClaimed(claim, run, signal);
    return run.workspaceId;
  }

  async function driveClaimed(claim: Claim, run: JobRunRecord, signal: AbortSignal): Promise<void> {
    // No server drove a run before its first claim: it has no attempt, or one for its log lines only.
    if (claim.claimNumber === 1 && run.status === 'starting')
      return startAndWatch(claim, run, undefined, signal);
    const attempt = await store.attempts.findOpen(run.id);
    // The previous server died before it could process the exit.
    if (attempt?.exit) return dependencies.recordSpool.finishIfExited(attempt.id);
    // An attempt under an older claim that was not admitted never will be: its begin call is rejected, and a
    // new attempt is created.
    const mayStillRun = attempt && (attempt.begunAt !== null || attempt.claimNumber === claim.claimNumber);
    if (mayStillRun) return resume(claim, run, attempt, signal);
    if (run.status === 'cancelling') return end(run, attempt, cancelledUnbegun);
    return startAndWatch(claim, run, attempt, signal);
  }

  async function onFailure(claim: Claim, error: unknown): Promise<void> {
    const kind = kindOfExecutorError(error);
    if (kind !== null) dependencies.instruments.executorFailed(executor.name, kind);
    const run = await store.jobRuns.find(claim.jobRunId);
    if (!run || isTerminalRunState(run.status) || run.claimNumber !== claim.claimNumber) return;
    if (await endIfCancelledUnbegun(claim)) return;
    if (run.status === 'starting' && mayBeServersFault(error) && (await returnToQueue(claim))) return;
    const attempt = await store.attempts.findOpen(run.id);
    const failure = describeFailure(error);
    if (failure) return end(run, attempt, { status: 'failed', failure });
    if (error instanceof ExecutorError) {
      const reason = `Waiting for the executor, with retries: ${error.message}`;
      await store.waits.setWhileStarting(claim, { kind: 'engine', reason });
    }
    if (attempt && error instanceof ExecutorError) {
      const text = `The run could not be started and is retried: ${error.message}`;
      await attemptLog.write(run.id, attempt.id, [runnerLine(text, new Date())]);
    }
    throw error;
  }

  /** Makes the run wait, without a failed attempt, if no run can start on this server. */
  async function returnToQueue(claim: Claim): Promise<boolean> {
    const wait = await dependencies.startObstacle.recheck();
    return wait !== null && (await store.claims.returnToQueue(claim, wait));
  }

  /** Refresh snapshots: apps see the data of a run once it is over. */
  async function afterRun(claim: Claim, workspaceId: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    if (!(await dependencies.snapshots.isWantedIn(workspaceId))) return;
    const run = await store.jobRuns.find(claim.jobRunId);
    if (run && isTerminalRunState(run.status)) await dependencies.snapshots.takeAfterRun(run);
  }

  /**
   * Drives a claimed run to its end. Throws on a temporary failure: the lease then expires and the run is
   * taken over.
   */
  return async function driveRun(claim: Claim, signal: AbortSignal): Promise<void> {
    try {
      const workspaceId = await drive(claim, signal);
      if (workspaceId !== null) await afterRun(claim, workspaceId, signal);
    } catch (error) {
      // A stopping server abandons what it was preparing.
      if (signal.aborted) return;
      log.warn({ err: error, jobRunId: claim.jobRunId }, 'driving a run failed');
      await onFailure(claim, error);
    }
  };
}

const cancelledUnbegun = { status: 'cancelled', detail: 'Its code had not started.' } as const;

function kindOfExecutorError(error: unknown): string | null {
  if (error instanceof ExecutorError) return error.kind;
  return error instanceof EnvironmentBuildError ? 'environment' : null;
}

/** Whether a failed start may have nothing to do with the run. */
function mayBeServersFault(error: unknown): boolean {
  if (error instanceof EnvironmentBuildError) return error.code === 'builder_failed';
  return !(error instanceof RequirementsError);
}

/** The failure recorded on the run, or null if the run is not at fault and will be retried. */
function describeFailure(error: unknown): RunFailureReason | null {
  if (error instanceof EnvironmentBuildError) return { code: error.code, detail: error.message };
  if (error instanceof RequirementsError) {
    return { code: `requirements_${error.problem}`, detail: error.message };
  }
  if (error instanceof ExecutorError && error.kind !== 'backend') {
    return { code: `executor_${error.kind}`, detail: error.message };
  }
  return null;
}
