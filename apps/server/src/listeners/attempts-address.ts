import type { ServerEndpoint } from '../platform/attempt-seal.ts';
import type { AttemptHandle } from '../executors/contract/attempt-handle.ts';

/** The address at which attempts reach this server. */
export interface AttemptsAddress {
  /**
   * Returns the address to pass to an attempt, or a `problem` with the fix if attempts could not reach this
   * server; runs wait meanwhile.
   */
  find(): Promise<ServerEndpoint | { problem: string }>;
  /**
   * Reports an attempt that was started or found: whatever it needs to reach this server is kept while it
   * runs.
   */
  noteStarted(handle: AttemptHandle): void;
}

/** Creates an address that is known in advance and never changes. */
export function createFixedAddress(scope: ServerEndpoint): AttemptsAddress {
  return { find: async () => scope, noteStarted: () => undefined };
}
