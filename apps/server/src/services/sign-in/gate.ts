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

/** Creates a short queue for expensive work. Once it is full, callers are rejected instead of waiting. */
export function createGate({ atOnce, waiting, waitingForOne = waiting }: GateLimits) {
  const queue: { key: string; start: () => void }[] = [];
  let active = 0;

  function enter(key: string): Promise<void> | undefined {
    if (active < atOnce) {
      active += 1;
      return undefined;
    }
    if (queue.length >= waiting || countOf(key) >= waitingForOne) {
      throw new ServiceError(
        'too_many_sign_ins',
        'Many users are signing in right now. Try again in a few seconds.',
        {
          retry_after_seconds: 3,
        },
      );
    }
    return new Promise((resolve) => {
      queue.push({ key, start: resolve });
    });
  }

  function countOf(key: string): number {
    return queue.filter((entry) => entry.key === key).length;
  }

  function leave(): void {
    // Pass the slot on, so that new callers do not overtake waiting ones.
    const next = queue.shift();
    if (next) next.start();
    else active -= 1;
  }

  return {
    /** @throws ServiceError too_many_sign_ins if the queue is full */
    async pass<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
      await enter(key);
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}
