import type { AttemptResult, Retry } from '../deliveries/attempt-result.ts';
import { readFailureReason, readPauseSeconds } from '../deliveries/attempt-result.ts';

/** Retries end this long after the first possible attempt. */
export const giveUpHours = 24;
/** A channel is disabled after this many messages in a row that its receiver rejected. */
export const maxRejections = 3;

const firstRetrySeconds = 5;
const maxRetrySeconds = 1800;
/** A receiver cannot hold a channel back for longer than this with `Retry-After`. */
const maxPauseSeconds = 3600;
/**
 * A rejection that may be a deploy of the receiver, such as a 404, is tried this often, which takes about two
 * minutes.
 */
const maxRejectedAttempts = 5;

/** What follows an attempt. */
export type DeliveryDecision =
  | { kind: 'delivered' }
  /** `pauseSeconds` is for the whole channel. */
  | Retry
  /** `isRejection`: counts against the channel. */
  | { kind: 'failed'; isRejection: boolean; reason: string };

export interface AttemptState {
  /** With the attempt that has just ended. */
  attempts: number;
  secondsToGiveUp: number;
  now: Date;
  /** From 0 to 1; spreads retries of several messages. */
  random: number;
}

/** Decides what follows an attempt: exponential delays with jitter, until the time of the message is over. */
export function decideDelivery(result: AttemptResult, state: AttemptState): DeliveryDecision {
  if (result.kind === 'accepted') return { kind: 'delivered' };
  const reason = readFailureReason(result);
  const rejected: DeliveryDecision = { kind: 'failed', isRejection: true, reason };
  if (result.kind === 'rejected') return rejected;
  if (result.kind === 'refused') return { ...rejected, isRejection: false };
  if (result.kind === 'answered' && !isTemporary(result.responseCode)) {
    if (!mayBePassing(result.responseCode) || state.attempts >= maxRejectedAttempts) return rejected;
  }
  const pauseSeconds = readPauseSeconds(result, state.now, maxPauseSeconds);
  const delaySeconds = Math.max(pauseSeconds ?? 0, backOff(state));
  if (delaySeconds >= state.secondsToGiveUp) return { kind: 'failed', isRejection: false, reason };
  return { kind: 'retry', delaySeconds, pauseSeconds, reason };
}

/** Doubles from 5 s to 30 min, minus up to a quarter of it. */
function backOff({ attempts, random }: AttemptState): number {
  const full = Math.min(firstRetrySeconds * 2 ** (attempts - 1), maxRetrySeconds);
  return full * (1 - random / 4);
}

function isTemporary(code: number): boolean {
  return code === 408 || code === 425 || code === 429 || code >= 500;
}

/** Statuses of a receiver that may be back soon. A 410, or a message that it finds invalid, is final. */
const mayBePassing = (code: number) => code === 401 || code === 403 || code === 404 || code === 405;
