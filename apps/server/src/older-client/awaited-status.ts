import type { OlderRequest } from './route.ts';
import type { RouteResponseInput } from '@pumphouse/contract';
import { requireUser } from '../services/sign-in/principal.ts';

type JobRun = RouteResponseInput<'get_job_run'>;

/** A client that starts a run polls it at once. A first poll after this time is only a look at the run. */
const firstPollMs = 60_000;

/**
 * Returns the status to show for a run, so that each caller sees the one it waits for, once. The older client
 * polls every two seconds until a batch run is exactly `starting` and an app exactly `running`, and waits for
 * ever if the run passes that status between two polls.
 */
export async function showAwaitedStatus(
  { principal, services: { runFollowers } }: OlderRequest,
  run: JobRun,
): Promise<JobRun['status']> {
  const { credential, userId } = requireUser(principal);
  // A client waits with one key or session.
  const follower = credential?.id ?? userId;
  const awaited = run.job.job_type === 'interactive' ? 'running' : 'starting';
  if (hasPassed(run, awaited)) {
    const isNew = Date.now() - Date.parse(run.created_at) < firstPollMs;
    return (await runFollowers.report(run.id, follower, isNew)) ? awaited : run.status;
  }
  if (isBefore(run, awaited)) await runFollowers.noteWaiting(run.id, follower);
  return run.status;
}

/** The status itself counts: it ends the wait. `failed` and `cancelled` end it, too, and stay visible. */
function hasPassed({ status }: JobRun, awaited: 'running' | 'starting'): boolean {
  return [awaited, 'running', 'completed', 'skipped'].includes(status);
}

function isBefore({ status }: JobRun, awaited: 'running' | 'starting'): boolean {
  return status === 'pending' || (awaited === 'running' && status === 'starting');
}
