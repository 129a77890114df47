import type { JobResponse, WorkspaceMembershipRole } from '@pumphouse/contract';
import { shortenJobName } from '../../details/job-name.ts';

/** The fields of a job that decide which actions are available. */
export interface SwitchableJob {
  job_type: string;
  profile: string;
  triggers: readonly string[];
  is_paused: boolean;
  is_archived: boolean;
}

/** The fields of a job that the run dialog needs. */
export interface StartableJob extends SwitchableJob {
  name: string;
  /** Whether it waits until other jobs are fresh; true if unknown. */
  hasFreshness: boolean;
}

export function toStartableJob(job: JobResponse): StartableJob {
  return {
    name: shortenJobName(job.name ?? job.job_ref),
    job_type: job.job_type,
    profile: job.profile,
    triggers: job.triggers ?? job.job_definition.triggers,
    is_paused: job.is_paused,
    is_archived: job.is_archived,
    hasFreshness: (job.freshness ?? []).length > 0,
  };
}

/** The only profile under which viewers may start jobs. The server enforces it. */
export const viewersProfile = 'access';

const isOfClock = (trigger: string) => /^(?:schedule|every|once):/.test(trigger);
const hasClock = (job: Pick<SwitchableJob, 'triggers'>) => job.triggers.some(isOfClock);

/** The job's recurring time trigger, if it has one. */
export const findTimedTrigger = (job: Pick<SwitchableJob, 'triggers'>) =>
  job.triggers.find((trigger) => /^(?:schedule|every):/.test(trigger));

/** Why the job cannot be started, regardless of the user's role; null if it can. */
export function whyNotStart({ is_archived: isArchived, triggers }: SwitchableJob): string | null {
  if (isArchived) return 'The job is archived. Restore it first.';
  if (!triggers.some((trigger) => trigger.startsWith('manual:')))
    return 'The job declares manual=False, so it cannot be started manually.';
  return null;
}

/** Why the schedule cannot be paused or resumed, regardless of the user's role; null if it can. */
export function whyNotPause(job: SwitchableJob): string | null {
  if (job.is_archived) return 'The job is archived, so it never starts.';
  return hasClock(job) ? null : 'The job has no schedule to pause.';
}

/** Whether runs started by this role always use the profile `access`. */
export const startsAsViewer = (role: string | null | undefined) =>
  role === ('viewer' satisfies WorkspaceMembershipRole);

/** The trigger of a manual start: the job's manual trigger, or its first trigger if it has none. */
export function manualTrigger(job: Pick<SwitchableJob, 'triggers'>): string {
  return job.triggers.find((trigger) => trigger.startsWith('manual:')) ?? job.triggers[0] ?? 'manual:';
}
