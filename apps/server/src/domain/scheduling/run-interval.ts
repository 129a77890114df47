import { latestTick, nextTick } from './cron.ts';
import { InvalidTriggerError, parseTrigger, type Trigger } from '../jobs/trigger.ts';

/** What a run covers: half-open `[start, end)` in UTC. `start` equals `end` for a run at a point in time. */
export interface RunInterval {
  start: Date;
  end: Date;
}

const SECOND_MS = 1000;

/**
 * The interval of a run by the rules of dlt 1.31.
 * - `schedule:` from the end of the last completed run (else one tick back) to the latest elapsed tick, so a late or
 *   missed schedule gives one wider run. Empty when that tick is covered already.
 * - `every:` from the end of the last completed run (else one period back) to now.
 * - `once:` its own instant twice; all others now twice: a point in time, where the last run does not matter.
 * @param previousEnd end of the last COMPLETED run's interval, null when there is none or a refresh forgot it
 * @param zone IANA zone of the job (`require.timezone`)
 * @throws {InvalidTriggerError}
 */
export function computeRunInterval(
  trigger: string | Trigger,
  now: Date,
  previousEnd: Date | null,
  zone: string,
): RunInterval {
  const parsed = typeof trigger === 'string' ? parseTrigger(trigger) : trigger;
  switch (parsed.type) {
    case 'schedule': {
      const tick = latestTick(parsed.expr, now, zone);
      if (tick === null) return { start: previousEnd ?? now, end: previousEnd ?? now };
      return { start: previousEnd ?? tick.previous ?? tick.at, end: tick.at };
    }
    case 'every':
      return { start: previousEnd ?? new Date(now.getTime() - parsed.expr * SECOND_MS), end: now };
    case 'once':
      return { start: parsed.expr, end: parsed.expr };
    default:
      return { start: now, end: now };
  }
}

/**
 * When a timed trigger fires next, null when never again.
 * - `schedule:` the first tick strictly after now.
 * - `every:` one period after the previous scheduled run; where that is past, one period from now (missed runs
 *   collapse instead of following in a burst). The first run waits one period.
 * - `once:` its instant, or now when that has passed. Whether it fired already is the caller's to know.
 * @throws {InvalidTriggerError} when the trigger is not a timed one
 */
export function nextScheduledRun(
  trigger: string | Trigger,
  now: Date,
  previousScheduledRun: Date | null,
  zone: string,
): Date | null {
  const parsed = typeof trigger === 'string' ? parseTrigger(trigger) : trigger;
  switch (parsed.type) {
    case 'schedule':
      return nextTick(parsed.expr, now, zone);
    case 'every': {
      const periodMs = parsed.expr * SECOND_MS;
      const following = (previousScheduledRun ?? now).getTime() + periodMs;
      return new Date(following < now.getTime() ? now.getTime() + periodMs : following);
    }
    case 'once':
      return parsed.expr > now ? parsed.expr : now;
    default:
      throw new InvalidTriggerError(parsed.raw, `not a timed trigger (type='${parsed.type}')`);
  }
}

/** Whether the interval covers no time. */
export function isEmptyInterval(interval: RunInterval): boolean {
  return interval.end <= interval.start;
}
