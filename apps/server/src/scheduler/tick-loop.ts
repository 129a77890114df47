import type { StartRuns } from '../services/runs/start-runs.ts';
import type { Clock } from '../services/scheduling/clock.ts';
import type { DueTick } from '../store/records.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../store/store.ts';
import type { RoundLoop } from './round-loop.ts';
import { arrangeMissing } from '../services/scheduling/arrange-schedules.ts';
import { createRoundLoop, longestPauseMs } from './round-loop.ts';

export interface TickLoopDependencies {
  persistence: Persistence;
  startRuns: Pick<StartRuns, 'startTick'>;
  clock: Clock;
  log: Logger;
}

/** Ticks read at once, and decided on at once: each has a connection for some milliseconds, and mostly waits for Postgres meanwhile. */
const batchSize = 200;
const width = 8;
/** A job that somebody holds is looked at again after so long. */
const shortestPauseMs = 20;

/**
 * Decides on each tick as it comes. Any number of servers may do so at once: whoever holds the job first decides, the others pass on
 * to the next tick, and none waits for one that has died.
 */
export function createTickLoop({ persistence, startRuns, clock, log }: TickLoopDependencies): RoundLoop {
  const { store } = persistence;
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
  async function round(signal: AbortSignal): Promise<number> {
    const queue = await store.schedules.listDue(await clock(store), batchSize);
    const outcomes = new Set<string>();
    const drain = async (): Promise<void> => {
      for (let tick = queue.shift(); tick && !signal.aborted; tick = queue.shift())
        outcomes.add(await decide(tick));
    };
    await Promise.all(Array.from({ length: width }, drain));
    if (outcomes.has('failed')) return longestPauseMs;
    if (outcomes.has('decided')) return 0;
    const next = await store.schedules.nextTickAt();
    const untilNextMs = next === null ? longestPauseMs : next.getTime() - (await clock(store)).getTime();
    return Math.min(Math.max(untilNextMs, shortestPauseMs), longestPauseMs);
  }

  return createRoundLoop({
    persistence,
    wakesFor: (kind) => kind === undefined || kind === 'schedules',
    prepare: () => arrangeMissing(persistence, clock),
    round,
    failureWords: 'ticks were not looked at; the next round follows',
    log,
  });
}
