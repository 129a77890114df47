import type { Logger } from 'pino';
import type { LoopDefinition } from '../platform/loops.ts';
import type { Persistence } from '../store/store.ts';
import type { Retention } from '../services/retention/retention.ts';
import type { RetentionLimits } from '../domain/retention/retention-limits.ts';
import { decidePauseSeconds } from '../domain/retention/retention.ts';
import { formatLimit, retentionKinds } from '../domain/retention/retention-limits.ts';

export interface RetentionLoopDependencies {
  persistence: Persistence<'storage'>;
  retention: Retention;
  /** Undo copies of local data are kept for a day, whatever the limits are. */
  removeUndoCopies: () => Promise<void>;
  /** Read in each iteration. */
  readLimits: () => RetentionLimits;
  log: Logger;
}

/** A server that starts has more urgent work. */
const firstDelaySeconds = 300;

/** Defines the loop that removes what is past its retention. The servers on one store take turns. */
export function defineRetentionLoop(dependencies: RetentionLoopDependencies): LoopDefinition {
  const { persistence, retention, removeUndoCopies, readLimits, log } = dependencies;
  const firstIntervalSeconds = decidePauseSeconds(readLimits());
  return {
    name: 'retention',
    intervalMs: firstIntervalSeconds * 1000,
    firstDelayMs: Math.min(firstDelaySeconds, firstIntervalSeconds) * 1000,
    async iterate(signal) {
      const limits = readLimits();
      const intervalSeconds = decidePauseSeconds(limits);
      const pauseMs = intervalSeconds * 1000;
      await removeUndoCopies();
      if (retentionKinds.every((kind) => formatLimit(limits[kind]) === 'off')) return pauseMs;
      // Slightly less than the interval: otherwise each server would find its own last iteration just too recent.
      if (!(await persistence.store.storage.takeRound(intervalSeconds * 0.9))) return pauseMs;
      const purged = await retention.purge({ kinds: retentionKinds, limits, dryRun: false, signal });
      if (signal.aborted) return pauseMs;
      const lostBlobs = await retention.removeLostBlobs();
      const removed = Object.entries(purged).filter(([, { count }]) => count > 0);
      if (removed.length > 0 || lostBlobs > 0)
        log.info({ removed: Object.fromEntries(removed), lostBlobs }, 'removed data past its retention');
      return pauseMs;
    },
    failureMessage: 'retention did not finish; continued in the next iteration',
    readyWithinMs: null,
  };
}
