import type { StartRuns, TriggerResult } from '../services/runs/start-runs.ts';
import type { Clock } from '../services/scheduling/clock.ts';
import type { DueTick } from '../store/records.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../store/store.ts';
import pLimit from 'p-limit';
import { arrangeMissing } from '../services/scheduling/arrange-schedules.ts';
import { maxLoopSilenceMs, type LoopDefinition } from '../platform/loops.ts';

type TickOutcome = 'decided' | 'left' | 'failed';

export interface TickLoopDependencies {
  persistence: Persistence<'installation' | 'jobs' | 'outbox' | 'schedules' | 'workspaces'>;
  startRuns: Pick<StartRuns, 'startTicks'>;
  clock: Clock;
  log: Logger;
}

/** Ticks that are read at once. */
const batchSize = 200;
/** Ticks of a workspace that one transaction decides. It holds the locks of their jobs for some milliseconds. */
const groupSize = 20;
/** Transactions at the same time. Each uses a connection, and mostly waits for Postgres. */
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
  async function decide(ticks: readonly DueTick[]): Promise<TickOutcome[]> {
    try {
      const results = await startRuns.startTicks(ticks);
      return results.map((result, index) => report(ticks[index], result));
    } catch (error) {
      // One broken tick must not stop the others of its workspace.
      if (ticks.length > 1) return decideEach(ticks);
      log.error({ err: error, ...ticks[0] }, 'a tick could not be decided; retried');
      return ['failed'];
    }
  }

  async function decideEach(ticks: readonly DueTick[]): Promise<TickOutcome[]> {
    const outcomes: TickOutcome[] = [];
    for (const tick of ticks) outcomes.push(...(await decide([tick])));
    return outcomes;
  }

  function report(tick: DueTick | undefined, result: TriggerResult | undefined): TickOutcome {
    for (const { ref, detail } of result?.failed ?? [])
      log.warn(
        { workspaceId: tick?.workspaceId, job: ref, trigger: tick?.trigger, detail },
        'a tick started nothing',
      );
    return result ? 'decided' : 'left';
  }

  /** @returns the pause before the next iteration, in milliseconds */
  async function iterate(signal: AbortSignal): Promise<number> {
    const due = await store.schedules.listDue(await clock(store), batchSize);
    const decided = await pLimit(width).map(groupTicks(due, groupSize), (ticks) =>
      signal.aborted ? [] : decide(ticks),
    );
    const outcomes = new Set(decided.flat());
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

/** Groups due ticks by workspace, oldest first, with each job once at most in a group. */
export function groupTicks(due: readonly DueTick[], size: number): DueTick[][] {
  const groups: DueTick[][] = [];
  for (const tick of due) {
    const open = groups.findLast(([first]) => first?.workspaceId === tick.workspaceId);
    if (open && open.length < size && !open.some(({ jobId }) => jobId === tick.jobId)) open.push(tick);
    else groups.push([tick]);
  }
  return groups;
}
