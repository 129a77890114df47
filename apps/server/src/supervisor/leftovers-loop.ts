import type { Leftovers } from '../services/retention/leftovers.ts';
import type { Logger } from 'pino';
import { setTimeout as delay } from 'node:timers/promises';

export interface LeftoversLoopDependencies {
  leftovers: Pick<Leftovers, 'remove'>;
  /** Of each server, since each may see a place of its own. */
  pauseSeconds?: number;
  log: Logger;
}

export interface LeftoversLoop {
  start(): void;
  /** Resolves when the removal that is under way is done. */
  stop(): Promise<void>;
}

/** Removes what nothing owns, again and again. Servers that were started together drift apart. */
export function createLeftoversLoop({
  leftovers,
  pauseSeconds = 600,
  log,
}: LeftoversLoopDependencies): LeftoversLoop {
  const stopping = new AbortController();
  const { signal } = stopping;
  let loop: Promise<void> = Promise.resolve();

  /** Ends early, without an error, when the server stops. */
  async function pause(): Promise<void> {
    const seconds = pauseSeconds * (0.5 + Math.random());
    await delay(seconds * 1000, undefined, { signal, ref: false }).catch(() => undefined);
  }

  async function repeat(): Promise<void> {
    // A server that starts has more urgent things to do, and takes up first what others left.
    await pause();
    while (!signal.aborted) {
      await leftovers
        .remove({ signal })
        .catch((error: unknown) => log.warn({ err: error }, 'what nothing owns was not looked for'));
      await pause();
    }
  }

  return {
    start() {
      loop = repeat();
    },
    async stop() {
      stopping.abort();
      await loop;
    },
  };
}
