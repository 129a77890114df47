import type { Logger } from 'pino';
import type { Persistence } from '../store/store.ts';
import type { ReleaseQueued } from '../services/release-queued.ts';

export interface ReleaseLoopDependencies {
  persistence: Persistence;
  releaseQueued: ReleaseQueued;
  log: Logger;
}

export interface ReleaseLoop {
  start(): Promise<void>;
  /** Resolves when the round that is under way is over. */
  stop(): Promise<void>;
  /** When the loop last went round; null before the first round. */
  lastRoundAt(): Date | null;
}

/** What makes or takes room, or adds to what waits. Undefined: anything may have happened. */
const wakingKinds = new Set<string | undefined>([undefined, 'job_run.finished', 'job_run.created', 'queue']);
/** Also without a word from anybody: for wake-ups that got lost, freshness and months that change, and start deadlines. */
const pollIntervalMs = 1000;

/** Lets waiting runs go as runs end. Any number of servers may do so at once: each run is decided on under the lock of its job. */
export function createReleaseLoop({ persistence, releaseQueued, log }: ReleaseLoopDependencies): ReleaseLoop {
  const stopping = new AbortController();
  const { signal } = stopping;
  let lastRoundAt: Date | null = null;
  let awaken = () => undefined as void;
  let loop: Promise<void> = Promise.resolve();
  let subscription: { close(): Promise<void> } | undefined;

  async function round(): Promise<void> {
    // Those that are too late must not go any more.
    await releaseQueued.failOverdue();
    await releaseQueued.release();
    await releaseQueued.tellWaits();
    lastRoundAt = new Date();
  }

  async function repeat(): Promise<void> {
    while (!signal.aborted) {
      // Before the round: what is committed while it reads is for the next one.
      const woken = nextWake();
      await round().catch((error: unknown) =>
        log.error({ err: error }, 'the queue was not looked at; the next round follows'),
      );
      await woken;
    }
  }

  function nextWake(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, pollIntervalMs);
    awaken = () => {
      clearTimeout(timer);
      resolve();
    };
    if (signal.aborted) awaken();
    return promise;
  }

  return {
    async start() {
      subscription = await persistence.onWake((kind) => {
        if (wakingKinds.has(kind)) awaken();
      });
      loop = repeat();
    },
    async stop() {
      stopping.abort();
      awaken();
      await loop;
      await subscription?.close();
    },
    lastRoundAt: () => lastRoundAt,
  };
}
