import type { JobResponse, WorkspaceMembershipRole } from '@pumphouse/contract';
import { shortenJobName } from '../../facts/job-name.ts';

/** What is needed of a job to say what can be done with it. */
export interface SwitchableJob {
  job_type: string;
  profile: string;
  triggers: readonly string[];
  is_paused: boolean;
  is_archived: boolean;
}

/** What is needed of a job to start it with choices. */
export interface StartableJob extends SwitchableJob {
  name: string;
  /** Whether it waits until other jobs are fresh; true where that is not known. */
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

/** The profile under which a viewer may start jobs; the server holds it. */
export const viewersProfile = 'access';

const isOfClock = (trigger: string) => /^(?:schedule|every|once):/.test(trigger);
const hasClock = (job: Pick<SwitchableJob, 'triggers'>) => job.triggers.some(isOfClock);

/** The trigger of a job's clock that comes again and again, if it has one. */
export const findTimedTrigger = (job: Pick<SwitchableJob, 'triggers'>) =>
  job.triggers.find((trigger) => /^(?:schedule|every):/.test(trigger));

/** Why a job cannot be started now, whoever asks; null when it can be tried. */
export function whyNotStart({ is_archived: isArchived, triggers }: SwitchableJob): string | null {
  if (isArchived) return 'The job is archived; bring it back first.';
  if (!triggers.some((trigger) => trigger.startsWith('manual:')))
    return 'The job declares manual=False: it is not started by hand.';
  return null;
}

/** Why the clock of a job cannot be paused or resumed, whoever asks; null when it can. */
export function whyNotPause(job: SwitchableJob): string | null {
  if (job.is_archived) return 'The job is archived; nothing starts it.';
  return hasClock(job) ? null : 'The job has no schedule to pause.';
}

/** Whether somebody's starts run under the profile `access` whatever is asked. */
export const startsAsViewer = (role: string | null | undefined) =>
  role === ('viewer' satisfies WorkspaceMembershipRole);

/** The trigger with which a start by hand is asked for: the manual one, else the job's own where it has none. */
export function manualTrigger(job: Pick<SwitchableJob, 'triggers'>): string {
  return job.triggers.find((trigger) => trigger.startsWith('manual:')) ?? job.triggers[0] ?? 'manual:';
}
