import { latestTick } from './cron.ts';
import type { DeclaredInterval, JobDefinition } from '../jobs/job-definition.ts';
import { computeRunInterval, type RunInterval } from './run-interval.ts';
import { parseIsoInstant } from '../primitives/time-zone.ts';
import { parseTrigger, type Trigger } from '../jobs/trigger.ts';

/** A declared interval as instants; `end` is null for a window without an end. */
export interface DeclaredWindow {
  start: Date;
  end: Date | null;
}

/** A declared start or end that is not a date. Validated definitions never contain one. */
export class InvalidIntervalError extends Error {
  override readonly name = 'InvalidIntervalError';
}

/**
 * Resolves the bounds of a declared interval, each floored to a tick of the cron, as in dlt 1.31. A missing
 * end is now. Texts without an offset are wall clock time in `zone`.
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
 * Resolves the declared interval of a job; null if it declares none. The job's cron floors the bounds; a job
 * on `every:` keeps them as written.
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

/** Clips the interval to the window. If the two do not overlap, the result has its end before its start. */
export function clampToWindow(interval: RunInterval, window: DeclaredWindow | null): RunInterval {
  if (window === null) return interval;
  return {
    start: interval.start < window.start ? window.start : interval.start,
    end: window.end !== null && interval.end > window.end ? window.end : interval.end,
  };
}

/** Reports whether an instant lies in the half-open window. */
export function isInWindow(at: Date, window: DeclaredWindow): boolean {
  return at >= window.start && (window.end === null || at < window.end);
}

/**
 * Computes the interval that `dlthub local run` of dlt 1.31 gives a job. It knows no earlier runs, so this is
 * the natural last window (with refresh, everything since the declared start), clipped to the declared
 * interval. Bounds given by the user take precedence.
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
