import { latestTick, listTicks } from '../scheduling/cron.ts';
import { type DeclaredWindow, resolveDeclaredWindow } from '../scheduling/declared-interval.ts';
import { findTimedTrigger, getTimeZone, type JobDefinition } from '../jobs/job-definition.ts';
import type { RunInterval } from '../scheduling/run-interval.ts';
import { parseTrigger, type Trigger } from '../jobs/trigger.ts';

/** Maximum number of ticks, and so of windows, of one backfill or calendar. */
export const maxTicks = 100_000;

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
 * Lists the instants that bound the windows of a job within `asked`, in order and without duplicates. Both
 * ends are floored to ticks, and clipped to the declared interval and to the latest tick. Returns two more
 * than `maxTicks` at most.
 */
export function listBounds(clock: JobClock, asked: RunInterval, now: Date): Date[] {
  const { declared } = clock;
  const from = floorTo(clock, asked.start);
  const to = floorTo(clock, asked.end < now ? asked.end : now);
  const start = declared !== null && from < declared.start ? declared.start : from;
  const end = declared?.end != null && to > declared.end ? declared.end : to;
  if (end <= start) return [];
  const ticks =
    clock.trigger.type === 'schedule'
      ? listTicks(clock.trigger.expr, start, end, clock.zone, maxTicks + 2)
      : listPeriods(clock, start, end);
  const bounds = [start.getTime(), ...ticks.map((tick) => tick.getTime())];
  return [...new Set(bounds)].map((ms) => new Date(ms));
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

function listPeriods({ trigger }: JobClock, start: Date, end: Date): Date[] {
  if (trigger.type !== 'every') return [];
  const [periodMs, periods] = [trigger.expr * 1000, [start]];
  for (
    let ms = start.getTime() + periodMs;
    ms <= end.getTime() && periods.length <= maxTicks + 1;
    ms += periodMs
  )
    periods.push(new Date(ms));
  return periods;
}
