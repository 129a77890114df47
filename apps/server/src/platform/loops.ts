import type { Logger } from 'pino';
import { setTimeout as delay } from 'node:timers/promises';

/** A task that the server repeats: after an interval, and sooner when an event wakes it. */
export interface LoopDefinition {
  /** Unique in a server. `/readyz`, `/metrics` and the log use it. */
  name: string;
  /** Pause between two iterations. An iteration may ask for another one by returning it. */
  intervalMs: number;
  /** Pause before the first iteration. The default is none. */
  firstDelayMs?: number;
  /**
   * Varies each pause by this share in both directions, so that servers that started together drift apart.
   */
  jitter?: number;
  /** How long a wake-up waits for others that follow it, so that one iteration serves them all. */
  gatherMs?: number;
  /** The shortest pause between two iterations, however often the loop is woken. */
  minPauseMs?: number;
  /**
   * Whether an event of this kind starts an iteration now. Undefined means that wake-ups may have been lost.
   */
  wakesFor?: (kind: string | undefined) => boolean;
  /** Runs before the first iteration. The server does not start when it fails. */
  prepare?: () => Promise<void>;
  /**
   * One iteration. A failure is logged as `failureMessage` and the next iteration follows.
   * @returns the pause before the next iteration in milliseconds; nothing for `intervalMs`
   */
  iterate: (signal: AbortSignal) => Promise<number | void>;
  failureMessage: string;
  /**
   * An iteration that takes longer counts as failed, and the next one does not wait for it: a lost connection
   * may never answer.
   */
  maxIterationMs?: number;
  /**
   * The server is not ready when no iteration has succeeded for this long. Null keeps the loop out of
   * readiness.
   */
  readyWithinMs: number | null;
}

/** One running loop. */
export interface Loop {
  /** Starts the next iteration now, or right after the current one. */
  wake(): void;
  /** Resolves when the current iteration has ended. */
  stop(): Promise<void>;
}

export interface LoopStatus {
  name: string;
  intervalMs: number;
  readyWithinMs: number | null;
  startedAt: Date;
  /** End of the last iteration that succeeded; null before the first. */
  lastSuccessAt: Date | null;
  /** Iterations that failed since the loop started. */
  failureCount: number;
}

/**
 * Subscribes to events of all servers on the same store. Undefined as the kind means that wake-ups may have
 * been lost.
 */
export type OnWake = (listener: (kind: string | undefined) => void) => Promise<{ close(): Promise<void> }>;

/**
 * All loops of a server. Readiness, metrics and shutdown read this list, so a loop outside of it does not
 * exist.
 */
export interface Loops {
  /** Prepares a loop and starts it. Its first iteration may still be running when this resolves. */
  start(definition: LoopDefinition): Promise<Loop>;
  list(): LoopStatus[];
  /** Stops all loops. Resolves when their current iterations have ended. */
  stop(): Promise<void>;
}

/** For loops that run about every second: a server whose loop has not succeeded for longer is not ready. */
export const maxLoopSilenceMs = 30_000;

/** A stopping server names the loops that have not ended after this. */
const lateStopMs = 5000;

/**
 * Pause after the first of several failures in a row. It doubles with each, up to the interval of the loop.
 */
const firstRetryMs = 1000;

export function createLoops({ onWake, log }: { onWake: OnWake; log: Logger }): Loops {
  const running = new Map<string, { loop: Loop; readStatus: () => LoopStatus }>();

  return {
    async start(definition) {
      const { name } = definition;
      if (running.has(name)) throw new Error(`The loop ${name} is running already.`);
      const entry = await startLoop(definition, { onWake, log });
      running.set(name, entry);
      const { loop } = entry;
      return {
        wake: () => loop.wake(),
        async stop() {
          await loop.stop();
          running.delete(name);
        },
      };
    },
    list: () => [...running.values()].map(({ readStatus }) => readStatus()),
    async stop() {
      const left = new Set(running.keys());
      const late = setTimeout(
        () => log.warn({ loops: [...left] }, 'iterations of loops have not ended yet'),
        lateStopMs,
      ).unref();
      await Promise.all(
        [...running].map(async ([name, { loop }]) => {
          await loop.stop();
          left.delete(name);
        }),
      );
      clearTimeout(late);
    },
  };
}

async function startLoop(
  definition: LoopDefinition,
  { onWake, log }: { onWake: OnWake; log: Logger },
): Promise<{ loop: Loop; readStatus: () => LoopStatus }> {
  const { name, intervalMs, readyWithinMs, wakesFor, iterate, failureMessage } = definition;
  const stopping = new AbortController();
  const { signal } = stopping;
  const startedAt = new Date();
  let lastSuccessAt: Date | null = null;
  let failureCount = 0;
  let failuresInRow = 0;
  let wake: () => void = () => undefined;

  async function runIteration(): Promise<number> {
    try {
      const pauseMs =
        (await limit(iterate(signal), definition.maxIterationMs)) ?? vary(intervalMs, definition.jitter);
      lastSuccessAt = new Date();
      failuresInRow = 0;
      return pauseMs;
    } catch (error) {
      failureCount += 1;
      log.error({ err: error, loop: name }, failureMessage);
      failuresInRow += 1;
      return Math.min(intervalMs, firstRetryMs * 2 ** (failuresInRow - 1));
    }
  }

  async function repeat(): Promise<void> {
    let iteration = async (): Promise<number> => vary(definition.firstDelayMs ?? 0, definition.jitter);
    while (!signal.aborted) {
      // Set before the iteration: a change that is committed while it reads wakes the next one.
      const woken = Promise.withResolvers<void>();
      wake = woken.resolve;
      if (signal.aborted) woken.resolve();
      const pauseMs = await iteration();
      const endedAt = performance.now();
      const timer = setTimeout(woken.resolve, pauseMs);
      await woken.promise;
      clearTimeout(timer);
      const restMs = (definition.minPauseMs ?? 0) - (performance.now() - endedAt);
      const delayMs = Math.max(definition.gatherMs ?? 0, restMs);
      if (delayMs > 0) await delay(delayMs, undefined, { signal }).catch(() => undefined);
      iteration = runIteration;
    }
  }

  const subscription = wakesFor && (await onWake((kind) => wakesFor(kind) && wake()));
  try {
    await definition.prepare?.();
  } catch (error) {
    await subscription?.close();
    throw error;
  }
  const ended = repeat();
  return {
    loop: {
      wake: () => wake(),
      async stop() {
        stopping.abort();
        wake();
        await ended;
        await subscription?.close();
      },
    },
    readStatus: () => ({ name, intervalMs, readyWithinMs, startedAt, lastSuccessAt, failureCount }),
  };
}

function vary(pauseMs: number, jitter = 0): number {
  return pauseMs * (1 + jitter * (2 * Math.random() - 1));
}

/** @throws Error when the task has not ended in time */
async function limit<Result>(task: Promise<Result>, maxMs: number | undefined): Promise<Result> {
  if (maxMs === undefined) return task;
  const ended = new AbortController();
  const late = delay(maxMs, undefined, { signal: ended.signal, ref: false }).then(() => {
    throw new Error(`The iteration has not ended within ${maxMs / 1000} s.`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([task, late]);
  } finally {
    ended.abort();
  }
}
