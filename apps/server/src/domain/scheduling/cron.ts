import { Cron } from 'croner';
import { LRUCache } from 'lru-cache';
import { CronSyntaxError, toCronerPattern } from './cron-expression.ts';
import {
  instantOfWallClockMs,
  type OffsetChange,
  recentOffsetChange,
  wallClockMs,
} from '../primitives/time-zone.ts';
import { iterateWallTicks } from './wall-ticks.ts';

/**
 * Computes cron ticks by the rule of dlt 1.31: the expression runs over the local wall clock without its
 * offset, then each reading is converted to an instant. Skipped readings move later; repeated readings use
 * their first occurrence. croner's own time zone mode gives different ticks, so croner always runs in UTC.
 */

/**
 * A tick that has elapsed and its predecessor. As in dlt, both are equal at a spring gap of an hourly cron.
 */
export interface ElapsedTick {
  at: Date;
  previous: Date | null;
}

/** The wall clock reading of a tick and the instant it is converted to. */
interface TickReading {
  wallMs: number;
  ms: number;
}

const SECOND_MS = 1000;
/** Expressions are evaluated on every tick of every job, but few distinct patterns are in use. */
const compiled = new LRUCache<string, Cron>({ max: 500 });

/** Explains why a cron expression cannot be scheduled; null if it can. */
export function findCronProblem(expression: string): string | null {
  try {
    const cron = compileCron(expression);
    // A year field may lie in the past. Only an expression that never has a tick is an error.
    if (cron.nextRun(new Date(Date.UTC(1970, 0, 1))) === null) return 'it never occurs';
    return null;
  } catch (error) {
    if (error instanceof CronSyntaxError) return error.message;
    throw error;
  }
}

/**
 * Returns the first tick strictly after an instant, or null if none follows (a year field in the past).
 * @throws {CronSyntaxError} on an expression that findCronProblem rejects
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
  // Ticks inside a gap are moved later by the length of the gap, so one of a recent gap can still be ahead.
  if (change !== null && change.shiftMs > 0) add(nextWallTick(cron, wallMs - change.shiftMs));
  return candidates.length === 0 ? null : new Date(Math.min(...candidates));
}

/**
 * Returns the latest tick at or before an instant, or null if none has elapsed. A tick counts as elapsed at
 * its own instant. In a repeated hour, all ticks have elapsed after the first pass.
 * @throws {CronSyntaxError} on an expression that findCronProblem rejects
 */
export function latestTick(expression: string, at: Date, zone: string): ElapsedTick | null {
  const cron = compileCron(expression);
  const latest = findLatest(cron, at.getTime(), zone);
  if (latest === null) return null;
  const previous = findPrevious(cron, latest, zone);
  return { at: new Date(latest.ms), previous: previous === null ? null : new Date(previous.ms) };
}

/**
 * Lists all ticks from `from` to `to`, both inclusive, in order. Two wall clock ticks that a spring gap moves
 * to the same instant are both listed. Returns the first `limit` ticks at most: a cron with seconds has 31
 * million a year.
 * @throws {CronSyntaxError} on an expression that findCronProblem rejects
 */
export function listTicks(expression: string, from: Date, to: Date, zone: string, limit = 100_000): Date[] {
  const fromMs = from.getTime();
  const toMs = to.getTime();
  const gapMs = Math.max(recentOffsetChange(fromMs, zone)?.shiftMs ?? 0, 0);
  const repeatedUntilMs = endOfRepeatedHour(toMs, zone, recentOffsetChange(toMs, zone));
  const lastWallMs = repeatedUntilMs === null ? wallClockMs(toMs, zone) : repeatedUntilMs - 1;
  const ticks: number[] = [];
  for (const wallMs of iterateWallTicks(expression, wallClockMs(fromMs, zone) - gapMs - 1)) {
    if (wallMs > lastWallMs || ticks.length >= limit) break;
    const ms = instantOfWallClockMs(wallMs, zone);
    if (ms >= fromMs && ms <= toMs) ticks.push(ms);
  }
  return ticks.sort((a, b) => a - b).map((ms) => new Date(ms));
}

function findLatest(cron: Cron, atMs: number, zone: string): TickReading | null {
  const repeatedUntilMs = endOfRepeatedHour(atMs, zone, recentOffsetChange(atMs, zone));
  const wallMs = repeatedUntilMs === null ? wallClockMs(atMs, zone) : repeatedUntilMs - 1;
  const onClock = readLatest(cron, wallMs, zone);
  // A gap moves its ticks later, past ticks that follow on the clock, and a moved tick can be the last one
  // for days. So the last gap before the tick matters, however long ago it was.
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

/**
 * Returns the wall clock time at which the repeated hour in progress ends, or null outside a repeated hour.
 */
function endOfRepeatedHour(instantMs: number, zone: string, change: OffsetChange | null): number | null {
  if (change === null || change.shiftMs >= 0) return null;
  const endMs = change.atMs - change.shiftMs;
  return instantMs < endMs ? wallClockMs(endMs, zone) : null;
}

function nextWallTick(cron: Cron, afterWallMs: number): number | null {
  return cron.nextRun(new Date(afterWallMs))?.getTime() ?? null;
}

/**
 * Returns the latest reading at or before a wall clock time. croner's own search excludes its starting point.
 */
function latestWallTick(cron: Cron, wallMs: number): number | null {
  const second = Math.floor(wallMs / SECOND_MS) * SECOND_MS;
  return cron.previousRuns(1, new Date(second + SECOND_MS))[0]?.getTime() ?? null;
}

function compileCron(expression: string): Cron {
  const known = compiled.get(expression);
  if (known !== undefined) return known;
  const cron = new Cron(toCronerPattern(expression), { timezone: 'UTC', mode: '7-part' });
  compiled.set(expression, cron);
  return cron;
}
