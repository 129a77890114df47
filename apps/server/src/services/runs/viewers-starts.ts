import type { FailedStart } from './start-refusals.ts';
import type { JobRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { chooseProfile } from '../../domain/jobs/job-definition.ts';

/** The only profile under which a viewer may start jobs; it is meant to have read-only credentials. */
export const viewersProfile = 'access';

interface AskedStart {
  workspaceId: string;
  profile: string | null;
  refresh: boolean;
  isByViewer?: boolean;
}

/**
 * Picks the jobs of a call that its caller may start. A viewer may start those whose profile, overridden by
 * the call's, is `access`. Their starts name that profile explicitly, so that no later deploy, even while a
 * start is queued, makes one run under another profile.
 */
export async function pickAllowed<Candidate extends { job: JobRecord }>(
  store: Pick<Store, 'configurations'>,
  candidates: readonly Candidate[],
  asked: AskedStart,
): Promise<{ allowed: Candidate[]; forbidden: FailedStart[]; profile: string | null }> {
  if (!asked.isByViewer) return { allowed: [...candidates], forbidden: [], profile: asked.profile };
  const profiles = (await store.configurations.latest(asked.workspaceId))?.profiles ?? [];
  const allowed: Candidate[] = [];
  const forbidden: FailedStart[] = [];
  for (const candidate of candidates) {
    const detail = explainRefusal(candidate.job, asked, profiles);
    if (detail === null) allowed.push(candidate);
    else forbidden.push({ ref: candidate.job.jobRef, code: 'forbidden', detail });
  }
  return { allowed, forbidden, profile: viewersProfile };
}

function explainRefusal(
  job: JobRecord,
  { profile, refresh }: AskedStart,
  configurationProfiles: readonly string[],
): string | null {
  const choice = chooseProfile(job.definition, profile, configurationProfiles);
  const whyNot = choice.ok ? `${job.jobRef} would run under the profile "${choice.profile}"` : choice.reason;
  if (!choice.ok || choice.profile !== viewersProfile)
    return `A viewer starts only jobs that run under the profile "${viewersProfile}", and ${whyNot}. Ask a developer of the workspace.`;
  // A refresh makes other jobs reload everything, under any profile.
  return refresh
    ? `A viewer cannot refresh ${job.jobRef}: the jobs that follow it would reload all data.`
    : null;
}
