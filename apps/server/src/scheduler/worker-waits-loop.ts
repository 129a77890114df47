import type { LoopDefinition } from '../platform/loops.ts';
import type { NoteWorkerWaits } from '../services/workers/note-worker-waits.ts';

/** Records why runs wait that no connected worker may run. A supervisor explains only runs that it may claim. */
export function defineWorkerWaitsLoop(noteWorkerWaits: NoteWorkerWaits): LoopDefinition {
  return {
    name: 'worker-waits',
    intervalMs: 2000,
    iterate: noteWorkerWaits,
    failureMessage: 'waits for workers were not recorded; retried in the next iteration',
    readyWithinMs: null,
  };
}
