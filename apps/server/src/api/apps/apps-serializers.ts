import type { AppAddresses } from '../../services/apps/app-addresses.ts';
import type { AppDescription } from '../../services/apps/read-apps.ts';
import type { AppUrls } from '../serializers/request-urls.ts';
import type { PublicLink } from '../../services/apps/publish-app.ts';
import type { RouteResponseInput } from '@pumphouse/contract';
import { describeStop } from '../../domain/apps/app.ts';
import { getCategory, getInterface } from '../../domain/jobs/job-definition.ts';
import { describeAppEnd } from '../../domain/apps/app.ts';
import { toFailureReason } from '../runs/failure-reasons-serializers.ts';
import { toInstant, toInstantOrNull } from '../serializers/instants.ts';

type AppResponseInput = RouteResponseInput<'get_app'>;

/** Creates a lookup for the URLs of interactive jobs; it returns null for all other jobs. */
export function createAppUrls(addresses: AppAddresses): AppUrls {
  return {
    urlOf: (job) => (job.jobType === 'interactive' ? addresses.startOf(job) : null),
    publicUrlOf: (job) =>
      job.sealedPublicLink && addresses.publicUrlOf({ ...job, sealedPublicLink: job.sealedPublicLink }),
  };
}

export function toApp(
  app: AppDescription,
  { addresses, link }: { addresses: AppAddresses; link: PublicLink | null },
): AppResponseInput {
  const { job, situation, end } = app;
  const { definition } = job;
  const instance = 'instance' in situation ? situation.instance : null;
  return {
    job_id: job.id,
    job_ref: job.jobRef,
    name: definition.expose?.display_name ?? job.jobRef,
    description: job.description,
    is_archived: job.isArchived,
    is_starred: definition.expose?.starred === true,
    interface: getInterface(definition) ?? 'rest_api',
    category: getCategory(definition),
    state: situation.kind,
    failure:
      situation.kind === 'failed' && end !== null
        ? {
            detail: describeAppEnd(end),
            reason: toFailureReason(end),
            retry_at: toInstant(situation.retryAt),
            job_run_id: end.jobRunId,
          }
        : null,
    stop_reason: situation.kind === 'stopped' ? describeStop(end?.endIntent ?? null) : null,
    url: addresses.urlOf(job),
    bare_url: addresses.bareOf(job),
    public_link: link && toPublicLink(link),
    profile: app.profile,
    is_profile_fallback: app.isProfileFallback,
    idle_seconds: app.idleSeconds,
    job_run: instance && {
      id: instance.jobRunId,
      status: instance.status,
      wait_reason: instance.waitReason,
      created_at: toInstant(instance.createdAt),
      listening_since: toInstantOrNull(instance.listeningAt),
      last_used_at: toInstantOrNull(instance.lastUsedAt),
    },
  };
}

export function toPublicLink(link: PublicLink): RouteResponseInput<'publish_app'> {
  return {
    url: link.url,
    expires_at: toInstantOrNull(link.expiresAt),
    has_password: link.hasPassword,
    created_at: toInstant(link.createdAt),
  };
}
