import type { Executor, ListedAttempt } from '../executors/executor.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../store/store.ts';

export interface JanitorDependencies {
  persistence: Persistence;
  executor: Executor;
  /** How long after the end of a run its attempts are left to the outbox relay. */
  patienceSeconds: number;
  log: Logger;
}

export interface Janitor {
  sweep(): Promise<void>;
}

/**
 * Removes attempts whose run ended a while ago: a server that stood still while another one saw the run to its end, and cleaned up,
 * may start one after that. It is never let in, and nobody else ends it soon: what is left over (services/retention/leftovers) goes once
 * it is minutes old, and is whatever else a crash leaves.
 */
export function createJanitor({ persistence, executor, patienceSeconds, log }: JanitorDependencies): Janitor {
  async function findOver(listed: readonly ListedAttempt[]): Promise<ListedAttempt[]> {
    const runEnds = await persistence.store.ownership.findRunEnds(listed.map(({ attemptId }) => attemptId));
    const before = Date.now() - patienceSeconds * 1000;
    return listed.filter(({ attemptId }) => (runEnds.get(attemptId)?.getTime() ?? Infinity) < before);
  }

  async function removeAttempt({ attemptId, jobRunId, handle }: ListedAttempt): Promise<void> {
    // Its folder came with a data folder from another machine: nothing can be said about its processes.
    if ((await executor.inspect(handle)).state === 'unknown') return;
    log.info({ attemptId, jobRunId }, 'removing what is left of an attempt whose run is over');
    await executor.stop(handle, { graceSeconds: 0 });
    await executor.remove(handle);
  }

  return {
    async sweep() {
      for (const listed of await findOver(await executor.list())) {
        await removeAttempt(listed).catch((error: unknown) =>
          log.warn({ err: error, attemptId: listed.attemptId }, 'an attempt whose run is over stays'),
        );
      }
    },
  };
}
