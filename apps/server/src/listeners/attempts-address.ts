import type { AttemptsPlace } from '../platform/attempt-seal.ts';
import type { AttemptHandle } from '../executors/executor.ts';

/** Where attempts reach this server. */
export interface AttemptsAddress {
  /** What to tell an attempt; `problem` says what to do where attempts would not reach this server: they wait. */
  find(): Promise<AttemptsPlace | { problem: string }>;
  /** This attempt has been started, or was found: whatever it takes to reach this server exists as long as it runs. */
  noteStarted(handle: AttemptHandle): void;
}

/** One that is known and does not change. */
export function createFixedAddress(place: AttemptsPlace): AttemptsAddress {
  return { find: async () => place, noteStarted: () => undefined };
}
