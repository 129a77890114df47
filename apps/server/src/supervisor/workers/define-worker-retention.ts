import type { Executor } from '../../executors/executor.ts';
import type { LoopDefinition } from '../../platform/loops.ts';
import type { RetentionDependencies } from '../../services/retention/retention.ts';
import type { RetentionLimits } from '../../domain/retention/retention-limits.ts';
import { createRetention } from '../../services/retention/retention.ts';
import { decidePauseSeconds } from '../../domain/retention/retention.ts';
import { formatLimit } from '../../domain/retention/retention-limits.ts';

/** What a worker has on its own disk. All else of a run is in the store and the blobs. */
const kinds = ['environments', 'caches'] as const;

/** A worker that has just connected has more urgent work. */
const firstDelaySeconds = 300;

export type WorkerRetentionParts = Omit<RetentionDependencies, 'executor' | 'workerId'> & {
  /** They apply to the disk of each worker. Read in each iteration. */
  readLimits: () => RetentionLimits;
};

/**
 * Defines the loop that removes environments and caches of a connected worker past their retention. The server
 * with its connection does this, so that no round is shared with other servers.
 */
export function defineWorkerRetention(
  { readLimits, ...parts }: WorkerRetentionParts,
  worker: { id: string; executor: Executor },
): LoopDefinition {
  const retention = createRetention({ ...parts, executor: worker.executor, workerId: worker.id });
  const intervalSeconds = decidePauseSeconds(readLimits());
  return {
    name: `retention of worker ${worker.id}`,
    intervalMs: intervalSeconds * 1000,
    firstDelayMs: Math.min(firstDelaySeconds, intervalSeconds) * 1000,
    async iterate(signal) {
      const limits = readLimits();
      const pauseMs = decidePauseSeconds(limits) * 1000;
      if (kinds.every((kind) => formatLimit(limits[kind]) === 'off')) return pauseMs;
      const purged = await retention.purge({ kinds, limits, dryRun: false, signal });
      const removed = Object.entries(purged).filter(([, { count }]) => count > 0);
      if (removed.length > 0)
        parts.log.info(
          { workerId: worker.id, removed: Object.fromEntries(removed) },
          'removed data of a worker past its retention',
        );
      return pauseMs;
    },
    failureMessage: 'retention of a worker did not finish; continued in the next iteration',
    readyWithinMs: null,
  };
}
