import type { AttemptRunner, ListedAttempt } from '../executors/contract/attempt-runner.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../store/store.ts';

export interface ReaperDependencies {
  persistence: Persistence<'ownership'>;
  executor: AttemptRunner;
  /** How long after the end of a run its attempts are left to the outbox relay. */
  delaySeconds: number;
  log: Logger;
}

export interface Reaper {
  /** Ends and removes attempts whose run has ended. */
  reap(): Promise<void>;
}

/**
 * Removes attempts whose run ended a while ago. A server that stalled while another server finished the run and cleaned up may start
 * such an attempt afterwards: the attempt is never admitted, and only the reaper ends it soon. All other orphaned resources are left
 * to services/retention, which waits until they are minutes old.
 */
export function createReaper({ persistence, executor, delaySeconds, log }: ReaperDependencies): Reaper {
  async function findEnded(listed: readonly ListedAttempt[]): Promise<ListedAttempt[]> {
    const runEnds = await persistence.store.ownership.findRunEnds(listed.map(({ attemptId }) => attemptId));
    const before = Date.now() - delaySeconds * 1000;
    return listed.filter(({ attemptId }) => (runEnds.get(attemptId)?.getTime() ?? Infinity) < before);
  }

  async function removeAttempt({ attemptId, jobRunId, handle }: ListedAttempt): Promise<void> {
    // The data folder was copied from another machine: the state of the attempt's processes cannot be determined here.
    if ((await executor.inspect(handle)).state === 'unknown') return;
    log.info({ attemptId, jobRunId }, 'removing an attempt whose run has ended');
    await executor.stop(handle, { graceSeconds: 0 });
    await executor.remove(handle);
  }

  return {
    async reap() {
      for (const listed of await findEnded(await executor.list())) {
        await removeAttempt(listed).catch((error: unknown) =>
          log.warn(
            { err: error, attemptId: listed.attemptId },
            'an attempt whose run has ended was not removed',
          ),
        );
      }
    },
  };
}
