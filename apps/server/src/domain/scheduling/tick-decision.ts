import { latestTick } from './cron.ts';
import type { JobDefinition } from '../jobs/job-definition.ts';
import { getTimeZone } from '../jobs/job-definition.ts';
import { computeNextRunAt } from './next-run.ts';
import { parseTrigger } from '../jobs/trigger.ts';

/** A clock trigger of a job whose tick has come. */
export interface DueSchedule {
  trigger: string;
  nextTickAt: Date;
}

export interface TickDecision {
  /** The tick that a run stands for: of several that came since, the latest. */
  tickAt: Date;
  /** The tick is so late that no server can have been there to see it. */
  isMissed: boolean;
}

/** A server that is busy or restarts is late by seconds; what is later than this was missed, which `catch_up` decides on. */
const missedAfterMs = 5 * 60 * 1000;

/**
 * Which tick is to be decided on now. Ticks that came while nobody looked are one: its run covers what they would have, and a burst
 * of runs helps nobody.
 */
export function decideTick(
  definition: Pick<JobDefinition, 'require'>,
  { trigger, nextTickAt }: DueSchedule,
  now: Date,
): TickDecision {
  const parsed = parseTrigger(trigger);
  // Its one tick is its own instant, however late it is deployed or brought back: the run that it had is found by that.
  if (parsed.type === 'once')
    return { tickAt: parsed.expr, isMissed: now.getTime() - nextTickAt.getTime() > missedAfterMs };
  const latest = parsed.type === 'schedule' ? latestTick(parsed.expr, now, getTimeZone(definition)) : null;
  const tickAt = latest !== null && latest.at > nextTickAt ? latest.at : nextTickAt;
  return { tickAt, isMissed: now.getTime() - tickAt.getTime() > missedAfterMs };
}

/** The tick after one that was decided on; null when the trigger fires no more. */
export function findTickAfter(
  definition: Pick<JobDefinition, 'interval' | 'triggers' | 'require'>,
  trigger: string,
  ticks: { tickAt: Date; now: Date; lastCompletedEnd: Date | null },
): Date | null {
  // A clock that was set back must not bring a tick twice.
  const after = ticks.tickAt > ticks.now ? ticks.tickAt : ticks.now;
  return computeNextRunAt(definition, trigger, after, {
    previousScheduledRun: ticks.tickAt,
    lastCompletedEnd: ticks.lastCompletedEnd,
  });
}
