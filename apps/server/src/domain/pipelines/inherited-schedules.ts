import type { FeedingSchedule } from './pipeline-freshness.ts';
import { isTimedTrigger, readTriggerType } from '../jobs/trigger.ts';

/** A job whose runs may start other jobs. */
export interface UpstreamJob extends FeedingSchedule {
  jobRef: string;
}

/** Lists the jobs whose success starts a job. */
export function listSuccessRefs(triggers: readonly string[]): string[] {
  return triggers
    .filter((trigger) => readTriggerType(trigger) === 'job.success')
    .map((trigger) => trigger.slice(trigger.indexOf(':') + 1));
}

/**
 * Lists the schedules that make a job run: its own, or, for a job without a clock, those of the jobs whose success
 * starts it, directly or through others. Events also start a paused job, so only its own schedule is paused.
 * @param upstream the jobs of the workspace that may be among them
 */
export function inheritSchedules(
  job: UpstreamJob,
  upstream: ReadonlyMap<string, UpstreamJob>,
): FeedingSchedule[] {
  if (job.triggers.some(isTimedTrigger) || job.isArchived) return [job];
  const visited = new Set([job.jobRef]);
  const refs = listSuccessRefs(job.triggers);
  const inherited: FeedingSchedule[] = [];
  for (let ref = refs.pop(); ref !== undefined; ref = refs.pop()) {
    const found = upstream.get(ref);
    if (visited.has(ref) || found === undefined || found.isArchived) continue;
    visited.add(ref);
    if (found.triggers.some(isTimedTrigger)) inherited.push(found);
    else refs.push(...listSuccessRefs(found.triggers));
  }
  return inherited.length === 0 ? [job] : inherited;
}
