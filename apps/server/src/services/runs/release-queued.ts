import type { RunEndStores } from './run-stores.ts';
import type { AttemptLog } from '../logs/attempt-log.ts';
import type { Clock } from '../scheduling/clock.ts';
import type { FinishRun } from './finish-run.ts';
import type { Logger } from 'pino';
import type { JobRunRecord, QueueHead } from '../../store/records.ts';
import type { Persistence, Store } from '../../store/store.ts';
import type { QueueOutcome } from './start-queued.ts';
import type { ReportWaits } from './report-waits.ts';
import { startQueued } from './start-queued.ts';

export interface ReleaseQueuedDependencies {
  persistence: Persistence<RunEndStores>;
  finishRun: FinishRun;
  attemptLog: AttemptLog;
  clock: Clock;
  reportWaits: ReportWaits;
  /** Executor of the attempts that are created only for the log of a queued run. */
  executorName: string;
  log: Logger;
}

export type ReleaseQueued = ReturnType<typeof createReleaseQueued>;

const batchSize = 100;

/**
 * Manages queued runs: starts them when slots become free, records what they wait for, and ends those whose
 * deadline has passed.
 */
export function createReleaseQueued(dependencies: ReleaseQueuedDependencies) {
  const { persistence, finishRun, attemptLog, clock, reportWaits, executorName, log } = dependencies;

  /**
   * Ends an obsolete queued run as cancelled: none of it ran, and clients that follow it need to see an end.
   * Its log and its wait reason state that no user cancelled it.
   */
  async function callOff(
    store: Pick<Store, RunEndStores>,
    run: JobRunRecord,
    reasons: readonly string[],
  ): Promise<void> {
    const text = `Not started, and dropped: ${reasons.join('; ')}.`;
    await store.runQueue.setWaitReason(run.id, text, { isReported: true });
    // The held lock of its job prevents it from being ended or claimed meanwhile.
    await reportWaits.write(store, run.id, text);
    await finishRun.inTransaction(store, run.id, { status: 'cancelled' }, { onlyFrom: ['pending'] });
  }

  /** An error for one job must not block the others. */
  async function tryRelease(head: QueueHead): Promise<QueueOutcome> {
    try {
      return await releaseNext(head);
    } catch (error) {
      log.error({ err: error, jobId: head.jobId }, 'a waiting run could not be decided; retried');
      return { started: null, obsolete: [], full: 'job' };
    }
  }

  async function releaseNext(head: QueueHead): Promise<QueueOutcome> {
    const outcome = await persistence.transaction(async (store) => {
      const found = await startQueued(store, head.jobId, clock);
      for (const { run, reasons } of found.obsolete) await callOff(store, run, reasons);
      return found;
    });
    for (const { run } of outcome.obsolete) attemptLog.announce(run.id);
    return outcome;
  }

  return {
    /**
     * Starts all queued runs with a free slot, highest priority first, then oldest. Each has its own
     * transaction, so that concurrent starts and ends count.
     * @returns the number of started runs
     */
    async release(): Promise<number> {
      const passed = { jobIds: [] as string[], organizationIds: [] as string[] };
      for (let released = 0; ;) {
        const head = await persistence.store.runQueue.next(passed);
        if (!head) return released;
        const { started, full } = await tryRelease(head);
        if (started) released += 1;
        else if (full === 'organization') passed.organizationIds.push(head.organizationId);
        else passed.jobIds.push(head.jobId);
      }
    },

    /** Writes to the log of each queued run what it waits for, and again when the reason changes. */
    reportWaits: () => reportWaits.report({ isQueued: true, limit: batchSize }),

    /**
     * Fails runs that have not started by their deadline, whatever they wait for.
     * @returns the number of failed runs
     */
    async failOverdue(): Promise<number> {
      const overdue = await persistence.store.runQueue.listOverdue(await clock(persistence.store), batchSize);
      let failed = 0;
      for (const run of overdue) if (await tryToFail(run)) failed += 1;
      return failed;
    },
  };

  async function tryToFail(run: JobRunRecord): Promise<boolean> {
    try {
      return await failOne(run);
    } catch (error) {
      log.error({ err: error, jobRunId: run.id }, 'a run past its start deadline was not ended; retried');
      return false;
    }
  }

  async function failOne(run: JobRunRecord): Promise<boolean> {
    const failure = { code: 'start_deadline_passed', detail: describeOverdue(run) } as const;
    const isFailed = await persistence.transaction(async (store) => {
      // Users look at its log first; the end of the run writes the reason to it.
      await store.attempts.ensureOpen(run.id, executorName);
      return finishRun.inTransaction(store, run.id, { status: 'failed', failure }, { onlyFrom: ['pending'] });
    });
    attemptLog.announce(run.id);
    return isFailed;
  }
}

function describeOverdue({ startBy, waitReason }: JobRunRecord): string {
  const waited = waitReason === null ? '' : ` Last wait reason: ${waitReason}`;
  return `The run had not started by ${startBy?.toISOString()}, its start deadline.${waited}`;
}
