import type { Clock } from './clock.ts';
import type { DayCounts, JobRecord } from '../../store/records.ts';
import type { Persistence } from '../../store/store.ts';
import type { TimeWindow } from '../paging/read-page.ts';
import { daysOfWindow, type ZoneDay } from '../../domain/pipelines/statistics-window.ts';
import { listTicksUntil } from '../../domain/scheduling/next-run.ts';
import { maximumScheduleDays } from '@pumphouse/contract';
import { readRange } from '../paging/read-page.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** One day of a job. */
export interface ScheduleDay extends ZoneDay {
  counts: Omit<DayCounts, 'day'>;
  /** Ticks of all clock triggers that are still to come. */
  plannedCount: number;
}

export interface ScheduleDays {
  job: JobRecord;
  now: Date;
  days: ScheduleDay[];
  /** Ticks after this time are not counted; null if all are. */
  plannedUntil: Date | null;
}

export type ReadScheduleDays = ReturnType<typeof createReadScheduleDays>;

const dayMs = 86_400_000;
const limits = { pastMs: 30 * dayMs, futureMs: 7 * dayMs, maxDays: maximumScheduleDays };
/** Two months of a trigger that fires each quarter of an hour. More would delay the other requests of the server. */
const maxTicksOfTrigger = 6000;
const nothing = { completed: 0, failed: 0, cancelled: 0, active: 0, skipped: 0, missed: 0 };

/** Creates the use case that counts the past runs and the planned ticks of a job by day. */
export function createReadScheduleDays(
  { store }: Persistence<'installation' | 'jobs' | 'runSeries' | 'schedules'>,
  clock: Clock,
) {
  async function planTicks(job: JobRecord, now: Date, end: Date) {
    const schedules = await store.schedules.ofJobs([job.id]);
    return schedules.map(({ trigger, nextTickAt: first }) =>
      first === null || first >= end
        ? []
        : listTicksUntil(job.definition, trigger, { first, now, end, limit: maxTicksOfTrigger }),
    );
  }

  /**
   * Days are whole in the time zone of the window.
   * @throws ServiceError not_found, invalid_request if the range is empty or longer than 62 days
   */
  return async function readScheduleDays(
    workspaceId: string,
    jobId: string,
    window: TimeWindow,
  ): Promise<ScheduleDays> {
    const job = await store.jobs.get(workspaceId, jobId);
    if (!job) throw new ServiceError('not_found', `There is no job ${jobId}.`);
    const now = await clock(store);
    const days = daysOfWindow(readRange(window, now, limits), window.timezone);
    const end = new Date(days.at(-1)?.endMs ?? 0);
    const bounds = [...days.map(({ startMs }) => new Date(startMs)), end];
    const [counted, planned] = await Promise.all([
      store.runSeries.countDays(jobId, bounds),
      planTicks(job, now, end),
    ]);
    const countsOf = new Map(counted.map(({ day, ...counts }) => [day, counts]));
    const plannedOf = countByDay(planned.flat(), days);
    const cuts = planned.flatMap((ticks) => (ticks.length < maxTicksOfTrigger ? [] : ticks.slice(-1)));
    return {
      job,
      now,
      days: days.map((day, index) => ({
        ...day,
        counts: countsOf.get(index) ?? nothing,
        plannedCount: plannedOf[index] ?? 0,
      })),
      plannedUntil: cuts.length === 0 ? null : new Date(Math.min(...cuts.map((cut) => cut.getTime()))),
    };
  };
}

/** Counts ticks by day, in one pass: a trigger can have thousands. Days follow one another without a gap. */
function countByDay(ticks: readonly Date[], days: readonly ZoneDay[]): number[] {
  const counts = days.map(() => 0);
  const inOrder = ticks.map((tick) => tick.getTime()).toSorted((one, other) => one - other);
  let index = 0;
  for (const tick of inOrder) {
    while (index < days.length && tick >= (days[index]?.endMs ?? 0)) index += 1;
    if (index === days.length) break;
    if (tick >= (days[index]?.startMs ?? 0)) counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts;
}
