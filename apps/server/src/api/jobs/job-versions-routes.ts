import type { Handlers } from '../handler.ts';
import type { ReadJobs } from '../../services/jobs/read-jobs.ts';
import { readPaging, toPage } from '../serializers/pages.ts';
import { toJobVersion } from './jobs-serializers.ts';

export function createJobVersionHandlers(services: {
  readJobs: ReadJobs;
}): Pick<Handlers, 'list_job_versions'> {
  const { readJobs } = services;
  return {
    async list_job_versions({ params, query }) {
      const { workspace_id: workspaceId, job_id: jobId } = params;
      const page = await readJobs.listVersions(
        workspaceId,
        jobId,
        readPaging(query, `list_job_versions ${jobId}`),
      );
      return toPage(page, query, ({ version, job }) => toJobVersion(version, job));
    },
  };
}
