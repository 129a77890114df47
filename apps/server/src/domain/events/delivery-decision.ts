import type { AttemptResult, Retry } from '../deliveries/attempt-result.ts';
import { readFailureReason, readPauseSeconds } from '../deliveries/attempt-result.ts';

const minute = 60;
const hour = 60 * minute;

/** Seconds before each retry. The last one is about three days after the first attempt. */
export const retryDelaySeconds = [
  5,
  30,
  2 * minute,
  10 * minute,
  30 * minute,
  hour,
  2 * hour,
  4 * hour,
  8 * hour,
  12 * hour,
  12 * hour,
  16 * hour,
  16 * hour,
] as const;

/**
 * An event is attempted this often before later events of the same subject no longer wait for it, which takes
 * about 13 minutes.
 */
export const attemptsInOrder = 5;

/** A receiver cannot hold a subscription back for longer than this with `Retry-After`. */
const maxPauseSeconds = 24 * hour;

/** What follows an attempt to deliver an event. */
export type EventDeliveryDecision =
  | { kind: 'delivered' }
  /** `pauseSeconds` is for the whole subscription. */
  | Retry
  /** `disables`: why the subscription receives no more; null if it stays enabled. */
  | { kind: 'failed'; disables: 'gone' | 'failing' | null; reason: string };

/**
 * Decides what follows an attempt. Everything but a success is retried, because any status may come from a
 * deploy or a proxy of the receiver. 410 says that the receiver is gone, and an address that is not allowed
 * stays so.
 * @param state.attempts with the attempt that has just ended
 * @param state.isSingle whether there is only one attempt, for a user who waits for the result
 * @param state.random from 0 to 1; spreads retries of several events
 */
export function decideEventDelivery(
  result: AttemptResult,
  state: { attempts: number; isSingle: boolean; now: Date; random: number },
): EventDeliveryDecision {
  if (result.kind === 'accepted') return { kind: 'delivered' };
  const reason = readFailureReason(result);
  if (result.kind === 'refused') return { kind: 'failed', disables: null, reason };
  if (state.isSingle) return { kind: 'failed', disables: null, reason };
  if (result.kind === 'answered' && result.responseCode === 410)
    return { kind: 'failed', disables: 'gone', reason };
  const delay = retryDelaySeconds[state.attempts - 1];
  if (delay === undefined) return { kind: 'failed', disables: 'failing', reason };
  const pauseSeconds = readPauseSeconds(result, state.now, maxPauseSeconds);
  const delaySeconds = Math.max(pauseSeconds ?? 0, delay * (1 - state.random / 10));
  return { kind: 'retry', delaySeconds, pauseSeconds, reason };
}
