import { resolveDeclaredWindow } from './declared-interval.ts';
import { getTimeZone, type JobDefinition } from '../jobs/job-definition.ts';
import { nextScheduledRun } from './run-interval.ts';
import { parseTrigger, readTriggerType } from '../jobs/trigger.ts';

/** What a timed trigger of a job has done so far. */
export interface ScheduleFacts {
  /** The tick of the last start or skip by this trigger, null before the first. */
  previousScheduledRun: Date | null;
  /** End of the job's last completed run's interval, null when there is none or a refresh forgot it. */
  lastCompletedEnd: Date | null;
}

/** The triggers of a job that a clock fires: `schedule:`, `every:` and `once:`, in declared order. */
export function listClockTriggers(definition: Pick<JobDefinition, 'triggers'>): string[] {
  return definition.triggers.filter((trigger) => {
    const type = readTriggerType(trigger);
    return type === 'schedule' || type === 'every' || type === 'once';
  });
}

/**
 * When one of the job's clock triggers fires next, null when never again: a `once:` that fired, a year field that is
 * over, a declared interval that completed runs cover to its end. An interval whose end passed with some of it left
 * still fires, and its run is cut to the interval.
 * @throws {InvalidTriggerError} when the trigger is not one that a clock fires
 */
export function computeNextRunAt(
  definition: Pick<JobDefinition, 'interval' | 'triggers' | 'require'>,
  trigger: string,
  now: Date,
  facts: ScheduleFacts,
): Date | null {
  const zone = getTimeZone(definition);
  const parsed = parseTrigger(trigger);
  if (parsed.type === 'once' && facts.previousScheduledRun !== null) return null;
  const lastEnd = resolveDeclaredWindow(definition, zone)?.end ?? null;
  const isCovered = lastEnd !== null && facts.lastCompletedEnd !== null && facts.lastCompletedEnd >= lastEnd;
  return isCovered ? null : nextScheduledRun(parsed, now, facts.previousScheduledRun, zone);
}

/**
 * The ticks of one of the job's clock triggers from its next one, as they follow when each run completes: those of a declared interval end
 * with it. At most `limit`; a first tick that has come and waits stands for all up to `now`.
 * @throws {InvalidTriggerError} when the trigger is not one that a clock fires
 */
export function listTicksFrom(
  definition: Pick<JobDefinition, 'interval' | 'triggers' | 'require'>,
  trigger: string,
  { first, now, limit }: { first: Date; now: Date; limit: number },
): Date[] {
  const ticks: Date[] = [];
  let tick: Date | null = first;
  while (tick !== null && ticks.length < limit) {
    ticks.push(tick);
    const after: Date = tick > now ? tick : now;
    tick = computeNextRunAt(definition, trigger, after, {
      previousScheduledRun: tick,
      lastCompletedEnd: after,
    });
  }
  return ticks;
}
