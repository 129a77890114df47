import type { AdvanceBackfills, AdvanceOutcome } from '../services/backfills/advance-backfills.ts';
import type { Logger } from 'pino';
import pLimit from 'p-limit';
import { maxLoopSilenceMs, type LoopDefinition } from '../platform/loops.ts';

/** Undefined means that any event may have been lost. */
const wakingKinds = new Set<string | undefined>([undefined, 'job_run.finished', 'backfills']);
/** Finds what no event announces: free slots, the start of a month, lost wake-ups. */
const pollIntervalMs = 1000;
/** Many windows that end at once wake the loop once. */
const minPauseMs = 50;
/** Backfills that are advanced at the same time. Each uses a connection. */
const width = 4;

/** Starts windows of backfills as slots become free. Several servers may run this loop: each step is taken under the lock of its job. */
export function defineBackfillLoop(advanceBackfills: AdvanceBackfills, log: Logger): LoopDefinition {
  async function advance(backfillId: string): Promise<AdvanceOutcome> {
    try {
      return await advanceBackfills.advance(backfillId);
    } catch (error) {
      // One broken backfill must not stop the others.
      log.error({ err: error, backfillId }, 'a backfill could not be advanced; retried');
      return 'waits';
    }
  }

  return {
    name: 'backfills',
    intervalMs: pollIntervalMs,
    minPauseMs,
    wakesFor: (kind) => wakingKinds.has(kind),
    async iterate(signal) {
      const live = await advanceBackfills.listLive();
      const outcomes = await pLimit(width).map(live, async (backfillId) =>
        signal.aborted ? 'waits' : advance(backfillId),
      );
      return outcomes.includes('moved') || outcomes.includes('left') ? minPauseMs : undefined;
    },
    failureMessage: 'backfills were not advanced; retried in the next iteration',
    readyWithinMs: maxLoopSilenceMs,
  };
}
