import type { Claim, WatchedRun } from '../store/records.ts';
import type { Store } from '../store/store.ts';

/** Reads the state that the watch of an attempt needs; undefined if its claim is no longer valid. */
export type Look = (claim: Claim, attemptId: string) => Promise<WatchedRun | undefined>;

/** Looks that are asked for at the same time are one statement. */
export function createLookTogether({ claims }: Pick<Store, 'claims'>): Look {
  interface Asked {
    claim: Claim;
    attemptId: string;
    resolve: (run: WatchedRun | undefined) => void;
    reject: (error: unknown) => void;
  }
  let waiting: Asked[] = [];

  async function lookForAll(): Promise<void> {
    const asked = waiting;
    waiting = [];
    try {
      const found = await claims.look(asked.map(({ claim, attemptId }) => ({ ...claim, attemptId })));
      for (const { attemptId, resolve } of asked) resolve(found.get(attemptId));
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  }

  return (claim, attemptId) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(() => void lookForAll());
      waiting.push({ claim, attemptId, resolve, reject });
    });
}
