import type { Clock, StartRuns } from '../services/start-runs.ts';
import type { DueTick } from '../store/records.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../store/store.ts';
import { arrangeMissing } from '../services/arrange-schedules.ts';

export interface TickLoopDependencies {
  persistence: Persistence;
  startRuns: Pick<StartRuns, 'startTick'>;
  clock: Clock;
  log: Logger;
}

export interface TickLoop {
  start(): Promise<void>;
  /** Resolves when the ticks that are being decided on are. */
  stop(): Promise<void>;
  /** When the loop last went round; null before the first round. */
  lastRoundAt(): Date | null;
}

/** Ticks read at once, and decided on at once: each has a connection for some milliseconds, and mostly waits for Postgres meanwhile. */
const batchSize = 200;
const width = 8;
/** Also without a word from anybody: what was committed while the connection for wake-ups was lost. */
const longestPauseMs = 1000;
/** A job that somebody holds is looked at again after so long. */
const shortestPauseMs = 20;

/**
 * Decides on each tick as it comes. Any number of servers may do so at once: whoever holds the job first decides, the others pass on
 * to the next tick, and none waits for one that has died.
 */
export function createTickLoop({ persistence, startRuns, clock, log }: TickLoopDependencies): TickLoop {
  const { store } = persistence;
  const stopping = new AbortController();
  const { signal } = stopping;
  let lastRoundAt: Date | null = null;
  let awaken = () => undefined as void;
  let loop: Promise<void> = Promise.resolve();
  let subscription: { close(): Promise<void> } | undefined;

  async function decide(tick: DueTick): Promise<'decided' | 'left' | 'failed'> {
    try {
      const result = await startRuns.startTick(tick);
      for (const { ref, detail } of result?.failed ?? [])
        log.warn(
          { workspaceId: tick.workspaceId, job: ref, trigger: tick.trigger, detail },
          'a tick started nothing',
        );
      return result ? 'decided' : 'left';
    } catch (error) {
      log.error(
        { err: error, jobId: tick.jobId, trigger: tick.trigger },
        'a tick could not be decided on; tried again',
      );
      return 'failed';
    }
  }

  /** @returns how long to wait for the next round */
  async function round(): Promise<number> {
    const queue = await store.schedules.listDue(await clock(store), batchSize);
    const outcomes = new Set<string>();
    const drain = async (): Promise<void> => {
      for (let tick = queue.shift(); tick && !signal.aborted; tick = queue.shift())
        outcomes.add(await decide(tick));
    };
    await Promise.all(Array.from({ length: width }, drain));
    lastRoundAt = new Date();
    if (outcomes.has('failed')) return longestPauseMs;
    if (outcomes.has('decided')) return 0;
    const next = await store.schedules.nextTickAt();
    const untilNextMs = next === null ? longestPauseMs : next.getTime() - (await clock(store)).getTime();
    return Math.min(Math.max(untilNextMs, shortestPauseMs), longestPauseMs);
  }

  async function repeat(): Promise<void> {
    while (!signal.aborted) {
      // Before the round: what is committed while it reads is for the next one.
      const woken = nextWake();
      const pauseMs = await round().catch((error: unknown) => {
        log.error({ err: error }, 'ticks were not looked at; the next round follows');
        return longestPauseMs;
      });
      woken.after(pauseMs);
      await woken.promise;
    }
  }

  function nextWake() {
    const { promise, resolve } = Promise.withResolvers<void>();
    awaken = resolve;
    let timer: NodeJS.Timeout | undefined;
    void promise.then(() => clearTimeout(timer));
    if (signal.aborted) resolve();
    return {
      promise,
      after(pauseMs: number) {
        timer = setTimeout(resolve, pauseMs);
      },
    };
  }

  return {
    async start() {
      subscription = await persistence.onWake((kind) => {
        if (kind === undefined || kind === 'schedules') awaken();
      });
      await arrangeMissing(persistence, clock);
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
