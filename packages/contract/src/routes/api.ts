import { jobRunRoutes } from './api/job-runs.ts';
import { jobRoutes } from './api/jobs.ts';
import { organizationRoutes } from './api/organizations.ts';
import { versionRoutes } from './api/versions.ts';
import { workspaceRoutes } from './api/workspaces.ts';

/** Organizations, workspaces, versions, jobs and job runs: prefix `/api/v1`. */
export const apiRoutes = [
  ...organizationRoutes,
  ...workspaceRoutes,
  ...versionRoutes,
  ...jobRoutes,
  ...jobRunRoutes,
] as const;
