import type { JobRecord, ScheduleRecord } from '../../store/records.ts';
import type { Clock } from './clock.ts';
import type { Persistence, Store } from '../../store/store.ts';
import { computeNextRunAt, listClockTriggers } from '../../domain/scheduling/next-run.ts';
import { getTimeZone } from '../../domain/jobs/job-definition.ts';

/**
 * Reconciles the schedules of jobs with their definitions, in the transaction that changes the jobs and holds
 * their locks. An unchanged trigger keeps its next tick: a deploy does not shift an `every:`, and does not
 * remove a due tick. Archived jobs have no schedules; a restored one starts anew from now.
 */
export async function arrangeSchedules(
  store: Pick<Store, 'outbox' | 'schedules'>,
  jobs: readonly JobRecord[],
  now: Date,
): Promise<void> {
  const schedules = await store.schedules.ofJobs(jobs.map((job) => job.id));
  const known = Map.groupBy(schedules, (schedule) => schedule.jobId);
  let isChanged = false;
  for (const job of jobs) isChanged = (await arrange(store, job, known.get(job.id) ?? [], now)) || isChanged;
  if (isChanged) await store.outbox.wake('schedules');
}

/** Creates missing schedules for active jobs that an older server, without a scheduler, deployed. */
export async function arrangeMissing(
  persistence: Persistence<'installation' | 'jobs' | 'outbox' | 'schedules' | 'workspaces'>,
  clock: Clock,
): Promise<void> {
  for (const workspaceId of await persistence.store.schedules.listUnarranged()) {
    await persistence.transaction(async (store) => {
      const workspace = await store.workspaces.lock(workspaceId);
      if (!workspace || workspace.archivedAt) return;
      await arrangeSchedules(store, await store.jobs.lockAll(workspaceId), await clock(store));
    });
  }
}

/** @returns whether a tick was added or changed */
async function arrange(
  store: Pick<Store, 'schedules'>,
  job: JobRecord,
  known: readonly ScheduleRecord[],
  now: Date,
): Promise<boolean> {
  let isChanged = false;
  const { definition } = job;
  const timeZone = getTimeZone(definition);
  const wanted = job.isArchived ? [] : listClockTriggers(definition);
  for (const { trigger } of known)
    if (!wanted.includes(trigger)) await store.schedules.remove(job.id, trigger);
  for (const trigger of new Set(wanted)) {
    const found = known.find((schedule) => schedule.trigger === trigger);
    if (found?.timeZone === timeZone && found.nextTickAt !== null) continue;
    const nextTickAt = computeNextRunAt(definition, trigger, now, {
      previousScheduledRun: found?.previousTickAt ?? null,
      lastCompletedEnd: job.completedIntervalEnd,
    });
    if (found?.timeZone === timeZone && nextTickAt === null) continue;
    await store.schedules.set({ jobId: job.id, trigger, timeZone, nextTickAt });
    isChanged = true;
  }
  return isChanged;
}
