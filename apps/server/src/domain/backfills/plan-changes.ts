import type { BackfillMode } from './window-states.ts';
import type { RunInterval } from '../scheduling/run-interval.ts';
import { covers, overlaps } from './window-states.ts';
import { subtractIntervals } from '../scheduling/interval-store.ts';

/** What a plan follows from, within its range, each as joined intervals in order. */
export interface SeenCoverage {
  completed: readonly RunInterval[];
  failed: readonly RunInterval[];
  /** Of active runs and open windows. */
  active: readonly RunInterval[];
}

/**
 * Why a plan that was made without the lock of the job no longer applies. `taken`: what it selected is being loaded
 * or was loaded in part, so it would be loaded twice. `freed`: a run that was loading time has ended without
 * completing it, so the time would be missed.
 */
export type PlanChange = 'taken' | 'freed';

/**
 * Compares what a plan follows from with the present.
 * @returns null if the plan applies
 */
export function findPlanChange(
  { mode, selected, seen }: { mode: BackfillMode; selected: readonly RunInterval[]; seen: SeenCoverage },
  now: SeenCoverage,
): PlanChange | null {
  if (selected.some((window) => overlaps(now.active, window))) return 'taken';
  const loaded = subtractIntervals(now.completed, seen.completed);
  // With `all`, windows are loaded whole. A window that is loaded whole needs no new plan: it is inserted as covered.
  const isLoadedInPart = (window: RunInterval) => overlaps(loaded, window) && !covers(now.completed, window);
  if (mode !== 'all' && selected.some(isLoadedInPart)) return 'taken';
  const freed = subtractIntervals(seen.active, now.active);
  // With `all`, time that was completed before is loaded again, unless a run has completed it since the request.
  const done = mode === 'all' ? [] : subtractIntervals(now.completed, now.failed);
  return subtractIntervals(freed, done).length > 0 ? 'freed' : null;
}
