import type { RunEndStores } from './run-stores.ts';
import type { AttemptLog } from '../logs/attempt-log.ts';
import type { FinishRun } from './finish-run.ts';
import type { JobRecord, JobRunRecord } from '../../store/records.ts';
import type { Persistence, Store } from '../../store/store.ts';
import type { UnnumberedLogLine } from '../../domain/logs/log-line.ts';
import { dropDeferredStartsOf } from './deferred-starts.ts';
import { isTerminalRunState } from '@pumphouse/contract';
import { currentActor, nameActor, recordChange } from '../audit/audit.ts';
import { describeGrace, runnerLine } from '../../domain/logs/log-line.ts';
import { getGraceSeconds } from '../../domain/jobs/job-definition.ts';
import { ServiceError } from '../../platform/service-error.ts';

export type CancelRuns = ReturnType<typeof createCancelRuns>;

export type CancelResult =
  | { outcome: 'cancelling'; run: JobRunRecord; previousStatus: string }
  | { outcome: 'finished'; run: JobRunRecord }
  | { outcome: 'not-found'; jobRunId: string };

/**
 * Creates the use case that cancels runs. A pending run is cancelled at once; a started one becomes
 * `cancelling`, and its supervisor stops it (SIGTERM, grace period, SIGTERM, SIGKILL).
 */
export function createCancelRuns(
  persistence: Persistence<RunEndStores | 'auditLog'>,
  finishRun: FinishRun,
  attemptLog: AttemptLog,
) {
  async function cancelOne(workspaceId: string, jobRunId: string): Promise<CancelResult> {
    const { store } = persistence;
    const run = await store.jobRuns.get(workspaceId, jobRunId);
    if (!run) return { outcome: 'not-found', jobRunId };
    if (isTerminalRunState(run.status)) return { outcome: 'finished', run };
    const isCancelled = run.status === 'pending' ? await endWaiting(run) : await askForStop(jobRunId);
    // It was claimed, or became pending again, at this moment: decide by its new state.
    if (!isCancelled) return cancelOne(workspaceId, jobRunId);
    const now = await store.jobRuns.get(workspaceId, jobRunId);
    return { outcome: 'cancelling', run: now ?? run, previousStatus: run.status };
  }

  async function endWaiting(run: JobRunRecord): Promise<boolean> {
    const isEnded = await persistence.transaction(async (store) => {
      const ended = await endPending(store, run.id, `By ${nameActor(currentActor())}, before it started.`);
      if (ended) await recordCancel(store, run);
      return ended;
    });
    attemptLog.announce(run.id);
    return isEnded;
  }

  function endPending(store: Pick<Store, RunEndStores>, jobRunId: string, detail: string): Promise<boolean> {
    return finishRun.inTransaction(
      store,
      jobRunId,
      { status: 'cancelled', detail },
      { onlyFrom: ['pending'] },
    );
  }

  /**
   * Writes the log line together with the state: a quick stop ends the run and closes its log before a later
   * line could be added.
   * @returns whether the run is being stopped, by this call or an earlier one
   */
  async function askForStop(jobRunId: string): Promise<boolean> {
    const isAsked = await persistence.transaction(async (store) => {
      const run = await store.jobRuns.lock(jobRunId);
      if (run?.status === 'cancelling') return true;
      if (!(await store.jobRuns.transition(jobRunId, ['starting', 'running'], 'cancelling', 'cancel')))
        return false;
      if (run) await recordCancel(store, run);
      const attempt = await store.attempts.latest(jobRunId);
      if (run && attempt) await attemptLog.writeWith(store, attempt.id, [await describeRequest(store, run)]);
      await store.outbox.wake();
      return true;
    });
    attemptLog.announce(jobRunId);
    return isAsked;
  }

  return {
    async cancel(workspaceId: string, jobRunId: string): Promise<JobRunRecord> {
      const result = await cancelOne(workspaceId, jobRunId);
      if (result.outcome === 'not-found')
        throw new ServiceError('not_found', `There is no job run ${jobRunId}.`);
      if (result.outcome === 'finished') {
        throw new ServiceError('run_finished', `The run has already ended: it is ${result.run.status}.`);
      }
      return result.run;
    },

    /**
     * Cancels each run independently: one that has already ended does not prevent the others from being
     * cancelled.
     */
    async cancelMany(workspaceId: string, jobRunIds: readonly string[]): Promise<CancelResult[]> {
      const results: CancelResult[] = [];
      for (const jobRunId of new Set(jobRunIds)) results.push(await cancelOne(workspaceId, jobRunId));
      return results;
    },

    /**
     * Cancels the queued runs of jobs and removes their deferred starts, in the transaction that pauses or
     * archives the jobs. It holds their locks, so no run is added meanwhile. Started runs continue.
     * @returns the ids of the cancelled runs, to be announced after the commit
     */
    async cancelWaiting(store: Pick<Store, RunEndStores>, jobs: readonly JobRecord[]): Promise<string[]> {
      await dropDeferredStartsOf(store, jobs);
      const cancelled: string[] = [];
      const detail = `Its job was paused or archived by ${nameActor(currentActor())} before the run started.`;
      for (const jobRunId of await store.jobRuns.listPending(jobs.map(({ id }) => id))) {
        if (await endPending(store, jobRunId, detail)) cancelled.push(jobRunId);
      }
      return cancelled;
    },

    announce(jobRunIds: readonly string[]): void {
      for (const jobRunId of jobRunIds) attemptLog.announce(jobRunId);
    },
  };
}

/** Creates the log line that names who cancelled a started run, and its grace period. */
async function describeRequest(store: Pick<Store, 'jobs'>, run: JobRunRecord): Promise<UnnumberedLogLine> {
  const [version] = await store.jobs.getVersions([run.jobVersionId]);
  const grace = version ? ` ${describeGrace(getGraceSeconds(version.definition))}` : '';
  const message = `Cancelled by ${nameActor(currentActor())}; the run is being stopped.${grace}`;
  return runnerLine(message, new Date());
}

async function recordCancel(store: Pick<Store, 'auditLog' | 'jobs'>, run: JobRunRecord): Promise<void> {
  const job = await store.jobs.find(run.jobId);
  await recordChange(store, {
    workspaceId: run.workspaceId,
    action: 'job-run.cancel',
    target: { kind: 'job-run', id: run.id, name: `${job?.jobRef ?? run.jobId} #${run.number}` },
    before: { status: run.status },
    after: null,
  });
}
