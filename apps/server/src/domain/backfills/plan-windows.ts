import { latestTick, listTicks, nextTick } from '../scheduling/cron.ts';
import { type DeclaredWindow, resolveDeclaredWindow } from '../scheduling/declared-interval.ts';
import { findTimedTrigger, getTimeZone, type JobDefinition } from '../jobs/job-definition.ts';
import type { RunInterval } from '../scheduling/run-interval.ts';
import { parseTrigger, type Trigger } from '../jobs/trigger.ts';

/** Maximum number of ticks, and so of windows, of one backfill or calendar. */
export const maxTicks = 100_000;
/** About as many ticks are computed at once. They take up to 40 ms in a zone with clock changes. */
const portionTicks = 1000;
/** An hour has at most 3600 ticks. */
const firstStepMs = 3_600_000;

/** The clock of a job, from which its windows follow. */
export interface JobClock {
  trigger: Extract<Trigger, { type: 'schedule' | 'every' }>;
  zone: string;
  /** Null if the job declares no interval. */
  declared: DeclaredWindow | null;
  /** Equal for definitions that give the same windows. */
  key: string;
}

/** Reads the clock of a batch job; null if the job has no `schedule:` or `every:` trigger. */
export function readJobClock(definition: JobDefinition): JobClock | null {
  const raw = definition.entry_point.job_type === 'batch' ? findTimedTrigger(definition) : null;
  const trigger = raw === null ? null : parseTrigger(raw);
  if (trigger?.type !== 'schedule' && trigger?.type !== 'every') return null;
  const zone = getTimeZone(definition);
  const { start, end } = definition.interval ?? {};
  return {
    trigger,
    zone,
    declared: resolveDeclaredWindow(definition, zone),
    key: JSON.stringify({ trigger: raw, zone, start, end }),
  };
}

/** Describes the clock of a stored key for users. */
export function describeClockKey(key: string): string {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only readJobClock writes keys
  const { trigger, zone, start, end } = JSON.parse(key) as Record<string, string | undefined>;
  const from = start === undefined ? '' : `, interval from ${start}${end === undefined ? '' : ` to ${end}`}`;
  return `'${trigger}' in ${zone}${from}`;
}

/**
 * Lists the instants that bound the windows of a job within `asked`, in order and without duplicates, in
 * portions: a caller can do other work between them. Both ends are floored to ticks, and clipped to the declared
 * interval and to the latest tick. Ends after more than `maxTicks` windows.
 */
export function* listBounds(clock: JobClock, asked: RunInterval, now: Date): Generator<Date[]> {
  const { declared } = clock;
  const from = floorTo(clock, asked.start);
  const to = floorTo(clock, asked.end < now ? asked.end : now);
  const start = declared !== null && from < declared.start ? declared.start : from;
  const end = declared?.end != null && to > declared.end ? declared.end : to;
  if (end <= start) return;
  yield [start];
  let [afterMs, stepMs, listed, last] = [start.getTime(), firstStepMs, 1, start];
  // By time, not by number: where the clock goes forward, ticks are not in the order of the clock.
  while (afterMs < end.getTime() && listed <= maxTicks + 1) {
    const untilMs = Math.min(afterMs + stepMs, end.getTime());
    const bounds = listBoundsBetween(clock, start, afterMs, untilMs);
    if (bounds.length > 0) yield bounds;
    listed += bounds.length;
    afterMs = untilMs;
    stepMs = bounds.length < portionTicks / 2 ? stepMs * 2 : stepMs;
    last = bounds.at(-1) ?? last;
  }
  // The declared end of an `every:` job is as written, and its schedule loads until then.
  if (end === declared?.end && last < end) yield [end];
}

/** Widens the end of `asked` so that windows which begin before it are listed whole. */
export function withWholeWindows(clock: JobClock, { start, end }: RunInterval): RunInterval {
  const { trigger, zone } = clock;
  const lastMs = end.getTime() - 1;
  if (trigger.type === 'schedule')
    return { start, end: nextTick(trigger.expr, new Date(lastMs), zone) ?? end };
  const floored = floorTo(clock, new Date(lastMs));
  return { start, end: new Date(floored.getTime() + trigger.expr * 1000) };
}

/** Lists the bounds after an instant, until and including another one. */
function listBoundsBetween(
  { trigger, zone }: JobClock,
  start: Date,
  afterMs: number,
  untilMs: number,
): Date[] {
  if (trigger.type === 'every') return listPeriods(trigger.expr * 1000, start.getTime(), afterMs, untilMs);
  const ticks = listTicks(trigger.expr, new Date(afterMs + 1), new Date(untilMs), zone);
  // Two ticks that a clock change moves to one instant bound one window.
  return [...new Set(ticks.map((tick) => tick.getTime()))].map((ms) => new Date(ms));
}

/** Lists the windows between bounds, each of one tick. */
export function listTickWindows(bounds: readonly Date[]): RunInterval[] {
  return bounds.flatMap((end, index) => {
    const start = bounds[index - 1];
    return start ? [{ start, end }] : [];
  });
}

/**
 * Joins adjacent windows of one tick to windows of `chunkTicks` ticks at most. Windows that are not selected
 * lie between them, so that no window includes time that is not to be loaded.
 */
export function joinWindows(selected: readonly RunInterval[], chunkTicks: number): RunInterval[] {
  const joined: { start: Date; end: Date; ticks: number }[] = [];
  for (const { start, end } of selected) {
    const last = joined.at(-1);
    if (last && last.ticks < chunkTicks && last.end.getTime() === start.getTime()) {
      last.end = end;
      last.ticks += 1;
    } else joined.push({ start, end, ticks: 1 });
  }
  return joined.map(({ start, end }) => ({ start, end }));
}

/** An `every:` has no fixed ticks: its windows are periods since the declared start, or since 1970. */
function floorTo({ trigger, zone, declared }: JobClock, at: Date): Date {
  if (trigger.type === 'schedule') return latestTick(trigger.expr, at, zone)?.at ?? at;
  const [periodMs, anchorMs] = [trigger.expr * 1000, declared?.start.getTime() ?? 0];
  return new Date(anchorMs + Math.floor((at.getTime() - anchorMs) / periodMs) * periodMs);
}

function listPeriods(periodMs: number, startMs: number, afterMs: number, untilMs: number): Date[] {
  const first = Math.floor((afterMs - startMs) / periodMs);
  const last = Math.floor((untilMs - startMs) / periodMs);
  return Array.from(
    { length: last - first },
    (_, index) => new Date(startMs + (first + index + 1) * periodMs),
  );
}
