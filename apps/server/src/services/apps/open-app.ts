import type { AppVisits } from './app-visits.ts';
import type { Persistence } from '../../store/store.ts';
import { isUuid } from '../../domain/primitives/uuid.ts';
import { requireInteractive } from './publish-app.ts';
import { ServiceError } from '../../platform/service-error.ts';

export interface OpenAppRequest {
  jobId: string;
  userId: string;
  /** Null for the start page. */
  path: string | null;
}

export type OpenApp = (request: OpenAppRequest) => Promise<{ url: string; name: string }>;

/**
 * Creates the use case that gives a user an address with access to an app of any workspace. An app of a
 * workspace that the user is not a member of is reported as not found.
 */
export function createOpenApp(parts: { persistence: Persistence<'jobs'>; visits: AppVisits }): OpenApp {
  const { persistence, visits } = parts;
  return async ({ jobId, userId, path }) => {
    const missing = new ServiceError(
      'not_found',
      'The app does not exist, or you have no access to its workspace.',
    );
    const [job] = isUuid(jobId) ? await persistence.store.jobs.getMany([jobId]) : [];
    if (!job || !(await visits.mayOpen(userId, job))) throw missing;
    requireInteractive(job);
    const { url } = await visits.issue(job, userId, path);
    return { url, name: job.definition.expose?.display_name ?? job.jobRef };
  };
}
