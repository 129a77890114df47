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
 * may start one after that. It is never let in, and nobody else knows of it.
 */
export function createJanitor({ persistence, executor, patienceSeconds, log }: JanitorDependencies): Janitor {
  async function endedLongAgo(jobRunId: string): Promise<boolean> {
    const run = await persistence.store.jobRuns.find(jobRunId);
    return !!run?.finishedAt && Date.now() - run.finishedAt.getTime() > patienceSeconds * 1000;
  }

  async function removeIfOver({ attemptId, jobRunId, handle }: ListedAttempt): Promise<void> {
    if (!(await endedLongAgo(jobRunId))) return;
    log.info({ attemptId, jobRunId }, 'removing what is left of an attempt whose run is over');
    await executor.stop(handle, { graceSeconds: 0 });
    await executor.remove(handle);
  }

  return {
    async sweep() {
      for (const listed of await executor.list()) {
        await removeIfOver(listed).catch((error: unknown) =>
          log.warn({ err: error, attemptId: listed.attemptId }, 'an attempt whose run is over stays'),
        );
      }
    },
  };
}
