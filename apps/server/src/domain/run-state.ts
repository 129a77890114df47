/** Every state a job run can be in, in the words of the dlt API. */
export const RUN_STATES = [
  'pending',
  'starting',
  'running',
  'cancelling',
  'completed',
  'failed',
  'cancelled',
  'skipped',
] as const;
export type RunState = (typeof RUN_STATES)[number];

/** States a run row may be created in: a start, or the record of a declined tick or event. */
export type InitialRunState = 'pending' | 'skipped';

/** States in which a run occupies a concurrency slot. */
export const ACTIVE_RUN_STATES = [
  'pending',
  'starting',
  'running',
  'cancelling',
] as const satisfies RunState[];
export type ActiveRunState = (typeof ACTIVE_RUN_STATES)[number];

/** States that never change again. */
export const TERMINAL_RUN_STATES = [
  'completed',
  'failed',
  'cancelled',
  'skipped',
] as const satisfies RunState[];
export type TerminalRunState = (typeof TERMINAL_RUN_STATES)[number];

/**
 * The transitions of a run; there are no others.
 * - `starting` goes back to `pending` when an attempt ended before user code began: the run is claimed again.
 * - `starting` may end without `running`: a short run can be over before anyone saw it run.
 * - `cancelling` may still end `completed` or `failed`: the run's own end can win the race against the stop.
 * - nothing becomes `skipped`: clients poll a run they were promised and wait for ever on that state.
 */
const TRANSITIONS: Readonly<Record<RunState, readonly RunState[]>> = {
  pending: ['starting', 'cancelled', 'failed'],
  starting: ['pending', 'running', 'cancelling', 'completed', 'failed', 'cancelled'],
  running: ['cancelling', 'completed', 'failed'],
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
  return RUN_STATES.filter((from) => canTransition(from, to));
}

/** Whether the state is final. */
export function isTerminalRunState(state: RunState): state is TerminalRunState {
  return TRANSITIONS[state].length === 0;
}
