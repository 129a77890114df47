import { latestTick, nextTick } from './cron.ts';
import { InvalidTriggerError, parseTrigger, type Trigger } from '../jobs/trigger.ts';

/**
 * The interval that a run covers: half-open `[start, end)` in UTC. `start` equals `end` for a run at a point
 * in time.
 */
export interface RunInterval {
  start: Date;
  end: Date;
}

const SECOND_MS = 1000;

/**
 * Computes the interval of a run by the rules of dlt 1.31.
 * - `schedule:` from the end of the last completed run (otherwise one tick back) to the latest elapsed tick,
 *   so late or missed ticks give one wider run. Empty if that tick is covered already.
 * - `every:` from the end of the last completed run (otherwise one period back) to now.
 * - `once:` its own instant twice. All others: now twice, a point in time, whatever the last run covered.
 * @param previousEnd end of the last COMPLETED run's interval; null if there is none or a refresh discarded
 * it
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
 * Computes when a timed trigger fires next; null if it never fires again.
 * - `schedule:` the first tick strictly after now.
 * - `every:` one period after the previous scheduled run; if that has passed, one period from now, so missed
 *   runs collapse instead of following in a burst. The first run waits one period.
 * - `once:` its instant, or now if that has passed. The caller must know whether it has fired already.
 * @throws {InvalidTriggerError} if the trigger is not a timed one
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

/** Reports whether the interval covers no time. */
export function isEmptyInterval(interval: RunInterval): boolean {
  return interval.end <= interval.start;
}
