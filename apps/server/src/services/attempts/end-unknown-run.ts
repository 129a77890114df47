import type { RunEndStores } from '../runs/run-stores.ts';
import type { AttemptLog } from '../logs/attempt-log.ts';
import type { FinishRun } from '../runs/finish-run.ts';
import type { JobRunRecord } from '../../store/records.ts';
import type { Persistence, Store } from '../../store/store.ts';
import { currentActor, nameActor, recordChange } from '../audit/audit.ts';
import { isUuid } from '../../domain/primitives/uuid.ts';
import { isTerminalRunState } from '@pumphouse/contract';
import { ServiceError } from '../../platform/service-error.ts';

export type EndUnknownRun = ReturnType<typeof createEndUnknownRun>;

/**
 * Ends unknown runs, for which the server cannot tell whether they are still active. Their attempts are
 * closed, so a bootstrap that is still running is rejected at its next call and ends its user code.
 */
export function createEndUnknownRun(
  persistence: Persistence<RunEndStores | 'auditLog'>,
  finishRun: FinishRun,
  attemptLog: AttemptLog,
) {
  /** @returns whether the run ended; false if it was observed again or had already ended */
  async function end(
    jobRunId: string,
    detail: string,
    record?: (store: Pick<Store, 'auditLog' | 'jobs'>) => Promise<void>,
  ): Promise<boolean> {
    const isEnded = await persistence.transaction(async (store) => {
      const failure = { code: 'attempt_unknown', detail } as const;
      const outcome = { status: 'failed', failure } as const;
      if (!(await finishRun.inTransaction(store, jobRunId, outcome, { onlyUnknown: true }))) return false;
      await record?.(store);
      return true;
    });
    if (isEnded) attemptLog.announce(jobRunId);
    return isEnded;
  }

  async function force(run: JobRunRecord): Promise<JobRunRecord> {
    const { store } = persistence;
    requireUnknown(run);
    const detail = `Ended by ${nameActor(currentActor())} while no server could reach the run: ${run.unknownDetail ?? 'unknown'}`;
    if (!(await end(run.id, detail, (tx) => recordForcedEnd(tx, run)))) {
      // The run was observed again, or ended, at this moment: answer with its current state.
      requireUnknown((await store.jobRuns.find(run.id)) ?? run);
    }
    return (await store.jobRuns.find(run.id)) ?? run;
  }

  return {
    /** Ends a run by decision of its supervisor. */
    end: (jobRunId: string, detail: string) => end(jobRunId, detail),

    /**
     * Ends a run of a workspace for a user.
     * @throws ServiceError not_found, run_finished, run_not_unknown
     */
    async forceOf(workspaceId: string, jobRunId: string): Promise<JobRunRecord> {
      return force(requireRun(await persistence.store.jobRuns.get(workspaceId, jobRunId), jobRunId));
    },

    /**
     * Ends a run of any workspace for an operator.
     * @throws ServiceError not_found, run_finished, run_not_unknown
     */
    async force(jobRunId: string): Promise<JobRunRecord> {
      const run = isUuid(jobRunId) ? await persistence.store.jobRuns.find(jobRunId) : undefined;
      return force(requireRun(run, jobRunId));
    },
  };
}

function requireRun(run: JobRunRecord | undefined, jobRunId: string): JobRunRecord {
  if (run) return run;
  throw new ServiceError('not_found', `There is no job run ${jobRunId}.`);
}

function requireUnknown(run: JobRunRecord): void {
  if (isTerminalRunState(run.status))
    throw new ServiceError('run_finished', `The run has already ended: it is ${run.status}.`);
  if (run.unknownSince === null)
    throw new ServiceError(
      'run_not_unknown',
      `The run is ${run.status}, and its supervisor can reach it. Cancel it instead.`,
    );
}

async function recordForcedEnd(store: Pick<Store, 'auditLog' | 'jobs'>, run: JobRunRecord): Promise<void> {
  const job = await store.jobs.find(run.jobId);
  await recordChange(store, {
    workspaceId: run.workspaceId,
    action: 'job-run.force-end',
    target: { kind: 'job-run', id: run.id, name: `${job?.jobRef ?? run.jobId} #${run.number}` },
    before: { status: run.status, unknown_since: run.unknownSince, unknown_detail: run.unknownDetail },
    after: null,
  });
}
