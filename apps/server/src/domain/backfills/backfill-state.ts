/** The states of a backfill. `cancelling`: it is cancelled, and its running windows have not ended. */
export const backfillStates = [
  'running',
  'paused',
  'cancelling',
  'completed',
  'failed',
  'cancelled',
] as const;
export type BackfillState = (typeof backfillStates)[number];

/** Why a backfill is paused. */
export const pauseReasons = [
  'user',
  'failures',
  'job_archived',
  'schedule_changed',
  'job_refreshes',
] as const;
export type PauseReason = (typeof pauseReasons)[number];

/** The states of a window. `covered`: a run of another origin completed its time. */
export const backfillWindowStates = [
  'waiting',
  'running',
  'completed',
  'covered',
  'failed',
  'cancelled',
] as const;
export type BackfillWindowState = (typeof backfillWindowStates)[number];

export type WindowCounts = Record<BackfillWindowState, number>;

/** What users can do with a backfill. */
export type BackfillAction = 'pause' | 'resume' | 'cancel' | 'retry' | 'change';

const allowedFrom: Record<BackfillAction, readonly BackfillState[]> = {
  pause: ['running'],
  resume: ['paused'],
  cancel: ['running', 'paused', 'cancelling'],
  // A cancelled backfill stays cancelled: create another one for its windows.
  retry: ['running', 'paused', 'completed', 'failed'],
  change: ['running', 'paused'],
};

/** Reports whether the action applies in the state. */
export function allows(state: BackfillState, action: BackfillAction): boolean {
  return allowedFrom[action].includes(state);
}

/** Reports whether a backfill has ended. */
export function hasEnded(state: BackfillState): boolean {
  return state === 'completed' || state === 'failed' || state === 'cancelled';
}

/** Everything that decides what a backfill does next. */
export interface StepInput {
  state: BackfillState;
  waiting: number;
  running: number;
  /** Failed windows that no user has seen by resuming, and those in all. */
  newFailures: number;
  failed: number;
  cancelled: number;
  maxFailures: number | null;
  parallel: number;
  /** Maximum number of active runs of the job; null for no limit. */
  jobLimit: number | null;
  activeRuns: number;
  queuedRuns: number;
  isArchived: boolean;
  hasOtherClock: boolean;
  /** The job refreshes with each run, so each window would drop the data of the others. */
  refreshesAlways: boolean;
  /** A refresh is pending, or a run that refreshes is active. */
  isRefreshing: boolean;
}

export type Step =
  | { kind: 'end'; state: 'completed' | 'failed' | 'cancelled' }
  | { kind: 'pause'; reason: PauseReason }
  /** `reason`: null while windows run as they should. */
  | { kind: 'wait'; reason: string | null }
  /** Starts this many windows at most. */
  | { kind: 'start'; count: number };

/**
 * Decides what a backfill does next. A job with a limit above one keeps one slot for its schedule; with a
 * limit of one, the schedule's run waits in the queue, and the backfill starts nothing before it.
 */
export function decideStep(input: StepInput): Step {
  const { state, waiting, running, parallel, jobLimit, activeRuns, queuedRuns } = input;
  if (state === 'cancelling')
    return running === 0 ? { kind: 'end', state: 'cancelled' } : wait('running windows end first');
  if (waiting === 0 && running === 0)
    return { kind: 'end', state: input.failed + input.cancelled > 0 ? 'failed' : 'completed' };
  const reason = findPauseReason(input);
  if (reason !== null) return { kind: 'pause', reason };
  if (waiting === 0) return wait(null);
  if (input.isRefreshing) return wait('a refresh of the job runs first');
  if (queuedRuns > 0) return wait('a queued run of the job starts first');
  const share = jobLimit === null ? parallel : Math.min(parallel, Math.max(1, jobLimit - 1));
  if (running >= share) return wait(null);
  const free = jobLimit === null ? Infinity : jobLimit - activeRuns;
  if (free <= 0) return wait(`${activeRuns} of ${jobLimit} allowed runs of the job are active`);
  return { kind: 'start', count: Math.min(share - running, free, waiting) };
}

function findPauseReason(input: StepInput): PauseReason | null {
  if (input.isArchived) return 'job_archived';
  if (input.hasOtherClock) return 'schedule_changed';
  if (input.refreshesAlways) return 'job_refreshes';
  if (input.maxFailures !== null && input.newFailures >= input.maxFailures) return 'failures';
  return null;
}

const wait = (reason: string | null): Step => ({ kind: 'wait', reason });

/**
 * Estimates the seconds until a backfill ends from the mean duration of its completed windows; null while
 * none has completed.
 */
export function estimateSecondsLeft(
  counts: Pick<WindowCounts, 'waiting' | 'running'>,
  { meanSeconds, parallel }: { meanSeconds: number | null; parallel: number },
): number | null {
  const open = counts.waiting + counts.running;
  if (open === 0) return 0;
  if (meanSeconds === null) return null;
  // Running windows are halfway on average.
  const halves = counts.waiting + counts.running / 2;
  return Math.ceil((halves * meanSeconds) / Math.max(1, Math.min(parallel, open)));
}
