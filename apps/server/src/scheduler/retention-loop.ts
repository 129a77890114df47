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
  limits: RetentionLimits;
  log: Logger;
}

/** A server that starts has more urgent work. */
const firstDelaySeconds = 300;

/** @returns the loop that removes what is past its retention, or null when nothing has a limit. The servers on one store take turns. */
export function defineRetentionLoop(dependencies: RetentionLoopDependencies): LoopDefinition | null {
  const { persistence, retention, limits, log } = dependencies;
  if (retentionKinds.every((kind) => formatLimit(limits[kind]) === 'off')) return null;
  const intervalSeconds = decidePauseSeconds(limits);
  return {
    name: 'retention',
    intervalMs: intervalSeconds * 1000,
    firstDelayMs: Math.min(firstDelaySeconds, intervalSeconds) * 1000,
    async iterate(signal) {
      // Slightly less than the interval: otherwise each server would find its own last iteration just too recent.
      if (!(await persistence.store.storage.takeRound(intervalSeconds * 0.9))) return;
      const purged = await retention.purge({ kinds: retentionKinds, limits, dryRun: false, signal });
      if (signal.aborted) return;
      const lostBlobs = await retention.removeLostBlobs();
      const removed = Object.entries(purged).filter(([, { count }]) => count > 0);
      if (removed.length === 0 && lostBlobs === 0) return;
      log.info({ removed: Object.fromEntries(removed), lostBlobs }, 'removed data past its retention');
    },
    failureMessage: 'retention did not finish; continued in the next iteration',
    readyWithinMs: null,
  };
}
