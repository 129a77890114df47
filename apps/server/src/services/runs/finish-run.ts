import type { RunEndStores } from './run-stores.ts';
import type { AttemptExit, AttemptRecord, JobRecord, JobRunRecord } from '../../store/records.ts';
import type { AttemptLog } from '../logs/attempt-log.ts';
import type { ExplainFailure } from './explain-failure.ts';
import type { Failed } from './retry-run.ts';
import type { FailedRun, FollowingRetry } from '../../domain/runs/closing-lines.ts';
import type { FailureReason } from '../../domain/runs/failure-reason.ts';
import type { RunFailureReason } from '../../domain/runs/run-failures.ts';
import type { RunInterval } from '../../domain/scheduling/run-interval.ts';
import type { RunOutcome } from '../../domain/runs/run-outcome.ts';
import type { RunState } from '@pumphouse/contract';
import type { FaultPoints } from '../../platform/fault-points.ts';
import type { Persistence, Store } from '../../store/store.ts';
import type { StartRuns } from './start-runs.ts';
import type { UnnumberedLogLine } from '../../domain/logs/log-line.ts';
import { isOfUserCode } from '../../domain/runs/failure-reason.ts';
import { blocksRefresh } from '../../domain/scheduling/refresh.ts';
import { closeWithFailure, closeWithRetry } from '../../domain/runs/closing-lines.ts';
import { dropDeferredStarts } from './deferred-starts.ts';
import { jobEvent } from '../../domain/jobs/job-graph.ts';
import { lockForStart, refreshesOthers } from './start-context.ts';
import { getTimeZone } from '../../domain/jobs/job-definition.ts';
import { resolveDeclaredWindow } from '../../domain/scheduling/declared-interval.ts';
import { runnerLine } from '../../domain/logs/log-line.ts';
import { retryRun } from './retry-run.ts';
import { settlePipelineFolders } from '../pipelines/settle-pipeline-folders.ts';
import { statesBefore } from '../../domain/runs/run-state.ts';

export interface FinishOptions {
  /** Ends the run only while it is in one of these states. */
  onlyFrom?: readonly RunState[];
  /**
   * Ends the run only while this claim is valid: conclusions of a server about a run that another one has
   * taken over are stale.
   */
  claimNumber?: number;
  /** Ends the run only if this is its latest, open attempt: the end of an earlier one has been handled. */
  attemptId?: string | undefined;
  /** Ends the run only while it is marked as unknown. */
  onlyUnknown?: boolean;
  /** The observed end of the attempt, used if its own exit record is not available. */
  seen?: AttemptExit;
  /** The reason of a failure, from the attempt's output. */
  reason?: FailureReason | null;
  /** The run as it was read before. Only what never changes once it has started is used of it. */
  run?: JobRunRecord;
}

export interface FinishRunDependencies {
  persistence: Persistence<RunEndStores>;
  startRuns: StartRuns;
  attemptLog: Pick<AttemptLog, 'writeWith'>;
  explainFailure: ExplainFailure;
  faultPoints: FaultPoints;
  /**
   * Called after the commit that changes a run, so that its streams and its watch react at once.
   * @param isOver its attempt is over
   */
  announce: (jobRunId: string, isOver: boolean) => void;
}

/**
 * Ends a run, or makes it wait for its next attempt; returns false if it has already ended or does not match
 * the options.
 */
export interface FinishRun {
  (jobRunId: string, outcome: RunOutcome, options?: FinishOptions): Promise<boolean>;
  /** Ends the run in the caller's transaction; the caller announces it after the commit. */
  inTransaction: (
    store: Pick<Store, RunEndStores>,
    jobRunId: string,
    outcome: RunOutcome,
    options?: FinishOptions,
  ) => Promise<boolean>;
}

/**
 * Creates the only function that ends runs. One transaction covers the state, the completed interval, the
 * last log lines, the runs that follow and the event. An ended run never changes, so finishing twice is
 * harmless and returns false. A failed attempt with a retry does not end the run; only the attempt is closed.
 */
