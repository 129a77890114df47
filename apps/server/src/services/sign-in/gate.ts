import pLimit from 'p-limit';
import { ServiceError } from '../../platform/service-error.ts';

export interface GateLimits {
  /** Maximum number of concurrent pieces of work. */
  atOnce: number;
  /** Maximum number of waiting callers. */
  waiting: number;
  /** Maximum number of waiting callers with the same key, so that one caller cannot fill the queue. */
  waitingForOne?: number;
}

export type Gate = ReturnType<typeof createGate>;

/**
 * Creates a short queue for expensive work. p-limit orders the work; the gate rejects callers once too many of
 * them wait, which p-limit does not.
 */
export function createGate({ atOnce, waiting, waitingForOne = waiting }: GateLimits) {
  const limit = pLimit(atOnce);
  const waitingOf = new Map<string, number>();

  function countWaiting(key: string, by: 1 | -1): void {
    const count = (waitingOf.get(key) ?? 0) + by;
    if (count > 0) waitingOf.set(key, count);
    else waitingOf.delete(key);
  }

  return {
    /** @throws ServiceError too_many_sign_ins if the queue is full */
    async pass<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
      if (limit.activeCount < atOnce) return limit(work);
      if (limit.pendingCount >= waiting || (waitingOf.get(key) ?? 0) >= waitingForOne) throw tooManySignIns();
      countWaiting(key, 1);
      return limit(() => {
        countWaiting(key, -1);
        return work();
      });
    },
  };
}

function tooManySignIns(): ServiceError {
  return new ServiceError('too_many_sign_ins', 'Many people sign in right now. Try again in a few seconds.', {
    retry_after_seconds: 3,
  });
}
