import type { RunStartStores } from '../runs/run-stores.ts';
import type { BackfillAction } from '../../domain/backfills/backfill-state.ts';
import type { BackfillChange, BackfillRecord, JobRecord } from '../../store/records.ts';
import type { CancelRuns } from '../runs/cancel-runs.ts';
import type { Persistence, Store } from '../../store/store.ts';
import { allows, hasEnded } from '../../domain/backfills/backfill-state.ts';
import { maxChanged } from './advance-backfills.ts';
import { recordBackfill, refuseRefresh } from './create-backfills.ts';
import { refuseArchived } from '../runs/start-refusals.ts';
import { requireClock } from './find-windows.ts';
import { ServiceError } from '../../platform/service-error.ts';

type Stores = RunStartStores | 'auditLog' | 'backfills' | 'backfillWindows';

/** A backfill of a workspace. */
export interface BackfillScope {
  workspaceId: string;
  backfillId: string;
}

export type ChangeBackfills = ReturnType<typeof createChangeBackfills>;

/**
 * Creates the changes of backfills. Each holds the lock of the job, like the steps, so it never meets a half
 * taken one.
 * @throws ServiceError not_found, and backfill_state if the state does not allow the change
 */
export function createChangeBackfills(
  persistence: Persistence<Stores>,
  cancelRuns: Pick<CancelRuns, 'cancelMany'>,
) {
  function change<Result>(
    { workspaceId, backfillId }: BackfillScope,
    action: BackfillAction,
    work: (store: Pick<Store, Stores>, backfill: BackfillRecord, job: JobRecord) => Promise<Result>,
  ): Promise<Result> {
    return persistence.transaction(async (store) => {
      const seen = await store.backfills.get(workspaceId, backfillId);
      const [job] = seen ? await store.jobs.lock([seen.jobId]) : [];
      const backfill = await store.backfills.get(workspaceId, backfillId);
      if (!job || !backfill) throw new ServiceError('not_found', `There is no backfill ${backfillId}.`);
      if (!allows(backfill.status, action)) {
        throw new ServiceError(
          'backfill_state',
          `The backfill is ${backfill.status}, so it cannot be ${pastOf[action]}.`,
        );
      }
      const result = await work(store, backfill, job);
      await store.outbox.wake('backfills');
      return result;
    });
  }

  function retrySome(scope: BackfillScope, numbers: readonly number[] | null, isFurther: boolean) {
    return change(scope, 'retry', async (store, backfill, job) => {
      if (hasEnded(backfill.status) || backfill.pauseReason === 'failures') await refuseArchived(store, job);
      const retried = await store.backfillWindows.retry(backfill.id, numbers, maxChanged);
      if (retried === 0) {
        if (isFurther) return { backfill, retried };
        throw new ServiceError(
          'nothing_to_retry',
          'None of these windows has failed, was cancelled or skipped.',
        );
      }
      await recordBackfill(store, job, backfill, 'backfill.retry', { retried_window_count: retried });
      const { failed } = await store.backfillWindows.countForStep(backfill.id, 1);
      const staysPaused = backfill.status === 'paused' && backfill.pauseReason !== 'failures';
      const updated = await store.backfills.update(backfill.id, {
        status: staysPaused ? 'paused' : 'running',
        ...(staysPaused ? {} : { pauseReason: null }),
        finalCounts: null,
        ignoredFailures: failed,
      });
      return { backfill: updated, retried };
    });
  }

  return {
    /** Pauses a backfill: it starts no further window. Running windows continue. */
    pause: (scope: BackfillScope): Promise<BackfillRecord> =>
      change(scope, 'pause', async (store, backfill, job) => {
        await recordBackfill(store, job, backfill, 'backfill.pause');
        return store.backfills.update(backfill.id, {
          status: 'paused',
          pauseReason: 'user',
          waitReason: null,
        });
      }),

    /**
     * Resumes a backfill, whatever paused it: with its windows, even if the schedule of the job has changed, and
     * without counting earlier failures.
     * @throws ServiceError job_archived, workspace_archived, job_without_schedule, job_refreshes
     */
    resume: (scope: BackfillScope): Promise<BackfillRecord> =>
      change(scope, 'resume', async (store, backfill, job) => {
        await refuseArchived(store, job);
        refuseRefresh(job);
        const { failed } = await store.backfillWindows.countForStep(backfill.id, 1);
        await recordBackfill(store, job, backfill, 'backfill.resume', {
          pause_reason: backfill.pauseReason,
        });
        return store.backfills.update(backfill.id, {
          status: 'running',
          pauseReason: null,
          ignoredFailures: failed,
          clock: requireClock(job).key,
        });
      }),

    /**
     * Cancels a backfill: windows that wait never start. If there are many, its next steps cancel the others.
     * @param cancelsRunning also cancels the runs of running windows; otherwise they end by themselves
     */
    async cancel(scope: BackfillScope, cancelsRunning: boolean): Promise<BackfillRecord> {
      const { backfill, jobRunIds } = await change(scope, 'cancel', async (store, seen, job) => {
        const waiting = await store.backfillWindows.countWaiting(seen.id);
        await store.backfillWindows.cancelWaiting(seen.id, maxChanged);
        if (seen.status === 'preparing') await store.backfillWindows.dropPortions(seen.id);
        await recordBackfill(store, job, seen, 'backfill.cancel', {
          cancelled_window_count: waiting,
          cancels_running: cancelsRunning,
        });
        return {
          backfill: await store.backfills.update(seen.id, {
            status: 'cancelling',
            pauseReason: null,
            waitReason: null,
          }),
          jobRunIds: cancelsRunning ? await store.backfillWindows.listRunning(seen.id) : [],
        };
      });
      // Each in a transaction of its own, as for any list of runs. A call that is cut off can be repeated.
      await cancelRuns.cancelMany(scope.workspaceId, jobRunIds);
      return backfill;
    },

    /**
     * Lets failed, cancelled and skipped windows run again; an ended backfill goes on. Many windows take several
     * transactions: a call that is cut off can be repeated.
     * @param numbers null for all that failed or were cancelled
     * @throws ServiceError nothing_to_retry
     */
    async retry(scope: BackfillScope, numbers: readonly number[] | null): Promise<BackfillRecord> {
      for (let total = 0; ;) {
        const { backfill, retried } = await retrySome(scope, numbers, total > 0);
        total += retried;
        if (retried < maxChanged) return backfill;
      }
    },

    /**
     * Skips windows: they are not to be loaded, and neither failed nor cancelled ones count as such any more.
     * @throws ServiceError nothing_to_skip
     */
    skip: (scope: BackfillScope, numbers: readonly number[]): Promise<BackfillRecord> =>
      change(scope, 'skip', async (store, backfill, job) => {
        const skipped = await store.backfillWindows.skip(backfill.id, numbers);
        if (skipped === 0)
          throw new ServiceError(
            'nothing_to_skip',
            'None of these windows waits, has failed or was cancelled.',
          );
        await recordBackfill(store, job, backfill, 'backfill.skip', { skipped_window_count: skipped });
        const counts = (await store.backfillWindows.countOf([backfill.id])).get(backfill.id);
        const ignoredFailures = Math.min(backfill.ignoredFailures, counts?.failed ?? 0);
        if (!counts || !hasEnded(backfill.status))
          return store.backfills.update(backfill.id, { ignoredFailures });
        const status = counts.failed + counts.cancelled > 0 ? 'failed' : 'completed';
        return store.backfills.update(backfill.id, { ignoredFailures, status, finalCounts: counts });
      }),

    /** Changes how a backfill runs, while it runs. Running windows continue. */
    change: (
      scope: BackfillScope,
      changes: Pick<BackfillChange, 'parallel' | 'priority' | 'maxFailures'>,
    ): Promise<BackfillRecord> =>
      change(scope, 'change', async (store, backfill, job) => {
        const after = {
          parallel: changes.parallel ?? backfill.parallel,
          priority: changes.priority ?? backfill.priority,
          maxFailures: changes.maxFailures === undefined ? backfill.maxFailures : changes.maxFailures,
        };
        // A user who asks for more windows at a time may know that they do not wait for each other.
        const turnsOn = changes.parallel === undefined ? backfill.turnsOn : null;
        await recordBackfill(store, job, backfill, 'backfill.change', {
          parallel: after.parallel,
          priority: after.priority,
          max_failures: after.maxFailures,
        });
        return store.backfills.update(backfill.id, { ...after, turnsOn });
      }),
  };
}

const pastOf: Record<BackfillAction, string> = {
  pause: 'paused',
  resume: 'resumed',
  cancel: 'cancelled',
  retry: 'retried',
  skip: 'changed',
  change: 'changed',
};
