import type { Logger } from 'pino';
import type { Persistence } from '../store/store.ts';

/** A loop of the scheduler, which goes round when it is woken, and by itself. */
export interface RoundLoop {
  start(): Promise<void>;
  /** Resolves when the round that is under way is over. */
  stop(): Promise<void>;
  /** When the loop last went round; null before the first round. */
  lastRoundAt(): Date | null;
}

export interface RoundLoopDependencies {
  persistence: Persistence;
  /** Whether an event of this kind is a reason to look. Undefined: wake-ups may have been lost, and anything may have happened. */
  wakesFor: (kind: string | undefined) => boolean;
  /** Done before the first round. */
  prepare?: () => Promise<void>;
  /** @returns after how long, in milliseconds, the next round comes by itself */
  round: (signal: AbortSignal) => Promise<number>;
  /** What is logged of a round that failed. */
  failureWords: string;
  log: Logger;
}

/** Also without a word from anybody: what was committed while the connection for wake-ups was lost. */
export const longestPauseMs = 1000;

/** Goes round again and again. A round that fails is logged, and the next one follows. */
export function createRoundLoop({
  persistence,
  wakesFor,
  prepare,
  round,
  failureWords,
  log,
}: RoundLoopDependencies): RoundLoop {
  const stopping = new AbortController();
  const { signal } = stopping;
  let lastRoundAt: Date | null = null;
  let awaken = () => undefined as void;
  let loop: Promise<void> = Promise.resolve();
  let subscription: { close(): Promise<void> } | undefined;

  async function goRound(): Promise<number> {
    try {
      const pauseMs = await round(signal);
      lastRoundAt = new Date();
      return pauseMs;
    } catch (error) {
      log.error({ err: error }, failureWords);
      return longestPauseMs;
    }
  }

  async function repeat(): Promise<void> {
    while (!signal.aborted) {
      // Before the round: what is committed while it reads is for the next one.
      const { promise, resolve } = Promise.withResolvers<void>();
      awaken = resolve;
      if (signal.aborted) resolve();
      const pauseMs = await goRound();
      const timer = setTimeout(resolve, pauseMs);
      await promise;
      clearTimeout(timer);
    }
  }

  return {
    async start() {
      subscription = await persistence.onWake((kind) => {
        if (wakesFor(kind)) awaken();
      });
      await prepare?.();
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
