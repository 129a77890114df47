import type { BackfillMode, WindowState } from '../../domain/backfills/window-states.ts';
import type { Clock } from '../scheduling/clock.ts';
import type { JobRecord, WindowPortion } from '../../store/records.ts';
import type { JobSettings } from '../../domain/jobs/job-settings.ts';
import type { RunInterval } from '../../domain/scheduling/run-interval.ts';
import type { Store } from '../../store/store.ts';
import { computeWindows, readCoverage, readStates, requireClock } from './find-windows.ts';
import { chooseParts, countStates, isSelected } from '../../domain/backfills/window-states.ts';
import { findPlanChange, type PlanChange, type SeenCoverage } from '../../domain/backfills/plan-changes.ts';
import { joinWindows } from '../../domain/backfills/plan-windows.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** Which windows of a job a backfill loads. */
export interface BackfillRange extends RunInterval {
  mode: BackfillMode;
  /** Ticks of the schedule in a window. */
  chunkTicks: number;
  newestFirst: boolean;
}

/** The windows that a backfill of a range would load. */
export interface BackfillPlan {
  /** The range, floored and clipped; null if it includes no window. */
  range: RunInterval | null;
  /** Windows of one tick in the range, by state. */
  counts: Record<WindowState, number>;
  /** What the backfill would load, joined to its windows, in the order in which they would start. */
  selected: RunInterval[];
  /** What it follows from. */
  seen: SeenCoverage;
}

/** Windows that are inserted at once; more are inserted in portions of this size. One takes up to 0.1 ms. */
export const portionSize = 500;

/**
 * Plans a backfill of a range, as of now.
 * @throws ServiceError invalid_request, job_without_schedule, too_many_windows
 */
export async function planBackfill(
  store: Pick<Store, 'installation' | 'jobCoverage'>,
  clock: Clock,
  job: JobRecord,
  range: BackfillRange,
): Promise<BackfillPlan> {
  if (range.end <= range.start)
    throw new ServiceError('invalid_request', 'The end of the range must be after its start.');
  const windows = await computeWindows(requireClock(job), range, await clock(store));
  const { states, seen } = await readStates(store, job.id, windows);
  const chosen = states
    .filter((window) => isSelected(window, range.mode))
    .flatMap((window) => chooseParts(window, range.mode, seen.completed));
  const selected = joinWindows(chosen, range.chunkTicks);
  const [first, last] = [windows[0], windows.at(-1)];
  return {
    range: first && last ? { start: first.start, end: last.end } : null,
    counts: countStates(states),
    selected: range.newestFirst ? selected.toReversed() : selected,
    seen,
  };
}

/** Finds out why a plan no longer applies. The caller holds the lock of the job. */
export async function findChange(
  store: Pick<Store, 'jobCoverage'>,
  job: Pick<JobRecord, 'id'>,
  { range, selected, seen }: BackfillPlan,
  mode: BackfillMode,
): Promise<PlanChange | null> {
  return range && findPlanChange({ mode, selected, seen }, await readCoverage(store, job.id, range));
}

/** Divides windows into portions for the store. */
export function toPortions(windows: readonly RunInterval[]): WindowPortion[] {
  const toArray = (instants: readonly Date[]) => `{${instants.map((at) => at.getTime()).join(',')}}`;
  return Array.from({ length: Math.ceil(windows.length / portionSize) }, (_, index) => {
    const own = windows.slice(index * portionSize, (index + 1) * portionSize);
    return {
      firstNumber: index * portionSize + 1,
      starts: toArray(own.map(({ start }) => start)),
      ends: toArray(own.map(({ end }) => end)),
    };
  });
}

/**
 * Finds the pipeline for which windows of the job would wait for each other, as far as its last runs tell: two of
 * them have written with it, and one run at a time may.
 */
export async function findTurns(
  store: Pick<Store, 'backfills'>,
  job: Pick<JobRecord, 'id'>,
  { exclusive }: Pick<JobSettings, 'exclusive'>,
): Promise<string | null> {
  return exclusive === 'off' ? null : store.backfills.findPipelineOfRuns(job.id);
}
