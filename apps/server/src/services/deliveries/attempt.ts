import type { AttemptResult, Retry } from '../../domain/deliveries/attempt-result.ts';
import type { SendResult } from '../../store/records.ts';

/** How long a server may take for an attempt that it claimed. Longer than any attempt. */
export const deliveryLeaseSeconds = 120;

/**
 * Makes an attempt. An error of the server itself is a result like a timeout: another attempt may find it
 * repaired, for instance a secret that no key opened.
 */
export async function attemptSafely(
  send: () => Promise<AttemptResult>,
  onError: (error: unknown) => void,
): Promise<AttemptResult> {
  try {
    return await send();
  } catch (error) {
    onError(error);
    return { kind: 'unanswered', reason: 'internal_error' };
  }
}

/** Reports whether the server stopped before the receiver answered, which is not a failure of the receiver. */
export function isInterrupted(result: AttemptResult, signal: AbortSignal): boolean {
  return signal.aborted && result.kind === 'unanswered';
}

/** Returns what the delivery log shows of an attempt. */
export function toSendResult(
  result: AttemptResult,
  decision: { kind: 'delivered' } | Retry | { kind: 'failed'; reason: string },
): SendResult {
  return {
    reason: decision.kind === 'delivered' ? null : decision.reason,
    responseCode: 'responseCode' in result ? result.responseCode : null,
    answer: 'answer' in result ? result.answer : null,
  };
}
