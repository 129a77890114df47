import { Cron } from 'croner';
import { LRUCache } from 'lru-cache';
import { toCronerPattern } from './cron-expression.ts';

/** The parts of an expression: which times it has on a day, and on which days. */
interface DayPlan {
  /** Milliseconds since midnight, in order. */
  timesMs: readonly number[];
  /** Null: every day. */
  days: Cron | null;
}

const DAY_MS = 86_400_000;
/** A plan with seconds has 86,400 times. */
const plans = new LRUCache<string, DayPlan>({ max: 20 });

/**
 * Iterates the wall clock ticks of an expression after a wall clock time, in order. The times of a day are the
 * same on each of its days, so croner, which needs a tenth of a millisecond a tick, only finds the days.
 * @throws {CronSyntaxError} on an expression that findCronProblem rejects
 */
export function* iterateWallTicks(expression: string, afterWallMs: number): Generator<number> {
  const { timesMs, days } = planDays(expression);
  const firstDayMs = Math.floor(afterWallMs / DAY_MS) * DAY_MS;
  let dayMs = nextDay(days, firstDayMs - 1);
  while (dayMs !== null) {
    for (const timeMs of timesMs) if (dayMs + timeMs > afterWallMs) yield dayMs + timeMs;
    dayMs = nextDay(days, dayMs);
  }
}

function planDays(expression: string): DayPlan {
  const known = plans.get(expression);
  if (known) return known;
  const [second, minute, hour, ...days] = toCronerPattern(expression).split(' ');
  const isEveryDay = days.every((field) => field === '*');
  const plan = {
    timesMs: expand(hour, 23).flatMap((h) =>
      expand(minute, 59).flatMap((m) => expand(second, 59).map((s) => ((h * 60 + m) * 60 + s) * 1000)),
    ),
    days: isEveryDay ? null : new Cron(`0 0 0 ${days.join(' ')}`, { timezone: 'UTC', mode: '7-part' }),
  };
  plans.set(expression, plan);
  return plan;
}

/** Lists the values of a field of a croner pattern, which is a list of numbers or `*`. */
function expand(field: string | undefined, last: number): number[] {
  return field === undefined || field === '*'
    ? Array.from({ length: last + 1 }, (_, value) => value)
    : field.split(',').map(Number);
}

/** Returns the first midnight of a day of the plan after a wall clock time. */
function nextDay(days: Cron | null, afterMs: number): number | null {
  if (days === null) return (Math.floor(afterMs / DAY_MS) + 1) * DAY_MS;
  return days.nextRun(new Date(afterMs))?.getTime() ?? null;
}
