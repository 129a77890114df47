import type { RouteResponseInput } from '@pumphouse/contract';
import { LRUCache } from 'lru-cache';

type JobRun = RouteResponseInput<'get_job_run'>;

/** A run that ended longer ago is only looked at. */
const recentMs = 60_000;
const maxRuns = 10_000;

/**
 * Creates a function that tells each run's status so that the older client sees the one it waits for. It polls
 * every two seconds until a batch run is exactly `starting` and an app exactly `running`, and waits for ever
 * if the run passes that status between two polls.
 */
export function createAwaitedStatus(now: () => number = Date.now) {
  const told = new LRUCache<string, true>({ max: maxRuns });

  return function showAwaited(run: JobRun): JobRun['status'] {
    const awaited = run.job.job_type === 'interactive' ? 'running' : 'starting';
    if (!hasPassed(run, awaited) || told.has(run.id)) return run.status;
    told.set(run.id, true);
    const isOld = run.finished_at !== null && now() - Date.parse(run.finished_at) > recentMs;
    return isOld ? run.status : awaited;
  };
}

/** `failed` and `cancelled` end the wait themselves. */
function hasPassed({ status }: JobRun, awaited: 'running' | 'starting'): boolean {
  if (status === awaited) return true;
  const later = awaited === 'starting' ? ['running', 'completed', 'skipped'] : ['completed', 'skipped'];
  return later.includes(status);
}
