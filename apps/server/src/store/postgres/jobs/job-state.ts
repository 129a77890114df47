/*
 * What pages mean by the state of a job, and by its last run. All lists, filters and counts use these.
 *
 * The state is how the job ended last. It is failed from a failure until the next completed run outside backfills:
 * neither a cancelled nor a skipped run is a recovery. The last run is the newest one that was not skipped; while it
 * is active, it is shown beside the state.
 */

/** Condition: the job failed and has not completed since. */
export const isFailingJob = 'jobs.failure_count > 0';

/** Condition of a run: a failure of the failing job. */
export const isFailureOfJob = `${isFailingJob} and job_runs.job_id = jobs.id and job_runs.status = 'failed'
  and job_runs.backfill_id is null`;

/** When the newest failed run of a failing job was created, or its first if retention removed that; null if it is not failing. */
export const failedAtOfJob = `coalesce((select created_at from job_runs where ${isFailureOfJob}
  order by created_at desc, id desc limit 1), jobs.failing_since_at)`;

/** A column of the last run of a job; null if all its starts were skipped. */
export const lastRunOfJob = (column: string) => newestRun(column, `job_runs.status <> 'skipped'`);

/** The state of a job: `failed` if it is failing, else the status of its newest run that did not fail. */
export const stateOfJob = `case when ${isFailingJob} then 'failed'
  else ${newestRun('status', `job_runs.status not in ('skipped', 'failed')`)} end`;

/** The statuses by which lists find a job: its state, an active last run, and a skipped start after that one. */
export const statusesOfJob = `array[${stateOfJob},
  (select status from (select ${lastRunOfJob('status')} as status) as last where status not in ('completed', 'failed', 'cancelled')),
  (select status from (select ${newestRun('status', 'true')} as status) as newest where status = 'skipped')]`;

function newestRun(column: string, condition: string): string {
  return `(select job_runs.${column} from job_runs where job_runs.job_id = jobs.id and ${condition}
    order by job_runs.created_at desc, job_runs.id desc limit 1)`;
}
