/**
 * The states of a backfill. `preparing`: its windows are being inserted. `cancelling`: it is cancelled, and its
 * running windows have not ended.
 */
export const backfillStates = [
  'preparing',
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

/** The states of a window. `covered`: a run of another origin completed its time. `skipped`: a user decided not to load it. */
export const backfillWindowStates = [
  'waiting',
  'running',
  'completed',
  'covered',
  'failed',
  'cancelled',
  'skipped',
] as const;
export type BackfillWindowState = (typeof backfillWindowStates)[number];

export type WindowCounts = Record<BackfillWindowState, number>;

/** What users can do with a backfill. */
export type BackfillAction = 'pause' | 'resume' | 'cancel' | 'retry' | 'skip' | 'change';

const allowedFrom: Record<BackfillAction, readonly BackfillState[]> = {
  pause: ['running'],
  resume: ['paused'],
  cancel: ['preparing', 'running', 'paused', 'cancelling'],
  // A cancelled backfill stays cancelled: create another one for its windows.
  retry: ['running', 'paused', 'completed', 'failed'],
  skip: ['running', 'paused', 'completed', 'failed'],
  change: ['preparing', 'running', 'paused'],
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
  /** The pipeline for which the windows wait for each other; null: none is known. */
  turnsOn: string | null;
  /** Maximum number of active runs of the job; null for no limit. */
  jobLimit: number | null;
  activeRuns: number;
  /** Those of the active runs that are windows, of any backfill. */
  activeWindows: number;
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
  /** Cancels windows that wait. */
  | { kind: 'cancel' }
  /** Starts this many windows at most. */
  | { kind: 'start'; count: number };

/**
 * Decides what a backfill does next. The windows of all backfills of a job with a limit above one leave one run to
 * its schedule; with a limit of one, the schedule's run waits in the queue, and the backfill starts nothing before it.
 */
export function decideStep(input: StepInput): Step {
  const { state, waiting, running, jobLimit, activeRuns, activeWindows, queuedRuns } = input;
  if (state === 'cancelling') {
    if (waiting > 0) return { kind: 'cancel' };
    return running === 0 ? { kind: 'end', state: 'cancelled' } : wait('running windows end first');
  }
  if (waiting === 0 && running === 0)
    return { kind: 'end', state: input.failed + input.cancelled > 0 ? 'failed' : 'completed' };
  const reason = findPauseReason(input);
  if (reason !== null) return { kind: 'pause', reason };
  if (waiting === 0) return wait(null);
  if (input.isRefreshing) return wait('a refresh of the job runs first');
  if (queuedRuns > 0) return wait('a queued run of the job starts first');
  const share = limitParallel(input);
  if (running >= share) return wait(describeTurns(input));
  const free = jobLimit === null ? Infinity : jobLimit - activeRuns;
  if (free <= 0) return wait(`${activeRuns} of ${jobLimit} allowed runs of the job are active`);
  const freeForWindows = limitWindows(jobLimit) - activeWindows;
  if (freeForWindows <= 0) return wait(describeOthers(activeWindows - running));
  return { kind: 'start', count: Math.min(share - running, free, freeForWindows, waiting) };
}

/** Returns how many windows run at the same time at most. */
export function limitParallel({
  parallel,
  jobLimit,
  turnsOn,
}: Pick<StepInput, 'parallel' | 'jobLimit' | 'turnsOn'>): number {
  // More of them would only wait with their slots and memory.
  if (turnsOn !== null) return 1;
  return Math.min(parallel, limitWindows(jobLimit));
}

/** Returns how many windows of all its backfills a job runs at the same time at most. */
const limitWindows = (jobLimit: number | null): number =>
  jobLimit === null ? Infinity : Math.max(1, jobLimit - 1);

function describeOthers(count: number): string {
  const windows = count === 1 ? '1 window' : `${count} windows`;
  return `${windows} of other backfills of the job run, and one run of the job is left to its schedule`;
}

function describeTurns({ parallel, turnsOn }: StepInput): string | null {
  if (turnsOn === null || parallel === 1) return null;
  return `the windows take turns: each writes with the pipeline '${turnsOn}', which one run has at a time`;
}

function findPauseReason(input: StepInput): PauseReason | null {
  if (input.isArchived) return 'job_archived';
  if (input.hasOtherClock) return 'schedule_changed';
  if (input.refreshesAlways) return 'job_refreshes';
  if (input.maxFailures !== null && input.newFailures >= input.maxFailures) return 'failures';
  return null;
}

/** How far the windows of a backfill are inserted. */
export interface Preparation {
  windowCount: number;
  /** Null: all. */
  preparedCount: number | null;
}

/** Describes what a backfill waits for whose windows are being inserted. */
export function describePreparation({ windowCount, preparedCount }: Preparation): string {
  return `its windows are being created: ${preparedCount ?? windowCount} of ${windowCount}`;
}

/** Counts the windows that are not inserted: they wait, or never will be, in a backfill that was cancelled meanwhile. */
export function withUnprepared(
  counts: WindowCounts,
  { windowCount, preparedCount, status }: Preparation & { status: BackfillState },
): WindowCounts {
  const missing = preparedCount === null ? 0 : windowCount - preparedCount;
  const state = status === 'preparing' ? 'waiting' : 'cancelled';
  return { ...counts, [state]: counts[state] + missing };
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