export function createFinishRun({
  persistence,
  startRuns,
  attemptLog,
  explainFailure,
  faultPoints,
  announce,
}: FinishRunDependencies): FinishRun {
  async function end(
    store: Pick<Store, RunEndStores>,
    jobRunId: string,
    outcome: RunOutcome,
    options: FinishOptions = {},
  ): Promise<boolean> {
    const { onlyFrom = statesBefore(outcome.status), seen = null, reason = null } = options;
    const run = options.run ?? (await store.jobRuns.find(jobRunId));
    if (!run) return false;
    // Windows of a backfill are no news for other jobs: a thousand of them would start each follower as often.
    const kind = run.backfillId === null ? followUpKind(outcome) : null;
    const { job, touched } = await findTouched(store, run, kind);
    const event = kind === null || job.jobType === 'interactive' ? null : jobEvent(kind, job.jobRef);
    // Lock jobs before runs, as everywhere, and all at once in id order: otherwise the ends of jobs that
    // follow each other could deadlock.
    const jobs = event === null ? [job] : [job, ...touched];
    const locked = await lockForStart(
      store,
      run.workspaceId,
      jobs.map(({ id }) => id),
      jobs.some(refreshesOthers),
    );
    // Use their state under the lock: a deploy may have changed them since they were found.
    const others = locked.filter(({ id, isArchived }) => id !== run.jobId && !isArchived);
    const downstreams = others.filter(({ upstreamRefs }) => upstreamRefs.includes(job.jobRef));
    const held = await store.jobRuns.lock(jobRunId);
    const attempt = await store.attempts.latest(jobRunId);
    if (!held || !onlyFrom.includes(held.status) || isStale(held, attempt, options)) return false;
    const failed = outcome.status === 'failed' ? { failure: outcome.failure, reason } : null;
    if (attempt && !attempt.closedAt) {
      const over = { run: held, attempt, jobRef: job.jobRef, seen };
      if (await closeAttempt(store, over, outcome, failed)) return true;
    }
    const waitReason = attempt ? null : describeCancel(outcome);
    if (!(await store.jobRuns.end(jobRunId, onlyFrom, outcome.status, failed, waitReason))) return false;
    if (outcome.status === 'completed') {
      await store.jobs.noteCompletion(run, coveredTime(run), declaredStartOf(job));
      if (job.definition.refresh_propagation === 'always') await forgetRefreshed(store, downstreams);
    } else {
      if (failed) await noteFailure(store, run);
      if (held.refresh && !held.isQueued) await store.jobs.leaveRefreshPending(held);
      if (run.backfillId === null) await dropDeferredStarts(store, run.workspaceId, job.jobRef);
    }
    if (!event || others.length === 0) return true;
    const followers = others.filter(({ triggers }) => triggers.includes(event));
    const { succeeded: followed } = await startRuns.startFollowers(store, {
      event,
      followers,
      previousRun: run,
    });
    if (outcome.status === 'completed')
      await startRuns.startDownstreams(store, { downstreams, followed, previousRun: run });
    return true;
  }

  /** @returns whether a retry follows, so that the run continues */
  async function closeAttempt(
    store: Pick<
      Store,
      | 'attempts'
      | 'configurations'
      | 'jobRuns'
      | 'logChunks'
      | 'outbox'
      | 'pendingPackages'
      | 'pipelineFolders'
    >,
    { seen, ...over }: Omit<Failed, 'failure'> & { seen: AttemptExit | null },
    outcome: RunOutcome,
    failed: { failure: RunFailureReason; reason: FailureReason | null } | null,
  ): Promise<boolean> {
    const { run, attempt } = over;
    const { failure = null, reason = null } = failed ?? {};
    const retry = failure ? await retryRun(store, { ...over, failure }) : undefined;
    await store.attempts.close(attempt.id, { failure, reason, seen });
    if (attempt.exit === null) await settleLost(store, run, attempt.id);
    await attemptLog.writeWith(store, attempt.id, closingLines(outcome, failed, retry));
    if (!retry) return false;
    const payload = { jobRunId: run.id, attemptId: attempt.id };
    await store.outbox.add({ kind: 'attempt.closed', payload });
    return true;
  }

  /**
   * Discards the completions downstream of a job that always refreshes: each of its completed runs makes them
   * outdated.
   */
  async function forgetRefreshed(
    store: Pick<Store, 'installation' | 'jobs' | 'outbox' | 'schedules'>,
    downstreams: readonly JobRecord[],
  ): Promise<void> {
    const open = downstreams.filter(({ definition }) => !blocksRefresh(definition));
    if (open.length === 0) return;
    const ids = open.map(({ id }) => id);
    await store.jobs.forgetCompletion(ids, { refreshPending: true });
    await startRuns.arrange(store, await store.jobs.getMany(ids));
  }

  async function finishRun(
    jobRunId: string,
    outcome: RunOutcome,
    options: FinishOptions = {},
  ): Promise<boolean> {
    // Read before the transaction, which holds locks: all output of an attempt is stored before its end.
    const reason = await readReason(outcome, options);
    const ended = await persistence.transaction(async (store) => {
      const result = await end(store, jobRunId, outcome, { ...options, reason });
      await faultPoints.reach('in-finish-before-commit');
      return result;
    });
    await faultPoints.reach('after-finish-commit');
    announce(jobRunId, ended);
    return ended;
  }

  async function readReason(outcome: RunOutcome, { attemptId }: FinishOptions) {
    if (outcome.status !== 'failed' || attemptId === undefined || !isOfUserCode(outcome.failure)) return null;
    return explainFailure(attemptId);
  }

  return Object.assign(finishRun, { inTransaction: end });
}

