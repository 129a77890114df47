import { latestTick } from './cron.ts';
import type { JobDefinition } from '../jobs/job-definition.ts';
import { getTimeZone } from '../jobs/job-definition.ts';
import { computeNextRunAt } from './next-run.ts';
import { parseTrigger } from '../jobs/trigger.ts';

/** A clock trigger of a job whose tick is due. */
export interface DueSchedule {
  trigger: string;
  nextTickAt: Date;
}

export interface TickDecision {
  /** The tick that the run stands for: the latest of all due ticks. */
  tickAt: Date;
  /** The tick is so late that no server can have been running when it was due. */
  isMissed: boolean;
}

/**
 * A busy or restarting server is late by seconds. A later tick counts as missed, and `catch_up` decides about
 * it.
 */
const missedAfterMs = 5 * 60 * 1000;

/**
 * Decides which tick to handle now. Several due ticks collapse into one: its run covers what all of them
 * would have covered, without a burst of runs.
 */
export function decideTick(
  definition: Pick<JobDefinition, 'require'>,
  { trigger, nextTickAt }: DueSchedule,
  now: Date,
): TickDecision {
  const parsed = parseTrigger(trigger);
  // The tick of a `once:` is always its own instant, however late the job is deployed or restored, because
  // its earlier run is found by that instant.
  if (parsed.type === 'once')
    return { tickAt: parsed.expr, isMissed: now.getTime() - nextTickAt.getTime() > missedAfterMs };
  const latest = parsed.type === 'schedule' ? latestTick(parsed.expr, now, getTimeZone(definition)) : null;
  const tickAt = latest !== null && latest.at > nextTickAt ? latest.at : nextTickAt;
  return { tickAt, isMissed: now.getTime() - tickAt.getTime() > missedAfterMs };
}

/** Finds the next tick after one that was handled; null if the trigger does not fire again. */
export function findTickAfter(
  definition: Pick<JobDefinition, 'interval' | 'triggers' | 'require'>,
  trigger: string,
  ticks: { tickAt: Date; now: Date; lastCompletedEnd: Date | null },
): Date | null {
  // A clock that is set back must not produce the same tick twice.
  const after = ticks.tickAt > ticks.now ? ticks.tickAt : ticks.now;
  return computeNextRunAt(definition, trigger, after, {
    previousScheduledRun: ticks.tickAt,
    lastCompletedEnd: ticks.lastCompletedEnd,
  });
}
