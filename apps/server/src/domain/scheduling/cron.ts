import { Cron } from 'croner';
import { CronSyntaxError, toCronerPattern } from './cron-expression.ts';
import {
  instantOfWallClockMs,
  type OffsetChange,
  recentOffsetChange,
  wallClockMs,
} from '../primitives/time-zone.ts';

/**
 * Cron ticks by the rule of dlt 1.31: the expression runs over the wall clock of the zone without its offset, and each
 * reading then becomes an instant (skipped readings later, doubled ones at their first occurrence). croner's own zone
 * mode gives other ticks, so croner only ever sees a clock in UTC.
 */

/** A tick that has elapsed and the one before it; equal at a spring gap of an hourly cron, as dlt has it. */
export interface ElapsedTick {
  at: Date;
  previous: Date | null;
}

/** What a wall clock shows at a tick, and the instant that this reading becomes. */
interface TickReading {
  wallMs: number;
  ms: number;
}

const SECOND_MS = 1000;
const CACHE_LIMIT = 500;
/** An expression is compiled on every tick of every job; the patterns in use are few. */
const compiled = new Map<string, Cron>();

/** Why a cron expression cannot be scheduled, or null when it can. */
export function findCronProblem(expression: string): string | null {
  try {
    const cron = compileCron(expression);
    // A year field may lie in the past; only an expression without any tick at all is a mistake.
    if (cron.nextRun(new Date(Date.UTC(1970, 0, 1))) === null) return 'it never occurs';
    return null;
  } catch (error) {
    if (error instanceof CronSyntaxError) return error.message;
    throw error;
  }
}

/**
 * The first tick strictly after an instant, or null when there is none (a year field that is over).
 * @throws {CronSyntaxError} on an expression that findCronProblem refuses
 */
export function nextTick(expression: string, after: Date, zone: string): Date | null {
  const cron = compileCron(expression);
  const afterMs = after.getTime();
  const wallMs = wallClockMs(afterMs, zone);
  const change = recentOffsetChange(afterMs, zone);
  const candidates: number[] = [];
  const add = (tickWallMs: number | null): void => {
    if (tickWallMs === null) return;
    const tickMs = instantOfWallClockMs(tickWallMs, zone);
    if (tickMs > afterMs) candidates.push(tickMs);
  };

  const repeatedUntilMs = endOfRepeatedHour(afterMs, zone, change);
  const next = nextWallTick(cron, repeatedUntilMs === null ? wallMs : repeatedUntilMs - 1);
  add(next);
  if (next !== null) add(firstTickAfterGap(cron, next, zone));
  // Ticks inside a gap that just passed come later by its length, so one can still be ahead.
  if (change !== null && change.shiftMs > 0) add(nextWallTick(cron, wallMs - change.shiftMs));
  return candidates.length === 0 ? null : new Date(Math.min(...candidates));
}

/**
 * The latest tick at or before an instant (a tick counts as elapsed at its own instant), or null when none has elapsed.
 * In an hour that repeats, all its ticks have elapsed with its first pass.
 * @throws {CronSyntaxError} on an expression that findCronProblem refuses
 */
export function latestTick(expression: string, at: Date, zone: string): ElapsedTick | null {
  const cron = compileCron(expression);
  const latest = findLatest(cron, at.getTime(), zone);
  if (latest === null) return null;
  const previous = findPrevious(cron, latest, zone);
  return { at: new Date(latest.ms), previous: previous === null ? null : new Date(previous.ms) };
}

/**
 * All ticks from `from` to `to`, both included, in order. Two wall clock ticks that a spring gap moves to one instant
 * are both listed. At most `limit` are given, the first ones: a cron with seconds has 31 million a year.
 * @throws {CronSyntaxError} on an expression that findCronProblem refuses
 */
