/** The state of a worker, as users see it. Pure. */

export const workerStates = ['connected', 'paused', 'draining', 'lost', 'never-connected'] as const;
/**
 * `lost`: it has no connection, so its runs are unknown to the server. `paused` and `draining` are connected and
 * take no new runs.
 */
export type WorkerState = (typeof workerStates)[number];

export interface WorkerStateInput {
  mode: 'active' | 'paused' | 'draining';
  /** When it last answered; null if it has never connected. */
  seenAt: Date | null;
  /** Seconds since it last answered; null without a connection. */
  silentSeconds: number | null;
}

/** A connection without an answer for this long counts as lost, as after the death of its server. */
const maxSilentSeconds = 15;

export function deriveWorkerState({ mode, seenAt, silentSeconds }: WorkerStateInput): WorkerState {
  if (seenAt === null) return 'never-connected';
  if (silentSeconds === null || silentSeconds > maxSilentSeconds) return 'lost';
  return mode === 'active' ? 'connected' : mode;
}
