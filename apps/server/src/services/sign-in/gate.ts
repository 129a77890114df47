import { ServiceError } from '../../platform/service-error.ts';

export interface GateLimits {
  /** How many pieces of work go on at once. */
  atOnce: number;
  /** How many more may wait. */
  waiting: number;
  /** How many of these may be for one key, so that one caller cannot take all the room. */
  waitingForOne?: number;
}

export type Gate = ReturnType<typeof createGate>;

/** A short queue before work that is expensive. Where it is full, callers are told to come again rather than left waiting. */
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
        'Many people sign in right now. Try again in a few seconds.',
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
    // The place is handed on, so nobody who comes now is before those who wait.
    const next = queue.shift();
    if (next) next.start();
    else active -= 1;
  }

  return {
    /** @throws ServiceError too_many_sign_ins when the queue is full */
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
