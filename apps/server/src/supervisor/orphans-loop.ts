import type { OrphanCollector } from '../services/retention/orphans.ts';
import type { LoopDefinition } from '../platform/loops.ts';
import type { Reaper } from './reaper.ts';

export interface OrphansLoopDependencies {
  reaper: Reaper;
  orphans: Pick<OrphanCollector, 'remove'>;
  /** How often attempts are reaped whose run has ended. */
  intervalSeconds: number;
  /** How often all resources of the executor are listed, which costs more. */
  collectSeconds?: number;
}

/**
 * Removes what no run and no record owns any more: attempts whose run has ended at each iteration, other orphaned resources every ten
 * minutes. Each server runs it, since each may have resources that only it sees.
 */
export function defineOrphansLoop(dependencies: OrphansLoopDependencies): LoopDefinition {
  const { reaper, orphans, intervalSeconds, collectSeconds = 600 } = dependencies;
  let lastCollectedAt = performance.now();
  return {
    name: 'orphans',
    intervalMs: intervalSeconds * 1000,
    // A server that starts first takes over the runs that other servers left.
    firstDelayMs: intervalSeconds * 1000,
    jitter: 0.5,
    async iterate(signal) {
      await reaper.reap();
      if (performance.now() - lastCollectedAt < collectSeconds * 1000) return;
      lastCollectedAt = performance.now();
      await orphans.remove({ signal });
    },
    failureMessage: 'orphaned resources were not removed; retried in the next iteration',
    readyWithinMs: null,
  };
}
