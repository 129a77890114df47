import { runStates, type RunState } from '@pumphouse/contract';

/**
 * The allowed transitions of a run.
 * - `starting` and `running` return to `pending` if their attempt failed and a retry follows. `cancelling`
 *   never does.
 * - `starting` may end without `running`: a short run can end before it is observed running.
 * - `cancelling` may still end as `completed` or `failed`: the run can end by itself before it is stopped.
 * - No transition leads to `skipped`: clients poll a run that they were promised, and would wait forever on
 *   that state.
 */
const TRANSITIONS: Readonly<Record<RunState, readonly RunState[]>> = {
  pending: ['starting', 'cancelled', 'failed'],
  starting: ['pending', 'running', 'cancelling', 'completed', 'failed', 'cancelled'],
  running: ['pending', 'cancelling', 'completed', 'failed'],
  cancelling: ['completed', 'failed', 'cancelled'],
  completed: [],
  failed: [],
  cancelled: [],
  skipped: [],
};

/** Reports whether a run may move from one state to another. A state never follows itself. */
export function canTransition(from: RunState, to: RunState): boolean {
  return TRANSITIONS[from].includes(to);
}

/** Lists the states from which a run may reach `to`, for the `WHERE state IN (...)` of a compare-and-set. */
export function statesBefore(to: RunState): RunState[] {
  return runStates.filter((from) => canTransition(from, to));
}
