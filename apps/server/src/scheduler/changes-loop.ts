import type { ChangesSnapshot } from '../store/records.ts';
import type { LoopDefinition } from '../platform/loops.ts';
import type { Persistence } from '../store/store.ts';

/** The minimum time that a committed change is kept. Readers ask for changes about once a second. */
const keptMs = 60_000;

/** Deletes changes that every follower has read, or has been silent for too long to read. */
export function defineChangesLoop(
  { persistence }: { persistence: Persistence<'changes'> },
  intervalMs = keptMs,
): LoopDefinition {
  const { changes } = persistence.store;
  let before: ChangesSnapshot | undefined;
  return {
    name: 'changes',
    intervalMs,
    async iterate() {
      const now = await changes.seen();
      if (before) await changes.forget(before);
      before = now;
    },
    failureMessage: 'old changes were not deleted; retried in the next iteration',
    readyWithinMs: null,
  };
}
