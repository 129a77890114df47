import { latestTick } from './cron.ts';
import type { DeclaredInterval, JobDefinition } from '../jobs/job-definition.ts';
import { computeRunInterval, type RunInterval } from './run-interval.ts';
import { parseIsoInstant } from '../primitives/time-zone.ts';
import { parseTrigger, type Trigger } from '../jobs/trigger.ts';

/** A declared interval as instants; `end` is null while the window has none. */
export interface DeclaredWindow {
  start: Date;
  end: Date | null;
}

/** A declared start or end that is not a date. A definition that was checked has none. */
export class InvalidIntervalError extends Error {
  override readonly name = 'InvalidIntervalError';
}

/**
 * The bounds of a declared interval, each moved back to a tick of the cron, as in dlt 1.31; a missing end is now.
 * Texts without an offset are wall clock of `zone`.
 * @throws {InvalidIntervalError}
 */
export function resolveIntervalSpec(
  spec: DeclaredInterval,
  cron: string,
  zone: string,
  now: Date,
): RunInterval {
  const start = floorToTick(cron, parseBound(spec.start, zone), zone);
  const end = floorToTick(cron, spec.end === undefined ? now : parseBound(spec.end, zone), zone);
  return { start, end };
}

/**
 * The declared interval of a job for one of its triggers, null when it declares none. The job's cron floors the bounds;
 * a job on `every:` keeps them as written.
 * @throws {InvalidIntervalError}
 */
export function resolveDeclaredWindow(
  definition: Pick<JobDefinition, 'interval' | 'triggers'>,
  zone: string,
): DeclaredWindow | null {
  const spec = definition.interval;
  if (spec === undefined) return null;
  const cron = findCron(definition);
  const floor = (at: Date): Date => (cron === null ? at : floorToTick(cron, at, zone));
  return {
    start: floor(parseBound(spec.start, zone)),
    end: spec.end === undefined ? null : floor(parseBound(spec.end, zone)),
  };
}

/** The interval cut to the window. A window that is over or has not begun gives an end before its start. */
export function clampToWindow(interval: RunInterval, window: DeclaredWindow | null): RunInterval {
  if (window === null) return interval;
  return {
    start: interval.start < window.start ? window.start : interval.start,
    end: window.end !== null && interval.end > window.end ? window.end : interval.end,
  };
}

/** Whether an instant lies in the half-open window. */
export function isInWindow(at: Date, window: DeclaredWindow): boolean {
  return at >= window.start && (window.end === null || at < window.end);
}

/**
 * The interval `dlthub local run` of dlt 1.31 gives a job, which knows no earlier runs: the natural last window, or with
 * refresh all since the declared start, cut to the declared interval. The user's own bounds win over all of that.
 * @param bounds ISO 8601 texts in the job's zone; an end without a start is ignored
 * @throws {InvalidIntervalError}
 */
export function computeLocalInterval(
  trigger: Trigger,
  definition: Pick<JobDefinition, 'interval' | 'triggers'>,
  zone: string,
  now: Date,
  refresh: boolean,
  bounds: { start: string | null; end: string | null },
): RunInterval {
  if (bounds.start !== null) {
    return {
      start: parseBound(bounds.start, zone),
      end: bounds.end === null ? now : parseBound(bounds.end, zone),
    };
  }
  const window = resolveDeclaredWindow(definition, zone);
  return clampToWindow(
    computeRunInterval(trigger, now, refresh ? (window?.start ?? null) : null, zone),
    window,
  );
}

function findCron(definition: Pick<JobDefinition, 'triggers'>): string | null {
  for (const raw of definition.triggers) {
    if (!raw.startsWith('schedule:')) continue;
    const trigger = parseTrigger(raw);
    if (trigger.type === 'schedule') return trigger.expr;
  }
  return null;
}

function floorToTick(cron: string, at: Date, zone: string): Date {
  return latestTick(cron, at, zone)?.at ?? at;
}

function parseBound(text: string, zone: string): Date {
  const at = parseIsoInstant(text, zone);
  if (at === null) throw new InvalidIntervalError(`'${text}' is not an ISO 8601 date or datetime`);
  return at;
}
