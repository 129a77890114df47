import type { AttemptLog } from '../services/logs/attempt-log.ts';
import type { ClaimRuns } from './claim-runs.ts';
import type { Persistence } from '../store/store.ts';
import { describeRoomEnd } from '../domain/apps/app.ts';
import { runnerLine } from '../domain/logs/log-line.ts';

export interface MakeRoomDependencies {
  persistence: Pick<Persistence, 'transaction'>;
  attemptLog: Pick<AttemptLog, 'write' | 'announce'>;
  claimRuns: Pick<ClaimRuns, 'holds'>;
  owner: string;
  idleTimes?: IdleTimes;
}

/** When an app counts as idle: whoever reads a page without a request keeps it for a while, and an open connection for good. */
export interface IdleTimes {
  unusedSeconds: number;
  /** Longer than the time between two notes of what is open. */
  disconnectedSeconds: number;
}

const defaultIdleTimes: IdleTimes = { unusedSeconds: 60, disconnectedSeconds: 20 };

export type MakeRoom = ReturnType<typeof createMakeRoom>;

/** Creates what stops the app that has been idle longest when another app waits for a slot. */
export function createMakeRoom({
  persistence,
  attemptLog,
  claimRuns,
  owner,
  idleTimes = defaultIdleTimes,
}: MakeRoomDependencies) {
  let stopped: string[] = [];

  return {
    /**
     * How many apps that were stopped still have their slots. Call it before pending runs are claimed: the slot of one that ends after
     * that is free, and nothing has claimed it yet.
     */
    countEnding(): number {
      stopped = stopped.filter((jobRunId) => claimRuns.holds(jobRunId));
      return stopped.length;
    },

    /** Call it every second at most. @param ending of `countEnding` */
    async makeRoom(ending: number): Promise<void> {
      // One server at a time counts and stops: two that count at once would each stop an app for the same one.
      const chosen = await persistence.transaction(async ({ apps }) =>
        (await apps.tryHoldRoom()) ? apps.makeRoom(owner, { ...idleTimes, ending }) : undefined,
      );
      if (!chosen) return;
      const { jobRunId, attemptId, unusedSeconds } = chosen;
      stopped.push(jobRunId);
      const line = runnerLine(describeRoomEnd(unusedSeconds), new Date());
      if (attemptId) await attemptLog.write(jobRunId, attemptId, [line]);
      // Its watch stops it.
      attemptLog.announce(jobRunId);
    },
  };
}
