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
