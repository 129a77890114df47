import type { Logger } from 'pino';
import type { Persistence } from '../store/store.ts';
import type { ReleaseQueued } from '../services/runs/release-queued.ts';
import type { RoundLoop } from './round-loop.ts';
import { createRoundLoop } from './round-loop.ts';

export interface ReleaseLoopDependencies {
  persistence: Persistence;
  releaseQueued: ReleaseQueued;
  log: Logger;
}

/** What makes or takes room, or adds to what waits. Undefined: anything may have happened. */
const wakingKinds = new Set<string | undefined>([undefined, 'job_run.finished', 'job_run.created', 'queue']);
/** Also without a word from anybody: for wake-ups that got lost, freshness and months that change, and start deadlines. */
const pollIntervalMs = 1000;

/** Lets waiting runs go as runs end. Any number of servers may do so at once: each run is decided on under the lock of its job. */
export function createReleaseLoop({ persistence, releaseQueued, log }: ReleaseLoopDependencies): RoundLoop {
  return createRoundLoop({
    persistence,
    wakesFor: (kind) => wakingKinds.has(kind),
    async round() {
      // Those that are too late must not go any more.
      await releaseQueued.failOverdue();
      await releaseQueued.release();
      await releaseQueued.tellWaits();
      return pollIntervalMs;
    },
    failureWords: 'the queue was not looked at; the next round follows',
    log,
  });
}
