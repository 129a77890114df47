import type { LoopDefinition } from '../platform/loops.ts';
import type { OnlineMigrations, OnlineOutcome } from '../store/records.ts';

/** Pauses before the next iteration. */
const pausesMs: Record<OnlineOutcome, number> = {
  // Only a newer version adds online migrations.
  idle: 3_600_000,
  working: 500,
  // Another server may stop, or a failed migration may be due again.
  elsewhere: 30_000,
  failed: 30_000,
};
const intervalMs = 30_000;
/** A server that starts has more urgent work. */
const firstDelayMs = 5000;

/** Applies online migrations while the server works. Several servers may run this loop: one at a time works on them. */
export function defineOnlineMigrationsLoop(
  onlineMigrations: OnlineMigrations,
  { isAllowed }: { isAllowed: () => boolean },
): LoopDefinition {
  return {
    name: 'online migrations',
    intervalMs,
    firstDelayMs,
    jitter: 0.2,
    async iterate(signal) {
      if (!isAllowed()) return intervalMs;
      return pausesMs[await onlineMigrations.advance(signal)];
    },
    failureMessage: 'an online migration failed; tried again in 10 minutes',
    readyWithinMs: null,
  };
}
