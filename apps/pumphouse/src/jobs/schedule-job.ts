import { CommandError } from '../errors/command-error.ts';
import { shortenJobRef } from '../runs/job-name.ts';
import type { Session } from '../session/session.ts';
import { formatInstant, formatRelative } from '../terminal/format.ts';
import { createJob } from './create-job.ts';
import { findJob, type Job } from './find-job.ts';
import { showScheduleLine } from './schedule-line.ts';
import { putJob, requireOwnJob, setSchedule } from './put-job.ts';

/** Sets the schedule of a job that was created by hand, or removes it. A script without a job becomes one. */
export async function scheduleJob(
  session: Session,
  [name, cron]: [name: string, cron: string],
): Promise<void> {
  const schedule = ['off', 'cancel', 'none'].includes(cron) ? null : cron;
  const job = await findJobOrNull(session, name);
  if (job === null) return createJob(session, name, schedule === null ? {} : { schedule });
  requireOwnJob(job, schedule === null ? '@job()' : showScheduleLine(schedule));
  await putJob(session, setSchedule(job.job_definition, schedule));
  await showSchedule(session, job.id);
}

/** Shows when a job starts next. */
async function showSchedule(session: Session, jobId: string): Promise<void> {
  const job = await session.client.call('get_job', {
    params: { workspace_id: await session.workspaceId(), job_id: jobId },
  });
  const next = job.next_scheduled_run_at;
  session.show(job, () =>
    next == null
      ? `${shortenJobRef(job.job_ref)} has no schedule.`
      : `${shortenJobRef(job.job_ref)} starts next ${formatRelative(next)}, at ${formatInstant(next)}.`,
  );
}

/** Null for a script that has no job yet. */
async function findJobOrNull(session: Session, name: string): Promise<Job | null> {
  try {
    return await findJob(session, name);
  } catch (error) {
    const isNewScript =
      error instanceof CommandError && error.code === 'job_not_found' && name.endsWith('.py');
    if (isNewScript) return null;
    throw error;
  }
}
