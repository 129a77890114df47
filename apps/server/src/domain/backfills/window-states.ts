import type { RunInterval } from '../scheduling/run-interval.ts';
import { subtractIntervals } from '../scheduling/interval-store.ts';

/** Which windows a backfill loads. */
export const backfillModes = ['missing', 'failed', 'all'] as const;
export type BackfillMode = (typeof backfillModes)[number];

/**
 * `running`: an active run or an open window of a backfill includes time of it. `failed`: its last run failed.
 * `invalidated`: a user invalidated it, and no run has completed it since.
 */
export const windowStates = ['completed', 'running', 'failed', 'invalidated', 'missing'] as const;
export type WindowState = (typeof windowStates)[number];

/** What the runs of a job have done, each as joined intervals in order. */
export interface JobCoverage {
  completed: readonly RunInterval[];
  failed: readonly RunInterval[];
  invalidated: readonly RunInterval[];
  /** Of active runs and open windows of backfills. */
  active: readonly RunInterval[];
}

export interface StatedWindow extends RunInterval {
  state: WindowState;
  /** Completed runs cover it, whatever happened since. */
  isCompleted: boolean;
}

/** Derives the state of each window. */
export function deriveWindowStates(windows: readonly RunInterval[], coverage: JobCoverage): StatedWindow[] {
  return windows.map(({ start, end }) => {
    const isCompleted = covers(coverage.completed, { start, end });
    return { start, end, isCompleted, state: deriveState({ start, end }, isCompleted, coverage) };
  });
}

function deriveState(window: RunInterval, isCompleted: boolean, coverage: JobCoverage): WindowState {
  if (overlaps(coverage.active, window)) return 'running';
  if (overlaps(coverage.failed, window)) return 'failed';
  if (isCompleted) return 'completed';
  return overlaps(coverage.invalidated, window) ? 'invalidated' : 'missing';
}

/** Reports whether a backfill of the mode loads the window: never one that is running. */
export function isSelected(
  { state, isCompleted }: Pick<StatedWindow, 'state' | 'isCompleted'>,
  mode: BackfillMode,
): boolean {
  if (state === 'running') return false;
  if (mode === 'all' || !isCompleted) return true;
  return mode === 'failed' && state === 'failed';
}

/**
 * Returns what a backfill of the mode loads of a selected window: all of it, or the time that no completed run
 * covers. A run of an `every:` trigger ends between two windows, and so does one of an earlier schedule.
 */
export function chooseParts(
  window: StatedWindow,
  mode: BackfillMode,
  completed: readonly RunInterval[],
): RunInterval[] {
  const isLoadedAgain = mode === 'all' || (mode === 'failed' && window.state === 'failed');
  const whole = { start: window.start, end: window.end };
  if (isLoadedAgain || !overlaps(completed, window)) return [whole];
  return subtractIntervals([whole], completed);
}

/** Counts windows by state. */
export function countStates(windows: readonly Pick<StatedWindow, 'state'>[]): Record<WindowState, number> {
  const counts = { completed: 0, running: 0, failed: 0, invalidated: 0, missing: 0 };
  for (const { state } of windows) counts[state] += 1;
  return counts;
}

/** Reports whether one of the joined intervals contains the window. */
export function covers(intervals: readonly RunInterval[], window: RunInterval): boolean {
  const found = findEndingAfter(intervals, window.start);
  return found !== undefined && found.start <= window.start && found.end >= window.end;
}

/** Reports whether one of the joined intervals shares time with the window. */
export function overlaps(intervals: readonly RunInterval[], window: RunInterval): boolean {
  const found = findEndingAfter(intervals, window.start);
  return found !== undefined && found.start < window.end;
}

/** Finds the first interval that ends after an instant; the intervals are joined and in order. */
function findEndingAfter(intervals: readonly RunInterval[], at: Date): RunInterval | undefined {
  let [low, high] = [0, intervals.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const candidate = intervals[middle];
    if (candidate && candidate.end > at) high = middle;
    else low = middle + 1;
  }
  return intervals[low];
}
