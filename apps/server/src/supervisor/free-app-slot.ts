import type { AttemptLog } from '../services/logs/attempt-log.ts';
import type { ClaimRuns } from './claim-runs.ts';
import type { Persistence } from '../store/store.ts';
import { describeEviction } from '../domain/apps/app.ts';
import { runnerLine } from '../domain/logs/log-line.ts';

export interface FreeAppSlotDependencies {
  persistence: Pick<Persistence, 'transaction'>;
  attemptLog: Pick<AttemptLog, 'writeWith' | 'announce'>;
  claimRuns: Pick<ClaimRuns, 'holds'>;
  owner: string;
  idleTimes?: IdleTimes;
}

/**
 * When an app counts as idle. A visitor who reads a page without sending requests keeps it active for a
 * while; an open connection keeps it active without limit.
 */
export interface IdleTimes {
  unusedSeconds: number;
  /** Longer than the interval at which open connections are recorded. */
  disconnectedSeconds: number;
}

const defaultIdleTimes: IdleTimes = { unusedSeconds: 60, disconnectedSeconds: 20 };

export type FreeAppSlot = ReturnType<typeof createFreeAppSlot>;

/** Creates the function that stops the longest-idle app when another app waits for a slot. */
export function createFreeAppSlot({
  persistence,
  attemptLog,
  claimRuns,
  owner,
  idleTimes = defaultIdleTimes,
}: FreeAppSlotDependencies) {
  let stopped: string[] = [];

  return {
    /**
     * Counts stopped apps that still hold their slots. Call it before claiming pending runs: a slot freed
     * after that is not claimed yet.
     */
    countEnding(): number {
      stopped = stopped.filter((jobRunId) => claimRuns.holds(jobRunId));
      return stopped.length;
    },

    /**
     * Call it at most once a second.
     * @param ending the result of `countEnding`
     */
    async freeAppSlot(ending: number): Promise<void> {
      // Only one server at a time counts and stops; two at once would each stop an app for the same waiting
      // one.
      const chosen = await persistence.transaction(async (tx) => {
        if (!(await tx.apps.tryHoldAppSlots())) return undefined;
        const app = await tx.apps.freeAppSlot(owner, { ...idleTimes, ending });
        if (!app?.attemptId) return app;
        // With the decision, because the watch of the attempt may end it and seal its log right after the commit.
        const line = runnerLine(describeEviction(app.unusedSeconds), new Date());
        await attemptLog.writeWith(tx, app.attemptId, [line]);
        return app;
      });
      if (!chosen) return;
      stopped.push(chosen.jobRunId);
      // The watch of its attempt stops it.
      attemptLog.announce(chosen.jobRunId);
    },
  };
}
