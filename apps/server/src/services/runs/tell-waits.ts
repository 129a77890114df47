import type { AttemptLog } from '../logs/attempt-log.ts';
import type { Persistence, Store } from '../../store/store.ts';
import { waitLine } from '../../domain/logs/log-line.ts';

export interface TellWaitsDependencies {
  persistence: Persistence;
  attemptLog: AttemptLog;
  /** Of the attempts that are made for what the log of a waiting run says. */
  executorName: string;
}

export type TellWaits = ReturnType<typeof createTellWaits>;

/** Writes what a pending run waits for into its log. No other code writes such lines. */
export function createTellWaits({ persistence, attemptLog, executorName }: TellWaitsDependencies) {
  async function write(store: Store, jobRunId: string, reason: string): Promise<void> {
    const attempt = await store.attempts.ensureOpen(jobRunId, executorName);
    if (attempt) await attemptLog.writeWith(store, attempt.id, [waitLine(reason, new Date())]);
  }

  return {
    write,

    /**
     * Says in the log of runs what they wait for: once, and again when that is something else.
     * @param options.isQueued those that wait for room in their job or organization, or the others
     */
    async tell(options: { isQueued: boolean; limit: number }): Promise<void> {
      const told = await persistence.transaction(async (store) => {
        const waits = await store.waits.takeUntold(options);
        for (const { jobRunId, waitReason } of waits) await write(store, jobRunId, waitReason);
        return waits;
      });
      for (const { jobRunId } of told) attemptLog.announce(jobRunId);
    },
  };
}
