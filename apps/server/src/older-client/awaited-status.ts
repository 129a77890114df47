import type { RouteResponseInput } from '@pumphouse/contract';
import { LRUCache } from 'lru-cache';

type JobRun = RouteResponseInput<'get_job_run'>;

/** A run that ended longer ago is only looked at. */
const recentMs = 60_000;
const maxReports = 10_000;

/**
 * Creates a function that reports the status of a run so that each caller sees the one it waits for, once. The
 * older client polls every two seconds until a batch run is exactly `starting` and an app exactly `running`,
 * and waits for ever if the run passes that status between two polls.
 */
export function createAwaitedStatus(now: () => number = Date.now) {
  const reported = new LRUCache<string, true>({ max: maxReports });

  return function showAwaited(run: JobRun, caller: string): JobRun['status'] {
    const report = `${caller} ${run.id}`;
    const awaited = run.job.job_type === 'interactive' ? 'running' : 'starting';
    if (!hasPassed(run, awaited) || reported.has(report)) return run.status;
    reported.set(report, true);
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
