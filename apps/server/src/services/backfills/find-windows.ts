import { setImmediate as nextIteration } from 'node:timers/promises';
import type { JobClock } from '../../domain/backfills/plan-windows.ts';
import type { JobRecord } from '../../store/records.ts';
import type { RunInterval } from '../../domain/scheduling/run-interval.ts';
import type { Store } from '../../store/store.ts';
import { listBounds, listTickWindows, maxTicks, readJobClock } from '../../domain/backfills/plan-windows.ts';
import {
  deriveWindowStates,
  type JobCoverage,
  type StatedWindow,
} from '../../domain/backfills/window-states.ts';
import { ServiceError } from '../../platform/service-error.ts';
import { toIntervals } from './intervals.ts';

/**
 * Returns the clock of a job that has windows.
 * @throws ServiceError job_without_schedule
 */
export function requireClock(job: JobRecord): JobClock {
  const clock = readJobClock(job.definition);
  if (clock) return clock;
  throw new ServiceError(
    'job_without_schedule',
    `The job ${job.jobRef} has no schedule: or every: trigger, so its runs have no windows.`,
  );
}

/**
 * Computes the windows of one tick between two instants. Lets other work of the server run meanwhile: a hundred
 * thousand of them take seconds.
 * @throws ServiceError too_many_windows
 */
export async function computeWindows(clock: JobClock, asked: RunInterval, now: Date): Promise<RunInterval[]> {
  const bounds: Date[] = [];
  for (const portion of listBounds(clock, asked, now)) {
    for (const bound of portion) bounds.push(bound);
    if (bounds.length - 1 > maxTicks)
      throw new ServiceError(
        'too_many_windows',
        `The range has more than ${maxTicks} ticks of the schedule. Choose a shorter range.`,
      );
    await nextIteration();
  }
  return listTickWindows(bounds);
}

/** Reads everything that the states of a job's windows between two instants follow from. */
export async function readCoverage(
  store: Pick<Store, 'jobCoverage'>,
  jobId: string,
  within: RunInterval,
): Promise<JobCoverage> {
  const { completed, failed, invalidated, active } = await store.jobCoverage.read(jobId, within);
  return {
    completed: toIntervals(completed),
    failed: toIntervals(failed),
    invalidated: toIntervals(invalidated),
    active: toIntervals(active),
  };
}

/** Reads the state of each window, and what the states follow from. */
export async function readStates(
  store: Pick<Store, 'jobCoverage'>,
  jobId: string,
  windows: readonly RunInterval[],
): Promise<{ states: StatedWindow[]; seen: JobCoverage }> {
  const [first, last] = [windows[0], windows.at(-1)];
  if (!first || !last)
    return { states: [], seen: { completed: [], failed: [], invalidated: [], active: [] } };
  const seen = await readCoverage(store, jobId, { start: first.start, end: last.end });
  return { states: deriveWindowStates(windows, seen), seen };
}
