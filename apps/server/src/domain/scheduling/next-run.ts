import { resolveDeclaredWindow } from './declared-interval.ts';
import { getTimeZone, type JobDefinition } from '../jobs/job-definition.ts';
import { listTicks } from './cron.ts';
import { nextScheduledRun } from './run-interval.ts';
import { parseTrigger, readTriggerType } from '../jobs/trigger.ts';

/** History of one timed trigger of a job. */
export interface ScheduleInput {
  /** The tick of the last start or skip by this trigger; null before the first. */
  previousScheduledRun: Date | null;
  /** End of the job's last completed run's interval; null if it has none or a refresh discarded it. */
  lastCompletedEnd: Date | null;
}

/** Lists the triggers of a job that a clock fires (`schedule:`, `every:` and `once:`), in declared order. */
export function listClockTriggers(definition: Pick<JobDefinition, 'triggers'>): string[] {
  return definition.triggers.filter((trigger) => {
    const type = readTriggerType(trigger);
    return type === 'schedule' || type === 'every' || type === 'once';
  });
}

/**
 * Computes when a clock trigger of the job fires next; null if it never fires again: a `once:` that fired, a
 * year field in the past, or a declared interval that completed runs cover to its end. An interval whose end
 * has passed but is not fully covered still fires; its run is clipped to the interval.
 * @throws {InvalidTriggerError} if a clock does not fire the trigger
 */
export function computeNextRunAt(
  definition: Pick<JobDefinition, 'interval' | 'triggers' | 'require'>,
  trigger: string,
  now: Date,
  input: ScheduleInput,
): Date | null {
  const zone = getTimeZone(definition);
  const parsed = parseTrigger(trigger);
  if (parsed.type === 'once' && input.previousScheduledRun !== null) return null;
  const lastEnd = resolveDeclaredWindow(definition, zone)?.end ?? null;
  const isCovered = lastEnd !== null && input.lastCompletedEnd !== null && input.lastCompletedEnd >= lastEnd;
  return isCovered ? null : nextScheduledRun(parsed, now, input.previousScheduledRun, zone);
}

/**
 * Lists the ticks of a clock trigger of the job from `first` on, assuming that each run completes. A declared
 * interval ends the list. Returns at most `limit` ticks; an overdue first tick stands for all ticks up to
 * `now`.
 * @throws {InvalidTriggerError} if a clock does not fire the trigger
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

/**
 * Lists the same ticks as `listTicksFrom` up to `end`, exclusive, at a hundredth of its cost for `schedule:`
 * triggers: for all jobs of a workspace at once.
 * @throws {InvalidTriggerError} if a clock does not fire the trigger
 */
export function listTicksUntil(
  definition: Pick<JobDefinition, 'interval' | 'triggers' | 'require'>,
  trigger: string,
  { first, now, end, limit }: { first: Date; now: Date; end: Date; limit: number },
): Date[] {
  const parsed = parseTrigger(trigger);
  if (parsed.type !== 'schedule')
    return listTicksFrom(definition, trigger, { first, now, limit }).filter((tick) => tick < end);
  if (first >= end) return [];
  const zone = getTimeZone(definition);
  const after = first > now ? first : now;
  // One more than the limit, because two ticks can be at the same instant.
  const later = listTicks(parsed.expr, new Date(after.getTime() + 1), end, zone, limit + 1);
  const lastEnd = resolveDeclaredWindow(definition, zone)?.end ?? null;
  const ticks = [first];
  for (const tick of later) {
    const previous = ticks.at(-1) ?? first;
    const isCovered = lastEnd !== null && (previous > now ? previous : now) >= lastEnd;
    if (isCovered || tick >= end || ticks.length >= limit) break;
    if (tick > previous) ticks.push(tick);
  }
  return ticks;
}
