import type { ChangesSeen } from '../store/records.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../store/store.ts';
import type { RoundLoop } from './round-loop.ts';
import { createRoundLoop } from './round-loop.ts';

/** How long a change is kept at least after it was committed; readers ask for changes every second or so. */
const keptMs = 60_000;

/** Forgets changes in workspaces that all who follow them have been told of, or have been silent for too long to be told. */
export function createChangesLoop(
  { persistence, log }: { persistence: Persistence; log: Logger },
  pauseMs = keptMs,
): RoundLoop {
  const { changes } = persistence.store;
  let before: ChangesSeen | undefined;
  return createRoundLoop({
    persistence,
    wakesFor: () => false,
    async round() {
      const now = await changes.seen();
      if (before) await changes.forget(before);
      before = now;
      return pauseMs;
    },
    failureWords: 'changes were not forgotten; tried again in the next round',
    log,
  });
}
