import type { Clock } from './clock.ts';
import type { JobRecord } from '../../store/records.ts';
import type { Persistence } from '../../store/store.ts';
import { getTimeZone } from '../../domain/jobs/job-definition.ts';
import { listClockTriggers, listTicksFrom } from '../../domain/scheduling/next-run.ts';
import { ServiceError } from '../../platform/service-error.ts';

export interface JobTicks {
  job: JobRecord;
  triggers: TriggerTicks[];
}

export interface TriggerTicks {
  trigger: string;
  /** Null for a trigger that no clock fires; it has no ticks. */
  timeZone: string | null;
  ticks: Date[];
}

export type ReadNextTicks = ReturnType<typeof createReadNextTicks>;

export function createReadNextTicks(
  { store }: Persistence<'installation' | 'jobs' | 'schedules'>,
  clock: Clock,
) {
  /**
   * Lists all triggers of a job, with the next ticks of clock triggers.
   * @throws ServiceError not_found
   */
  return async function readNextTicks(workspaceId: string, jobId: string, limit: number): Promise<JobTicks> {
    const job = await store.jobs.get(workspaceId, jobId);
    if (!job) throw new ServiceError('not_found', `There is no job ${jobId}.`);
    const { definition } = job;
    const schedules = await store.schedules.ofJobs([jobId]);
    const now = await clock(store);
    const timed = new Set(listClockTriggers(definition));
    const triggers = job.triggers.map((trigger): TriggerTicks => {
      if (!timed.has(trigger)) return { trigger, timeZone: null, ticks: [] };
      const first = schedules.find((schedule) => schedule.trigger === trigger)?.nextTickAt ?? null;
      const ticks = first === null ? [] : listTicksFrom(definition, trigger, { first, now, limit });
      return { trigger, timeZone: getTimeZone(definition), ticks };
    });
    return { job, triggers };
  };
}
