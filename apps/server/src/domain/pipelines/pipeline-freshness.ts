import type { FreshnessReason } from '@pumphouse/contract';
import { isTimedTrigger, parseTrigger, type Trigger } from '../jobs/trigger.ts';
import { nextTick } from '../scheduling/cron.ts';

/** A job that runs a pipeline, with its clock triggers. */
export interface FeedingSchedule {
  triggers: readonly string[];
  timeZone: string;
  isPaused: boolean;
  isArchived: boolean;
  /**
   * The result of `findExpectedSeconds`, passed in because it is expensive and many pipelines share a
   * schedule.
   */
  expectedEverySeconds: number | null;
}

export interface FreshnessInput {
  /** End of the last successful run. */
  lastSuccessAt: Date | null;
  /** Duration of that run; 0 if unknown. */
  lastSuccessDurationMs: number;
  schedules: readonly FeedingSchedule[];
}

export interface Freshness {
  isStale: boolean;
  why: FreshnessReason;
  /** `why` as a sentence. */
  detail: string;
  ageSeconds: number | null;
  staleAt: Date | null;
  expectedEverySeconds: number | null;
}

const secondMs = 1000;
/** Enough gaps to include a weekend, without computing a year of ticks for each listed pipeline. */
const gapsLookedAt = 3;

/**
 * Computes the age of a pipeline's data and whether a schedule expects newer data. A pipeline is stale once
 * two starts were due since the last success and the second has had as long as that success took. So a single
 * failure, or a run in progress, does not make it stale. If several schedules feed it, the one due first
 * decides. Without a schedule, a pipeline is never stale.
 */
export function assessFreshness(input: FreshnessInput, now: Date): Freshness {
  const { lastSuccessAt, schedules } = input;
  const live = schedules.filter(({ isPaused, isArchived }) => !isPaused && !isArchived);
  const expectedEverySeconds = smallest(live.map((each) => each.expectedEverySeconds));
  const staleAt = findStaleAt(input, live);
  const why = decideReason(input, { expectedEverySeconds, isOverdue: staleAt !== null && staleAt <= now });
  const isStale = why === 'overdue' || (why === 'never_succeeded' && expectedEverySeconds !== null);
  const ageSeconds =
    lastSuccessAt && Math.max(0, Math.floor((now.getTime() - lastSuccessAt.getTime()) / secondMs));
  return {
    isStale,
    why,
    detail: describeFreshness(why, { ageSeconds, expectedEverySeconds }),
    ageSeconds,
    staleAt,
    expectedEverySeconds,
  };
}

/**
 * Computes the usual time between two starts of a job by its clock, the shortest of its triggers; null for a
 * job without one.
 */
export function findExpectedSeconds(
  schedule: Pick<FeedingSchedule, 'triggers' | 'timeZone'>,
  now: Date,
): number | null {
  return smallest(timedTriggers(schedule).map((trigger) => usualGapSeconds(trigger, schedule.timeZone, now)));
}

function decideReason(
  { lastSuccessAt, schedules }: FreshnessInput,
  at: { expectedEverySeconds: number | null; isOverdue: boolean },
): FreshnessReason {
  if (lastSuccessAt === null) return 'never_succeeded';
  if (at.expectedEverySeconds !== null) return at.isOverdue ? 'overdue' : 'on_time';
  const isPaused = schedules.some(
    (schedule) => schedule.isPaused && !schedule.isArchived && timedTriggers(schedule).length > 0,
  );
  return isPaused ? 'schedule_paused' : 'not_scheduled';
}

function findStaleAt(
  { lastSuccessAt, lastSuccessDurationMs }: FreshnessInput,
  live: readonly FeedingSchedule[],
): Date | null {
  if (lastSuccessAt === null) return null;
  const clocks = new Map(
    live.flatMap(({ triggers, timeZone }) =>
      triggers
        .filter(isTimedTrigger)
        .map((trigger) => [JSON.stringify([trigger, timeZone]), { trigger, timeZone }]),
    ),
  );
  // Once per distinct clock: a thousand jobs that feed one pipeline have few clocks, and finding a tick is
  // expensive.
  const dueMs = [...clocks.values()].flatMap(({ trigger, timeZone }) =>
    secondStartMs(parseTrigger(trigger), timeZone, lastSuccessAt),
  );
  return dueMs.length === 0 ? null : new Date(Math.min(...dueMs) + lastSuccessDurationMs);
}

/** Computes the second start after an instant; empty if the year field is in the past. */
function secondStartMs(trigger: Trigger, timeZone: string, after: Date): number[] {
  if (trigger.type === 'every') return [after.getTime() + 2 * trigger.expr * secondMs];
  if (trigger.type !== 'schedule') return [];
  const first = nextTick(trigger.expr, after, timeZone);
  const second = first && nextTick(trigger.expr, first, timeZone);
  return second ? [second.getTime()] : [];
}

function usualGapSeconds(trigger: Trigger, timeZone: string, now: Date): number | null {
  if (trigger.type === 'every') return trigger.expr;
  if (trigger.type !== 'schedule') return null;
  const gaps: number[] = [];
  let tick = nextTick(trigger.expr, now, timeZone);
  while (tick !== null && gaps.length < gapsLookedAt) {
    const next = nextTick(trigger.expr, tick, timeZone);
    if (next === null) break;
    gaps.push((next.getTime() - tick.getTime()) / secondMs);
    tick = next;
  }
  return gaps.toSorted((left, right) => left - right)[Math.floor(gaps.length / 2)] ?? null;
}

function timedTriggers({ triggers }: Pick<FeedingSchedule, 'triggers'>): Trigger[] {
  return triggers.filter(isTimedTrigger).map(parseTrigger);
}

function smallest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.min(...known);
}

function describeFreshness(
  why: FreshnessReason,
  known: { ageSeconds: number | null; expectedEverySeconds: number | null },
): string {
  const age = `Last succeeded ${formatTime(known.ageSeconds ?? 0)} ago`;
  const period = `a start is due every ${formatTime(known.expectedEverySeconds ?? 0).replace(/^1 /, '')}`;
  switch (why) {
    case 'on_time':
      return `${age}; ${period}.`;
    case 'overdue':
      return `${age}, and two starts have been due since; ${period}.`;
    case 'never_succeeded':
      return 'No successful run is recorded.';
    case 'schedule_paused':
      return `${age}; its scheduled jobs are paused.`;
    case 'not_scheduled':
      return `${age}; it has no schedule.`;
    default:
      throw new Error(`Nothing describes ${String(why)}`);
  }
}

const units = [
  { name: 'day', seconds: 86_400 },
  { name: 'hour', seconds: 3600 },
  { name: 'minute', seconds: 60 },
  { name: 'second', seconds: 1 },
] as const;

/** Formats a duration such as `3 hours`: in the largest unit that fits, rounded down. */
function formatTime(seconds: number): string {
  const unit = units.find((each) => seconds >= each.seconds) ?? { name: 'second', seconds: 1 };
  const count = Math.floor(seconds / unit.seconds);
  return `${count} ${unit.name}${count === 1 ? '' : 's'}`;
}
