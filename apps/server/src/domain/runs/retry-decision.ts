import type { RetrySettings } from '../jobs/job-settings.ts';
import type { RunFailureCode } from './run-failures.ts';
import { runFailures } from './run-failures.ts';

/** What is known of an attempt that failed. */
export interface FailedAttempt {
  code: RunFailureCode;
  /** Its user code may have done something: what it loaded would be loaded twice. */
  hasBegun: boolean;
  /** Retries that its run has had before. */
  retriesSoFar: number;
}

export type RetryDecision = { retry: true; afterSeconds: number } | { retry: false };

/** Waits double up to this; one that was set longer stays as it was set. */
const longestDoubledSeconds = 3600;

/**
 * Whether a run gets another attempt, and after how long. What fails the same way each time gets none, whatever the settings say; nor
 * does what they do not name. The waits follow from the settings alone, so that a log can be understood from them.
 */
export function decideRetry(failed: FailedAttempt, settings: RetrySettings): RetryDecision {
  const { code, retriesSoFar } = failed;
  if (retriesSoFar >= settings.count || !runFailures[code].mayPass || !isNamed(failed, settings))
    return { retry: false };
  const { backoffSeconds } = settings;
  const doubled = Math.min(backoffSeconds * 2 ** retriesSoFar, longestDoubledSeconds);
  return { retry: true, afterSeconds: Math.max(backoffSeconds, doubled) };
}

function isNamed({ code, hasBegun }: FailedAttempt, { on }: RetrySettings): boolean {
  if (code === 'timed_out') return on.includes('timed_out');
  return on.includes('failed') || (!hasBegun && on.includes('not_begun'));
}
