import type { FreshnessState } from '@pumphouse/contract';
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
  /** See `isFailingPipeline`. */
  isFailing: boolean;
  schedules: readonly FeedingSchedule[];
}

export interface Freshness {
  state: FreshnessState;
  /** Whether a schedule requires newer data. Also of a failing pipeline. */
  isStale: boolean;
  /** `state` as a sentence. */
  detail: string;
  ageSeconds: number | null;
  staleAt: Date | null;
  expectedEverySeconds: number | null;
}

const secondMs = 1000;
/** Enough gaps to include a weekend, without computing a year of ticks for each listed pipeline. */
const gapsLookedAt = 3;

/**
 * Derives how fresh the data of a pipeline is, for every page, command, tool and alert. Data is due once a start was
 * due since the last success and has had as long as that success took, and stale once a second one was. If several
 * schedules feed it, the one due first decides. Without a schedule, data is never due. A failure outweighs the age:
 * data whose last run failed is not fresh, however new it is.
 */
export function deriveFreshness(input: FreshnessInput, now: Date): Freshness {
  const { lastSuccessAt, schedules, isFailing } = input;
  const live = schedules.filter(({ isPaused, isArchived }) => !isPaused && !isArchived);
  const expectedEverySeconds = smallest(live.map((each) => each.expectedEverySeconds));
  const { dueAt, staleAt } = findNextStarts(input, live);
  const ofSchedule = deriveFromSchedule(input, {
    expectedEverySeconds,
    isDue: dueAt !== null && dueAt <= now,
    isStale: staleAt !== null && staleAt <= now,
  });
  const ageSeconds =
    lastSuccessAt && Math.max(0, Math.floor((now.getTime() - lastSuccessAt.getTime()) / secondMs));
  const detail = describeSchedule(ofSchedule, { ageSeconds, expectedEverySeconds });
  return {
    state: isFailing ? 'failing' : ofSchedule,
    isStale: ofSchedule === 'stale' || (ofSchedule === 'never_succeeded' && expectedEverySeconds !== null),
    detail: isFailing ? `The last run failed. ${detail}` : detail,
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

type ScheduleState = Exclude<FreshnessState, 'failing'>;

function deriveFromSchedule(
  { lastSuccessAt, schedules }: FreshnessInput,
  at: { expectedEverySeconds: number | null; isDue: boolean; isStale: boolean },
): ScheduleState {
  if (lastSuccessAt === null) return 'never_succeeded';
  if (at.isStale) return 'stale';
  if (at.expectedEverySeconds !== null) return at.isDue ? 'due' : 'fresh';
  const isPaused = schedules.some(
    (schedule) => schedule.isPaused && !schedule.isArchived && timedTriggers(schedule).length > 0,
  );
  return isPaused ? 'schedule_paused' : 'not_scheduled';
}

/** Finds when the first and the second start after the last success must have succeeded. */
function findNextStarts(
  { lastSuccessAt, lastSuccessDurationMs }: FreshnessInput,
  live: readonly FeedingSchedule[],
): { dueAt: Date | null; staleAt: Date | null } {
  if (lastSuccessAt === null) return { dueAt: null, staleAt: null };
  const clocks = new Map(
    live.flatMap(({ triggers, timeZone }) =>
      triggers
        .filter(isTimedTrigger)
        .map((trigger) => [JSON.stringify([trigger, timeZone]), { trigger, timeZone }]),
    ),
  );
  // Once per distinct clock: a thousand jobs that feed one pipeline have few clocks, and finding a tick is
  // expensive.
  const starts = [...clocks.values()].map(({ trigger, timeZone }) =>
    nextStartsMs(parseTrigger(trigger), timeZone, lastSuccessAt),
  );
  const earliest = (startMs: number | null) =>
    startMs === null ? null : new Date(startMs + lastSuccessDurationMs);
  return {
    dueAt: earliest(smallest(starts.map(([first = null]) => first))),
    staleAt: earliest(smallest(starts.map(([, second = null]) => second))),
  };
}

/** Computes the next two starts after an instant; fewer if the year field is in the past. */
function nextStartsMs(trigger: Trigger, timeZone: string, after: Date): number[] {
  if (trigger.type === 'every')
    return [1, 2].map((count) => after.getTime() + count * trigger.expr * secondMs);
  if (trigger.type !== 'schedule') return [];
  const first = nextTick(trigger.expr, after, timeZone);
  const second = first && nextTick(trigger.expr, first, timeZone);
  return [first, second].flatMap((each) => (each ? [each.getTime()] : []));
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

function describeSchedule(
  state: ScheduleState,
  known: { ageSeconds: number | null; expectedEverySeconds: number | null },
): string {
  const age = `Last succeeded ${formatTime(known.ageSeconds ?? 0)} ago`;
  const period = `a start is due every ${formatTime(known.expectedEverySeconds ?? 0).replace(/^1 /, '')}`;
  switch (state) {
    case 'fresh':
      return `${age}; ${period}.`;
    case 'due':
      return `${age}, and a start has been due since; ${period}.`;
    case 'stale':
      return `${age}, and two starts have been due since; ${period}.`;
    case 'never_succeeded':
      return 'No successful run is recorded.';
    case 'schedule_paused':
      return `${age}; its scheduled jobs are paused.`;
    case 'not_scheduled':
      return `${age}; it has no schedule.`;
    default:
      throw new Error(`Nothing describes ${String(state)}`);
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