export function listTicks(expression: string, from: Date, to: Date, zone: string, limit = 100_000): Date[] {
  const cron = compileCron(expression);
  const fromMs = from.getTime();
  const toMs = to.getTime();
  const gapMs = Math.max(recentOffsetChange(fromMs, zone)?.shiftMs ?? 0, 0);
  const repeatedUntilMs = endOfRepeatedHour(toMs, zone, recentOffsetChange(toMs, zone));
  const lastWallMs = repeatedUntilMs === null ? wallClockMs(toMs, zone) : repeatedUntilMs - 1;
  const ticks: number[] = [];
  let wallMs = nextWallTick(cron, wallClockMs(fromMs, zone) - gapMs - 1);
  while (wallMs !== null && wallMs <= lastWallMs && ticks.length < limit) {
    const ms = instantOfWallClockMs(wallMs, zone);
    if (ms >= fromMs && ms <= toMs) ticks.push(ms);
    wallMs = nextWallTick(cron, wallMs);
  }
  return ticks.sort((a, b) => a - b).map((ms) => new Date(ms));
}

function findLatest(cron: Cron, atMs: number, zone: string): TickReading | null {
  const repeatedUntilMs = endOfRepeatedHour(atMs, zone, recentOffsetChange(atMs, zone));
  const wallMs = repeatedUntilMs === null ? wallClockMs(atMs, zone) : repeatedUntilMs - 1;
  const onClock = readLatest(cron, wallMs, zone);
  // A gap moves its ticks later, past ticks that follow on the clock and may be the last for days: what counts is the gap before
  // the tick, however long ago that is.
  const gap = recentOffsetChange(Math.min(atMs, onClock?.ms ?? atMs), zone);
  if (gap === null || gap.shiftMs <= 0) return onClock;
  const lastInGapMs = wallClockMs(gap.atMs, zone) - 1;
  const moved = readLatest(cron, Math.min(lastInGapMs, wallMs - gap.shiftMs), zone);
  if (onClock === null || onClock.ms > atMs) return moved;
  return moved !== null && moved.ms > onClock.ms ? moved : onClock;
}

function findPrevious(cron: Cron, latest: TickReading, zone: string): TickReading | null {
  const neighbour = readLatest(cron, latest.wallMs - 1, zone);
  return neighbour?.ms === latest.ms ? neighbour : findLatest(cron, latest.ms - 1, zone);
}

function readLatest(cron: Cron, wallMs: number, zone: string): TickReading | null {
  const tickWallMs = latestWallTick(cron, wallMs);
  return tickWallMs === null ? null : { wallMs: tickWallMs, ms: instantOfWallClockMs(tickWallMs, zone) };
}

function firstTickAfterGap(cron: Cron, tickWallMs: number, zone: string): number | null {
  const ms = instantOfWallClockMs(tickWallMs, zone);
  if (wallClockMs(ms, zone) === tickWallMs) return null;
  const gap = recentOffsetChange(ms, zone);
  return gap === null ? null : nextWallTick(cron, wallClockMs(gap.atMs, zone) - 1);
}

/** The wall clock at which an hour that is passing for the second time ends, or null when none is. */
function endOfRepeatedHour(instantMs: number, zone: string, change: OffsetChange | null): number | null {
  if (change === null || change.shiftMs >= 0) return null;
  const endMs = change.atMs - change.shiftMs;
  return instantMs < endMs ? wallClockMs(endMs, zone) : null;
}

function nextWallTick(cron: Cron, afterWallMs: number): number | null {
  return cron.nextRun(new Date(afterWallMs))?.getTime() ?? null;
}

/** The latest reading at or before a wall clock; croner's own search leaves out the reading it starts from. */
function latestWallTick(cron: Cron, wallMs: number): number | null {
  const second = Math.floor(wallMs / SECOND_MS) * SECOND_MS;
  return cron.previousRuns(1, new Date(second + SECOND_MS))[0]?.getTime() ?? null;
}

function compileCron(expression: string): Cron {
  const known = compiled.get(expression);
  if (known !== undefined) return known;
  const cron = new Cron(toCronerPattern(expression), { timezone: 'UTC', mode: '7-part' });
  if (compiled.size >= CACHE_LIMIT) compiled.clear();
  compiled.set(expression, cron);
  return cron;
}
