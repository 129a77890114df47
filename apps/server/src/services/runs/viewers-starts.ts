import type { FailedStart } from './start-refusals.ts';
import type { JobDefinition } from '../../domain/jobs/job-definition.ts';
import type { JobRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { chooseProfile } from '../../domain/jobs/job-definition.ts';

/** The profile under which a viewer may start jobs: what it is given can read and nothing more. */
export const viewersProfile = 'access';

interface AskedStart {
  workspaceId: string;
  profile: string | null;
  refresh: boolean;
  isByViewer?: boolean;
}

/**
 * The jobs of a call that its caller may start. A viewer's are those whose profile, with the call's own over it, is `access`; and they are
 * started with that profile named, so that whatever a deploy changes meanwhile, also while a start waits, nothing runs under another one.
 */
export async function pickAllowed<Candidate extends { job: JobRecord }>(
  store: Store,
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
  const choice = chooseProfile(job.definition as JobDefinition, profile, configurationProfiles);
  const whyNot = choice.ok ? `${job.jobRef} would run under the profile "${choice.profile}"` : choice.reason;
  if (!choice.ok || choice.profile !== viewersProfile)
    return `A viewer starts only jobs that run under the profile "${viewersProfile}", and ${whyNot}. Ask a developer of the workspace.`;
  // A refresh makes other jobs load everything again, under whatever profile they have.
  return refresh
    ? `A viewer cannot refresh ${job.jobRef}: what follows it would load everything again.`
    : null;
}
