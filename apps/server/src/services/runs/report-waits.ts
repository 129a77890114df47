import type { AttemptLog } from '../logs/attempt-log.ts';
import type { Persistence, Store } from '../../store/store.ts';
import { waitLine } from '../../domain/logs/log-line.ts';

export interface ReportWaitsDependencies {
  persistence: Persistence<'attempts' | 'logChunks' | 'waits'>;
  attemptLog: AttemptLog;
  /** Executor of the attempts that are created only for the log of a pending run. */
  executorName: string;
}

export type ReportWaits = ReturnType<typeof createReportWaits>;

/** Creates the only code that writes to a run's log what it waits for. */
export function createReportWaits({ persistence, attemptLog, executorName }: ReportWaitsDependencies) {
  async function write(
    store: Pick<Store, 'attempts' | 'logChunks'>,
    jobRunId: string,
    reason: string,
  ): Promise<void> {
    const attempt = await store.attempts.ensureOpen(jobRunId, executorName);
    if (attempt) await attemptLog.writeWith(store, attempt.id, [waitLine(reason, new Date())]);
  }

  return {
    write,

    /**
     * Writes to the log of runs what they wait for, and again when the reason changes.
     * @param options.isQueued whether to handle the runs that wait for a slot of their job or organization,
     * or the others
     */
    async report(options: { isQueued: boolean; limit: number }): Promise<void> {
      if (!(await persistence.store.waits.hasUnreported(options.isQueued))) return;
      const reported = await persistence.transaction(async (store) => {
        const waits = await store.waits.takeUnreported(options);
        for (const { jobRunId, waitReason } of waits) await write(store, jobRunId, waitReason);
        return waits;
      });
      for (const { jobRunId } of reported) attemptLog.announceLines(jobRunId);
    },
  };
}
