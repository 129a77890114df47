import type { JobOverviewResponse } from './schemas/jobs/job-overviews.ts';
import { isTerminalRunState } from './run-state.ts';

type JobRuns = Pick<JobOverviewResponse, 'state' | 'last_run' | 'last_failed_run' | 'last_skipped_run'>;
type RunOfJob = NonNullable<JobOverviewResponse['last_run']>;

/** The status that lists show for a job: that of its last run while it is active, else its state. */
export function statusOfJob({ state, last_run: last }: JobRuns): JobOverviewResponse['state'] {
  return last !== null && !isTerminalRunState(last.status) ? last.status : state;
}

/**
 * The run whose result lists show for a job: an active one, the last failure of a failing job, a start that was
 * skipped since, or the last run.
 */
export function resultRunOfJob(job: JobRuns): RunOfJob | null {
  const { last_run: last, last_failed_run: failed, last_skipped_run: skipped } = job;
  if (last !== null && !isTerminalRunState(last.status)) return last;
  return failed ?? skipped ?? last;
}
