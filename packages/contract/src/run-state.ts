/** All states of a job run, in the order in which a run passes through them. */
export const runStates = [
  'pending',
  'starting',
  'running',
  'cancelling',
  'completed',
  'failed',
  'cancelled',
  'skipped',
] as const;

/** The state of a job run. */
export type RunState = (typeof runStates)[number];

/** States that a run never leaves. */
export const terminalRunStates = [
  'completed',
  'failed',
  'cancelled',
  'skipped',
] as const satisfies RunState[];

/** A state that a run never leaves. */
export type TerminalRunState = (typeof terminalRunStates)[number];

/** States of a run that has not ended. */
export const activeRunStates = ['pending', 'starting', 'running', 'cancelling'] as const satisfies RunState[];

/** A state of a run that has not ended. */
export type ActiveRunState = (typeof activeRunStates)[number];

const terminal: ReadonlySet<string> = new Set(terminalRunStates);

/** Whether a run in this state is over. A state unknown to this version is not: the run may still change. */
export function isTerminalRunState(state: string): state is TerminalRunState {
  return terminal.has(state);
}
