import type { StartRuns } from '../services/runs/start-runs.ts';
import type { Clock } from '../services/scheduling/clock.ts';
import type { DueTick } from '../store/records.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../store/store.ts';
import pLimit from 'p-limit';
import { arrangeMissing } from '../services/scheduling/arrange-schedules.ts';
import { maxLoopSilenceMs, type LoopDefinition } from '../platform/loops.ts';

export interface TickLoopDependencies {
  persistence: Persistence<'installation' | 'jobs' | 'outbox' | 'schedules' | 'workspaces'>;
  startRuns: Pick<StartRuns, 'startTick'>;
  clock: Clock;
  log: Logger;
}

/**
 * Number of ticks read at once, and decided concurrently. Each decision uses a connection for some
 * milliseconds and mostly waits for Postgres.
 */
const batchSize = 200;
const width = 8;
/** A tick whose job another server has locked is tried again after this pause. */
const minPauseMs = 20;
/** Finds ticks whose wake-up was lost. */
const maxPauseMs = 1000;

/**
 * Decides on each tick when it is due. Several servers may run this loop: the server that locks the job first decides, the others go
 * on to the next tick, and none waits for a server that has died.
 */
export function defineTickLoop({ persistence, startRuns, clock, log }: TickLoopDependencies): LoopDefinition {
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
        'a tick could not be decided; retried',
      );
      return 'failed';
    }
  }

  /** @returns the pause before the next iteration, in milliseconds */
  async function iterate(signal: AbortSignal): Promise<number> {
    const due = await store.schedules.listDue(await clock(store), batchSize);
    const outcomes = new Set<string>();
    await pLimit(width).map(due, async (tick) => {
      if (!signal.aborted) outcomes.add(await decide(tick));
    });
    if (outcomes.has('failed')) return maxPauseMs;
    if (outcomes.has('decided')) return 0;
    const next = await store.schedules.nextTickAt();
    const untilNextMs = next === null ? maxPauseMs : next.getTime() - (await clock(store)).getTime();
    return Math.min(Math.max(untilNextMs, minPauseMs), maxPauseMs);
  }

  return {
    name: 'scheduler',
    intervalMs: maxPauseMs,
    wakesFor: (kind) => kind === undefined || kind === 'schedules',
    prepare: () => arrangeMissing(persistence, clock),
    iterate,
    failureMessage: 'due ticks were not decided; retried in the next iteration',
    readyWithinMs: maxLoopSilenceMs,
  };
}
