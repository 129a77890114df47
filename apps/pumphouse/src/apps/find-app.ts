import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import type { Job } from '../jobs/find-job.ts';
import { shortenJobRef } from '../runs/job-name.ts';

/**
 * Checks that a job is an app.
 * @throws CommandError not_interactive
 */
export function requireApp({ job_type, job_ref }: Pick<Job, 'job_type' | 'job_ref'>): void {
  if (job_type === 'interactive') return;
  throw new CommandError(`${job_ref} is a ${job_type} job, not an app.`, {
    code: 'not_interactive',
    exitCode: exitCodes.refused,
    nextStep: `To start it: pumphouse launch ${shortenJobRef(job_ref)}`,
  });
}
