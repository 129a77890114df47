import { parseRetryAfter } from './retry-after.ts';

/** What one attempt to send a message to a receiver resulted in. */
export type AttemptResult =
  | { kind: 'accepted'; responseCode: number | null; answer: string | null }
  /** An HTTP status that is not a success. */
  | { kind: 'answered'; responseCode: number; answer: string; retryAfter: string | null }
  /** No complete answer, for instance after a timeout. */
  | { kind: 'unanswered'; reason: string }
  /** The server does not send it: its address is not allowed, or its settings are incomplete. */
  | { kind: 'refused'; reason: string }
  /** The mail server accepts the message for no recipient. */
  | { kind: 'rejected'; reason: string; answer: string };

export type FailedAttempt = Exclude<AttemptResult, { kind: 'accepted' }>;

/** Another attempt follows. `pauseSeconds`: how long the receiver asked to get nothing; null if it did not. */
export interface Retry {
  kind: 'retry';
  delaySeconds: number;
  pauseSeconds: number | null;
  reason: string;
}

/** Another server makes the next attempt at once. */
export const retryAfterStop: Retry = {
  kind: 'retry',
  delaySeconds: 0,
  pauseSeconds: null,
  reason: 'server_stopped',
};

/** Returns why an attempt failed, as the delivery log shows it, for instance `http_503`. */
export function readFailureReason(result: FailedAttempt): string {
  return result.kind === 'answered' ? `http_${result.responseCode}` : result.reason;
}

/**
 * Returns how many seconds the receiver asked to get nothing: `Retry-After` with a 429 or 503.
 * @param maxSeconds a longer pause is cut to this
 */
export function readPauseSeconds(result: FailedAttempt, now: Date, maxSeconds: number): number | null {
  if (result.kind !== 'answered' || (result.responseCode !== 429 && result.responseCode !== 503)) return null;
  const seconds = parseRetryAfter(result.retryAfter, now);
  return seconds === null ? null : Math.min(seconds, maxSeconds);
}
