import { isTerminalRunState, type JobResponse } from '@pumphouse/contract';
import type { StartableJob } from '../jobs/run-dialog.tsx';

/** Why a run cannot be cancelled, whoever asks; null when it can. */
export function whyNotCancel(status: string): string | null {
  if (status === 'cancelling') return 'It is being cancelled.';
  return isTerminalRunState(status) ? 'It has ended.' : null;
}

/** A job as the dialog takes it that starts one. */
export function toStartableJob(job: JobResponse): StartableJob {
  return {
    name: job.name ?? job.job_ref.replace(/^jobs\./, ''),
    job_type: job.job_type,
    profile: job.profile,
    triggers: job.triggers ?? job.job_definition.triggers,
    is_paused: job.is_paused,
    is_archived: job.is_archived,
    hasFreshness: (job.freshness ?? []).length > 0,
  };
}
