import type { RunInterval } from '../scheduling/run-interval.ts';
import { covers, overlaps } from '../backfills/window-states.ts';
import { isEmptyInterval } from '../scheduling/run-interval.ts';
import { subtractIntervals } from '../scheduling/interval-store.ts';

/**
 * What becomes of load packages that a run left: they are loaded, dropped because their rows are loaded by another way, or
 * stay because a later run loads their rows.
 */
export type LeftPackageDecision = { decision: 'finish' } | { decision: 'replaced' | 'left'; reason: string };

export interface LeftPackage {
  /** The time that the run which extracted it was to load; null if it loads by the state of its pipelines. */
  interval: RunInterval | null;
  /** That run completed, so its time counts as loaded. */
  isCompleted: boolean;
  /** It loaded a window of a backfill, which is retried as it is. */
  isOfBackfill: boolean;
  /** The time that a run of the same job is about to load; null if another one asks. */
  asking: RunInterval | null;
  /** What completed runs of the job have loaded, joined and in order. */
  completed: readonly RunInterval[];
  /** From when on the schedule of the job loads everything that is not completed; null without a schedule. */
  dueFrom: Date | null;
}

/**
 * Decides about a package that has not been loaded. A run that loads an interval asks the source for it, whatever is pending:
 * a package of time that is not completed would add its rows a second time.
 */
export function decideLeftPackage(left: LeftPackage): LeftPackageDecision {
  const { interval, isCompleted, asking } = left;
  if (interval === null || isEmptyInterval(interval)) return { decision: 'finish' };
  const time = describeTime(interval);
  if (asking !== null && isLoadedBy(asking, interval, isCompleted))
    return { decision: 'replaced', reason: `this run loads the time ${time} again` };
  if (isCompleted) return { decision: 'finish' };
  const rest = subtractIntervals([interval], left.completed);
  if (rest.length === 0)
    return { decision: 'replaced', reason: `another run has loaded the time ${time} since` };
  const isDue = rest.some(({ end }) => left.dueFrom !== null && end > left.dueFrom);
  if (!isDue && !left.isOfBackfill) return { decision: 'finish' };
  return {
    decision: 'left',
    reason: `the time ${time} counts as not loaded, and the run of the job that loads it asks the source again`,
  };
}

/** What a completed run has left is the only copy of the rows that the asking run does not load. */
function isLoadedBy(asking: RunInterval, interval: RunInterval, isCompleted: boolean): boolean {
  if (isEmptyInterval(asking)) return false;
  return isCompleted ? covers([asking], interval) : overlaps([asking], interval);
}

function describeTime({ start, end }: RunInterval): string {
  const [from, to] = [start, end].map((at) => at.toISOString().slice(0, 19).replace('T', ' '));
  return `from ${from} to ${to} UTC`;
}
