import type { RunStatus } from '@pumphouse/contract';

/** How a state of a run is shown: always a glyph, a word and a colour together, so that none of them has to be told alone. */
export interface StateLook {
  word: string;
  glyph: string;
  /** The end of the names of the colours in look.css. */
  colour: 'completed' | 'failed' | 'running' | 'pending' | 'cancelled' | 'skipped';
}

export const runStates: Record<RunStatus, StateLook> = {
  pending: { word: 'Pending', glyph: '◌', colour: 'pending' },
  starting: { word: 'Starting', glyph: '◔', colour: 'running' },
  running: { word: 'Running', glyph: '◐', colour: 'running' },
  cancelling: { word: 'Cancelling', glyph: '◑', colour: 'pending' },
  completed: { word: 'Completed', glyph: '✓', colour: 'completed' },
  failed: { word: 'Failed', glyph: '✕', colour: 'failed' },
  cancelled: { word: 'Cancelled', glyph: '⊘', colour: 'cancelled' },
  skipped: { word: 'Skipped', glyph: '⤼', colour: 'skipped' },
};

const unknownState: StateLook = { word: 'Unknown', glyph: '?', colour: 'cancelled' };

/** @param status also one that a newer server may give */
export function stateLook(status: string): StateLook {
  return status in runStates ? runStates[status as RunStatus] : unknownState;
}

/** The same for pipeline runs, which only succeed or fail. */
export function pipelineRunLook(status: string): StateLook {
  if (status === 'succeeded') return { ...runStates.completed, word: 'Succeeded' };
  return status === 'failed' ? runStates.failed : unknownState;
}
