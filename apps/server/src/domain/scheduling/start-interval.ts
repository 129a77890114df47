import { latestTick } from './cron.ts';
import {
  clampToWindow,
  type DeclaredWindow,
  isInWindow,
  resolveDeclaredWindow,
} from './declared-interval.ts';
import { findFreeInterval } from './free-interval.ts';
import { findTimedTrigger, getTimeZone, type JobDefinition } from '../jobs/job-definition.ts';
import { computeRunInterval, isEmptyInterval, type RunInterval } from './run-interval.ts';
import { parseTrigger, type Trigger } from '../jobs/trigger.ts';

/** Input for the interval of a start. */
export interface IntervalInput {
  definition: JobDefinition;
  /** The start was triggered by an upstream that became fresh. */
  isByFreshness: boolean;
  trigger: string;
  now: Date;
  /** End of the last completed run's interval; null if there is none. */
  lastCompletedEnd: Date | null;
  activeRunCount: number;
  /** Completed time, and open windows of backfills, joined and in order. */
  taken?: readonly RunInterval[];
  /** The run refreshes, so completed intervals do not count. */
  refresh: boolean;
  /** The refresh was requested or is pending. A job that refreshes with each run needs no request. */
  isRefreshRequested: boolean;
}

/** A start that is skipped because it has no interval to cover. */
export interface IntervalSkip {
  status: 'skipped_out_of_interval' | 'skipped_already_covered';
  reasons: string[];
}

/** The schedule or period of the job, which determines what its runs cover. */
type ClockTrigger = Extract<Trigger, { type: 'schedule' | 'every' }>;

/**
 * Decides the interval of a run that starts now. As in dlt 1.31, it follows from the clock trigger of the
 * job, whatever starts the run: from the end of the last completed run to the latest tick, and on refresh
 * from the declared start. A start by an event or by hand runs at a point in time if no time is left to cover
 * or another run of the job is covering it. A run that refreshes always covers time: otherwise it would drop
 * the loaded data and load nothing.
 * @throws {InvalidTriggerError} on a trigger text that does not parse
 */
export function decideInterval(input: IntervalInput): RunInterval | IntervalSkip {
  const { definition, now, activeRunCount, refresh } = input;
  const zone = getTimeZone(definition);
  const trigger = parseTrigger(input.trigger);
  const window = resolveDeclaredWindow(definition, zone);
  const clock = isClockTrigger(trigger) ? trigger : findClock(definition);
  if (clock === null) return decidePointInTime(trigger, now, zone, window);
  const found = decideDueInterval(clock, input, zone, window);
  if (clock === trigger || refresh) return found;
  const isDue = !isSkip(found) && !isEmptyInterval(found);
  return isDue && activeRunCount === 0 ? found : decidePointInTime(trigger, now, zone, window);
}

/** Reports whether the start is skipped. */
export function isSkip(found: RunInterval | IntervalSkip): found is IntervalSkip {
  return 'status' in found;
}

/** Finds from when on scheduled runs of the job load what is not completed; null without a schedule. */
export function findDueStart({
  definition,
  lastCompletedEnd,
  now,
}: Pick<IntervalInput, 'definition' | 'lastCompletedEnd' | 'now'>): Date | null {
  const clock = findClock(definition);
  if (clock === null) return null;
  const zone = getTimeZone(definition);
  const from = lastCompletedEnd ?? resolveDeclaredWindow(definition, zone)?.start ?? null;
  return computeRunInterval(clock, now, from, zone).start;
}

function isClockTrigger(trigger: Trigger): trigger is ClockTrigger {
  return trigger.type === 'schedule' || trigger.type === 'every';
}

function findClock(definition: JobDefinition): ClockTrigger | null {
  const raw = findTimedTrigger(definition);
  const clock = raw === null ? null : parseTrigger(raw);
  return clock !== null && isClockTrigger(clock) ? clock : null;
}

function decidePointInTime(
  trigger: Trigger,
  now: Date,
  zone: string,
  window: DeclaredWindow | null,
): RunInterval | IntervalSkip {
  const interval = computeRunInterval(trigger, now, null, zone);
  if (window === null || isInWindow(interval.start, window)) return interval;
  return skip('skipped_out_of_interval', describeWindow(window));
}

