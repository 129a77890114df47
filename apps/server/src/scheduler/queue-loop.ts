import type { LoopDefinition } from '../platform/loops.ts';
import type { ReleaseQueued } from '../services/runs/release-queued.ts';
import { maxLoopSilenceMs } from '../platform/loops.ts';

/** Events that free or take slots, or add to the queue. Undefined means that any event may have been lost. */
const wakingKinds = new Set<string | undefined>([undefined, 'job_run.finished', 'job_run.created', 'queue']);
/** Finds what no event announces: lost wake-ups, freshness, the start of a month, start deadlines. */
const pollIntervalMs = 1000;
/** Many runs that start or end at once wake the loop once. */
const minPauseMs = 50;

/** Releases queued runs as slots become free. Several servers may run this loop: each run is decided under the lock of its job. */
export function defineQueueLoop(releaseQueued: ReleaseQueued): LoopDefinition {
  return {
    name: 'queue',
    intervalMs: pollIntervalMs,
    minPauseMs,
    wakesFor: (kind) => wakingKinds.has(kind),
    async iterate() {
      const { hasQueued, hasDeadlines } = await releaseQueued.readWork();
      // First, so that a run past its start deadline is not released.
      if (hasDeadlines) await releaseQueued.failOverdue();
      if (!hasQueued) return;
      await releaseQueued.release();
      await releaseQueued.reportWaits();
    },
    failureMessage: 'queued runs were not released; retried in the next iteration',
    readyWithinMs: maxLoopSilenceMs,
  };
}
