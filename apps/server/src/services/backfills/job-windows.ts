import type { Clock } from '../scheduling/clock.ts';
import type { JobRecord } from '../../store/records.ts';
import type { Persistence } from '../../store/store.ts';
import type { RunInterval } from '../../domain/scheduling/run-interval.ts';
import type { WindowState } from '../../domain/backfills/window-states.ts';
import { computeWindows, readStates, requireClock } from './find-windows.ts';
import { countStates } from '../../domain/backfills/window-states.ts';
import { recordChange } from '../audit/audit.ts';
import { ServiceError } from '../../platform/service-error.ts';
import { withWholeWindows } from '../../domain/backfills/plan-windows.ts';
import { wallClockMs } from '../../domain/primitives/time-zone.ts';

/** The windows of a job that begin on one day of its zone, by state. */
export interface CalendarDay {
  /** ISO 8601 date. */
  date: string;
  counts: Record<WindowState, number>;
  /** From the start of the first window to the end of the last one. */
  start: Date;
  end: Date;
}

export interface JobCalendar {
  zone: string;
  /** The declared interval of the job; null bounds are open. */
  declaredStart: Date | null;
  declaredEnd: Date | null;
  days: CalendarDay[];
}

export type JobWindows = ReturnType<typeof createJobWindows>;

/** Creates the use cases for the windows of a job. */
export function createJobWindows(
  persistence: Persistence<'auditLog' | 'installation' | 'jobCoverage' | 'jobs' | 'outbox' | 'schedules'>,
  clock: Clock,
) {
  const { store } = persistence;

  async function find(workspaceId: string, jobId: string): Promise<JobRecord> {
    const job = await store.jobs.get(workspaceId, jobId);
    if (!job) throw new ServiceError('not_found', `There is no job ${jobId}.`);
    return job;
  }

  return {
    /**
     * Reads the states of all windows that begin in a range, each of one tick, by day. So calendars of adjacent
     * ranges have each window once.
     * @throws ServiceError not_found, job_without_schedule, too_many_windows
     */
    async calendar(workspaceId: string, jobId: string, range: RunInterval): Promise<JobCalendar> {
      const job = await find(workspaceId, jobId);
      const jobClock = requireClock(job);
      const found = await computeWindows(jobClock, withWholeWindows(jobClock, range), await clock(store));
      const windows = found.filter(({ start }) => start >= range.start && start < range.end);
      const { states } = await readStates(store, job.id, windows);
      const byDay = Map.groupBy(states, ({ start }) =>
        new Date(wallClockMs(start.getTime(), jobClock.zone)).toISOString().slice(0, 10),
      );
      return {
        zone: jobClock.zone,
        declaredStart: jobClock.declared?.start ?? null,
        declaredEnd: jobClock.declared?.end ?? null,
        days: [...byDay].map(([date, own]) => ({
          date,
          counts: countStates(own),
          start: own[0]?.start ?? range.start,
          end: own.at(-1)?.end ?? range.end,
        })),
      };
    },

    /**
     * Invalidates the windows of a range: the next backfill of missing windows loads them. The schedule does
     * not. A run that includes a window and is active completes it again.
     * @returns the range, floored to ticks, and how many windows it includes
     * @throws ServiceError not_found, job_without_schedule, too_many_windows, nothing_to_invalidate
     */
    async invalidate(
      workspaceId: string,
      jobId: string,
      { start, end, reason }: RunInterval & { reason: string },
    ): Promise<RunInterval & { windowCount: number }> {
      const seen = await find(workspaceId, jobId);
      // Without the lock of the job, because many windows take seconds.
      const windows = await computeWindows(requireClock(seen), { start, end }, await clock(store));
      const [first, last] = [windows[0], windows.at(-1)];
      if (!first || !last)
        throw new ServiceError('nothing_to_invalidate', 'The range includes no window of the job.');
      const range = { start: first.start, end: last.end };
      return persistence.transaction(async (transaction) => {
        const [job] = await transaction.jobs.lock([jobId]);
        if (!job) throw new ServiceError('not_found', `There is no job ${jobId}.`);
        await transaction.jobCoverage.invalidate(job.id, range);
        await recordChange(transaction, {
          workspaceId,
          action: 'job.invalidate-windows',
          target: { kind: 'job', id: job.id, name: job.jobRef },
          before: null,
          after: {
            start: range.start.toISOString(),
            end: range.end.toISOString(),
            window_count: windows.length,
            reason,
          },
        });
        return { ...range, windowCount: windows.length };
      });
    },
  };
}