/** Lists the load packages of an attempt whose bootstrap could not report them, because it is lost. */
async function settleLost(
  store: Pick<Store, 'pendingPackages' | 'pipelineFolders'>,
  { id: jobRunId, workspaceId, profile }: JobRunRecord,
  attemptId: string,
): Promise<void> {
  if (!(await store.pipelineFolders.hasOwned(attemptId))) return;
  const attempt = { workspaceId, profile, workerId: null, jobRunId, attemptId };
  await settlePipelineFolders(store, attempt, null);
}

/** Reports whether the outcome belongs to an attempt or a claim that is no longer the run's current one. */
function isStale(
  run: JobRunRecord,
  latest: AttemptRecord | undefined,
  { claimNumber, attemptId, onlyUnknown }: FinishOptions,
): boolean {
  if (onlyUnknown && run.unknownSince === null) return true;
  if (claimNumber !== undefined && run.claimNumber !== claimNumber) return true;
  return attemptId !== undefined && (latest?.id !== attemptId || latest.closedAt !== null);
}

/** Describes a cancel for the log; null for another end, and if the log contains it already. */
function describeCancel(outcome: RunOutcome): string | null {
  if (outcome.status !== 'cancelled' || outcome.detail === undefined) return null;
  return `Cancelled. ${outcome.detail}`;
}

/**
 * Creates the last log lines of an attempt, written in the transaction that ends it, so that a crash leaves
 * both or neither.
 */
function closingLines(
  outcome: RunOutcome,
  failed: FailedRun | null,
  retry: FollowingRetry | undefined,
): UnnumberedLogLine[] {
  const at = new Date();
  if (failed) return retry ? closeWithRetry(failed, retry, at) : closeWithFailure(failed, at);
  const cancel = describeCancel(outcome);
  return cancel === null ? [] : [runnerLine(cancel, at)];
}

/**
 * Returns the kind of the event that the end fires. Cancelled and skipped runs fire none: a stop by a user is
 * not an outcome of the work.
 */
function followUpKind(outcome: RunOutcome): 'success' | 'fail' | null {
  if (outcome.status === 'completed') return 'success';
  return outcome.status === 'failed' ? 'fail' : null;
}

/** Finds the job of a run, and the jobs that the event of its end concerns. */
async function findTouched(
  store: Pick<Store, 'jobs'>,
  run: JobRunRecord,
  kind: 'success' | 'fail' | null,
): Promise<{ job: JobRecord; touched: JobRecord[] }> {
  const found =
    kind === null
      ? await store.jobs.getMany([run.jobId])
      : await store.jobs.listWithFollowing(run.jobId, jobEvent(kind, ''));
  const job = found.find(({ id }) => id === run.jobId);
  if (!job) throw new Error(`Run ${run.id} belongs to no job`);
  return { job, touched: found.filter((other) => other !== job) };
}

/** Returns the time that a run covers; null for a point in time, which covers none. */
function coveredTime({ intervalStart: start, intervalEnd: end }: JobRunRecord): RunInterval | null {
  return start && end && end > start ? { start, end } : null;
}

function declaredStartOf({ definition }: JobRecord): Date | null {
  return resolveDeclaredWindow(definition, getTimeZone(definition))?.start ?? null;
}

/** A backfill shows its failures itself; they do not make the job a failing one. */
async function noteFailure(store: Pick<Store, 'jobs'>, run: JobRunRecord): Promise<void> {
  const time = coveredTime(run);
  if (time) await store.jobs.noteFailedTime(run.jobId, time);
  if (run.backfillId === null) await store.jobs.noteFailure(run);
}
