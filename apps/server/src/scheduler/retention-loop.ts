import type { Logger } from 'pino';
import type { Persistence } from '../store/store.ts';
import type { Retention } from '../services/retention/retention.ts';
import type { RetentionLimits } from '../domain/retention/retention-limits.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { decidePauseSeconds } from '../domain/retention/retention.ts';
import { formatLimit, retentionKinds } from '../domain/retention/retention-limits.ts';

export interface RetentionLoopDependencies {
  persistence: Persistence;
  retention: Retention;
  limits: RetentionLimits;
  log: Logger;
}

export interface RetentionLoop {
  start(): void;
  /** Resolves when the step that is under way is done. */
  stop(): Promise<void>;
}

/** A server that starts has more urgent things to do. */
const firstRoundAfterSeconds = 300;

/** Goes round in turn with the other servers on the store, and removes what has passed its limits. */
export function createRetentionLoop({
  persistence,
  retention,
  limits,
  log,
}: RetentionLoopDependencies): RetentionLoop {
  const pauseSeconds = decidePauseSeconds(limits);
  const stopping = new AbortController();
  const { signal } = stopping;
  let loop: Promise<void> = Promise.resolve();

  async function round(): Promise<void> {
    // A little less than the pause: else each server would find that its own last round is just too young.
    if (!(await persistence.store.storage.takeRound(pauseSeconds * 0.9))) return;
    const purged = await retention.purge({ kinds: retentionKinds, limits, dryRun: false, signal });
    if (signal.aborted) return;
    const lostBlobs = await retention.removeLostBlobs();
    const removed = Object.entries(purged).filter(([, { count }]) => count > 0);
    if (removed.length === 0 && lostBlobs === 0) return;
    log.info({ removed: Object.fromEntries(removed), lostBlobs }, 'removed what is past its retention');
  }

  async function repeat(): Promise<void> {
    await pause(Math.min(firstRoundAfterSeconds, pauseSeconds));
    while (!signal.aborted) {
      await round().catch((error: unknown) =>
        log.warn({ err: error }, 'retention did not get through; it goes on in the next round'),
      );
      await pause(pauseSeconds);
    }
  }

  /** Ends early, without an error, when the server stops. */
  async function pause(seconds: number): Promise<void> {
    await delay(seconds * 1000, undefined, { signal, ref: false }).catch(() => undefined);
  }

  return {
    start() {
      if (retentionKinds.every((kind) => formatLimit(limits[kind]) === 'off')) return;
      loop = repeat();
    },
    async stop() {
      stopping.abort();
      await loop;
    },
  };
}
