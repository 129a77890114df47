import type { RunStatus } from '@pumphouse/contract';

/**
 * How the state of a run is displayed: always glyph, word and colour, so that none of them carries the
 * meaning alone.
 */
export interface StateAppearance {
  word: string;
  glyph: string;
  /** Suffix of the colour variables in tokens.css. */
  colour: 'completed' | 'failed' | 'running' | 'pending' | 'cancelled' | 'skipped';
}

export const runStates: Record<RunStatus, StateAppearance> = {
  pending: { word: 'Pending', glyph: '◌', colour: 'pending' },
  starting: { word: 'Starting', glyph: '◔', colour: 'running' },
  running: { word: 'Running', glyph: '◐', colour: 'running' },
  cancelling: { word: 'Cancelling', glyph: '◑', colour: 'pending' },
  completed: { word: 'Completed', glyph: '✓', colour: 'completed' },
  failed: { word: 'Failed', glyph: '✕', colour: 'failed' },
  cancelled: { word: 'Cancelled', glyph: '⊘', colour: 'cancelled' },
  skipped: { word: 'Skipped', glyph: '⤼', colour: 'skipped' },
};

const unknownState: StateAppearance = { word: 'Unknown', glyph: '?', colour: 'cancelled' };

/** @param status may be a status of a newer server that this console does not know */
export function stateAppearance(status: string): StateAppearance {
  return isRunStatus(status) ? runStates[status] : unknownState;
}

const isRunStatus = (status: string): status is RunStatus => Object.hasOwn(runStates, status);

/** Like `stateAppearance`, for pipeline runs, which only succeed or fail. */
export function pipelineRunAppearance(status: string): StateAppearance {
  if (status === 'succeeded') return { ...runStates.completed, word: 'Succeeded' };
  return status === 'failed' ? runStates.failed : unknownState;
}