/** Decides the time up to the latest tick that no completed run covers. */
function decideDueInterval(
  clock: ClockTrigger,
  { isByFreshness, now, lastCompletedEnd, refresh, isRefreshRequested, taken = [] }: IntervalInput,
  zone: string,
  window: DeclaredWindow | null,
): RunInterval | IntervalSkip {
  // A refresh discards completed intervals. Without a completed run, a declared start means a backfill from
  // there.
  const completedEnd = refresh ? null : lastCompletedEnd;
  const early = isByFreshness ? findUnfinishedPeriod(clock, completedEnd, now) : null;
  if (early !== null) return early;
  const natural = computeRunInterval(clock, now, completedEnd ?? window?.start ?? null, zone);
  const widened = completedEnd === null && window === null ? widenFirstRun(clock, natural, zone) : natural;
  const interval = clampToWindow(widened, window);
  // A refresh discards completed time, and loads the windows of backfills too.
  const free = refresh || isEmptyInterval(interval) ? interval : findFreeInterval(interval, taken);
  if (!isEmptyInterval(free)) return free;
  if (free !== interval) return explainTakenTime(interval);
  const isFirstTick = widened !== natural;
  if (isFirstTick && !(refresh && isRefreshRequested)) return interval;
  const reason = isFirstTick
    ? skip('skipped_already_covered', `'${clock.raw}' has no tick before the latest one`)
    : explainEmptyInterval(clock, natural.end, completedEnd, window);
  if (!refresh) return reason;
  return skip(reason.status, ...reason.reasons, 'a refresh now would drop the loaded data and load nothing');
}

/**
 * Skips an `every:` job that an upstream would start before its period is over: its own tick will cover more.
 */
function findUnfinishedPeriod(
  clock: ClockTrigger,
  completedEnd: Date | null,
  now: Date,
): IntervalSkip | null {
  if (clock.type !== 'every' || completedEnd === null) return null;
  const elapsedSeconds = (now.getTime() - completedEnd.getTime()) / 1000;
  if (elapsedSeconds >= clock.expr) return null;
  return skip(
    'skipped_already_covered',
    `a completed run covers everything until ${completedEnd.toISOString()}, less than ${clock.expr} s ago`,
  );
}

/**
 * Widens a first run whose interval dlt computes as empty: at a spring gap, two ticks of an hourly cron are
 * one instant. The run begins at the last tick before that instant; without an earlier tick, the interval
 * stays empty.
 */
function widenFirstRun(clock: ClockTrigger, interval: RunInterval, zone: string): RunInterval {
  if (clock.type !== 'schedule' || !isEmptyInterval(interval)) return interval;
  const tick = latestTick(clock.expr, interval.end, zone);
  if (tick === null) return interval;
  const before = latestTick(clock.expr, new Date(tick.at.getTime() - 1), zone);
  return { start: before?.at ?? tick.at, end: tick.at };
}

function explainTakenTime({ start, end }: RunInterval): IntervalSkip {
  const time = `${start.toISOString()} to ${end.toISOString()}`;
  return skip('skipped_already_covered', `completed runs and windows of a backfill cover ${time}`);
}

function explainEmptyInterval(
  clock: ClockTrigger,
  naturalEnd: Date,
  completedEnd: Date | null,
  window: DeclaredWindow | null,
): IntervalSkip {
  if (window !== null) {
    const isOver = window.end !== null && completedEnd !== null && completedEnd >= window.end;
    const hasNotBegun = naturalEnd <= window.start;
    const isEmptyWindow = window.end !== null && window.end <= window.start;
    if (isOver || hasNotBegun || isEmptyWindow)
      return skip('skipped_out_of_interval', describeWindow(window));
  }
  if (completedEnd === null) {
    return skip('skipped_already_covered', `'${clock.raw}' has had no tick yet`);
  }
  return skip(
    'skipped_already_covered',
    `a completed run covers everything until ${completedEnd.toISOString()}; the next interval has not ended yet`,
  );
}

function describeWindow(window: DeclaredWindow): string {
  const end = window.end === null ? '' : ` and ends at ${window.end.toISOString()}`;
  return `the declared interval starts at ${window.start.toISOString()}${end}`;
}

function skip(status: IntervalSkip['status'], ...reasons: string[]): IntervalSkip {
  return { status, reasons };
}
