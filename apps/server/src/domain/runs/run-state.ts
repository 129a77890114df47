import { runStates, type RunState } from '@pumphouse/contract';

/**
 * The transitions of a run; there are no others.
 * - `starting` and `running` go back to `pending` when their attempt failed and another one is to follow. `cancelling` never does.
 * - `starting` may end without `running`: a short run can be over before anyone saw it run.
 * - `cancelling` may still end `completed` or `failed`: the run's own end can win the race against the stop.
 * - nothing becomes `skipped`: clients poll a run they were promised and wait for ever on that state.
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

/** Whether a run may go from one state to the other. A state never follows itself. */
export function canTransition(from: RunState, to: RunState): boolean {
  return TRANSITIONS[from].includes(to);
}

/** The states from which a run may reach `to`: the `WHERE state IN (...)` of a compare and set. */
export function statesBefore(to: RunState): RunState[] {
  return runStates.filter((from) => canTransition(from, to));
}
