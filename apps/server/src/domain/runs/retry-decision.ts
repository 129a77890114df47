import type { RetrySettings } from '../jobs/job-settings.ts';
import type { RunFailureCode } from './run-failures.ts';
import { runFailures } from './run-failures.ts';

/** A failed attempt, reduced to what the decision depends on. */
export interface FailedAttempt {
  code: RunFailureCode;
  /** Its user code may have had effects: its loads would be repeated. */
  hasBegun: boolean;
  /** Number of earlier retries of the run. */
  retriesSoFar: number;
}

export type RetryDecision = { retry: true; afterSeconds: number } | { retry: false };

/** What is stored of an attempt about the start of its user code. */
export interface UserCodeStart {
  /** When its bootstrap was admitted. */
  begunAt: Date | null;
  /** From the record `started` of the bootstrap, which precedes all others about user code. */
  startedAt: Date | null;
  /** `reason` is only in the exit record of a bootstrap, never in what an executor observes. */
  exit: { reason: object | null } | null;
}

/**
 * Reports whether user code may have run. Only the bootstrap knows: it has not if the bootstrap was never
 * admitted, or ended its spool with a reason and without the record `started`. The reason itself says nothing:
 * `disk_limit` and others are set after user code has run.
 */
export function hasUserCodeBegun({ begunAt, startedAt, exit }: UserCodeStart): boolean {
  if (begunAt === null) return false;
  return startedAt !== null || !exit?.reason;
}

/** Delays double up to this limit; a longer configured delay is kept. */
const maxDoubledSeconds = 3600;

/**
 * Decides whether a run gets another attempt, and after what delay. A failure that is certain to repeat is
 * never retried, whatever the settings; neither is one that the settings do not list. Delays depend only on
 * the settings, so that users can predict them.
 */
export function decideRetry(failed: FailedAttempt, settings: RetrySettings): RetryDecision {
  const { code, retriesSoFar } = failed;
  if (retriesSoFar >= settings.count || !runFailures[code].mayPass || !isNamed(failed, settings))
    return { retry: false };
  const { backoffSeconds } = settings;
  const doubled = Math.min(backoffSeconds * 2 ** retriesSoFar, maxDoubledSeconds);
  return { retry: true, afterSeconds: Math.max(backoffSeconds, doubled) };
}

function isNamed({ code, hasBegun }: FailedAttempt, { on }: RetrySettings): boolean {
  if (code === 'timed_out') return on.includes('timed_out');
  return on.includes('failed') || (!hasBegun && on.includes('not_begun'));
}
