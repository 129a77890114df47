import type { AppVisits } from './app-visits.ts';
import type { JobDefinition } from '../../domain/jobs/job-definition.ts';
import type { Persistence } from '../../store/store.ts';
import { isUuid } from '../../domain/primitives/uuid.ts';
import { requireInteractive } from './publish-app.ts';
import { ServiceError } from '../../platform/service-error.ts';

export interface OpenAppRequest {
  jobId: string;
  userId: string;
  /** Null for where the app begins. */
  path: string | null;
}

export type OpenApp = (request: OpenAppRequest) => Promise<{ url: string; name: string }>;

/** Gives a person an address that lets them into an app, wherever it is. What they have no part in is not there for them. */
export function createOpenApp(parts: { persistence: Persistence; visits: AppVisits }): OpenApp {
  const { persistence, visits } = parts;
  return async ({ jobId, userId, path }) => {
    const missing = new ServiceError(
      'not_found',
      'There is no such app, or you have no part in its workspace.',
    );
    const [job] = isUuid(jobId) ? await persistence.store.jobs.getMany([jobId]) : [];
    if (!job || !(await visits.mayOpen(userId, job))) throw missing;
    requireInteractive(job);
    const { url } = await visits.issue(job, userId, path);
    return { url, name: (job.definition as JobDefinition).expose?.display_name ?? job.jobRef };
  };
}
