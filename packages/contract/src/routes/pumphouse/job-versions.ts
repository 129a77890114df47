import { defineRoute } from '../../route.ts';
import { jobVersionResponse } from '../../schemas/jobs/jobs.ts';
import { listPage, listQuery } from '../../schemas/paging.ts';
import { readErrors } from '../error-statuses.ts';
import { jobParams } from '../parameters.ts';

/** The versions of a job. */
export const jobVersionRoutes = [
  defineRoute({
    operationId: 'list_job_versions',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/jobs/{job_id}/versions',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'job.read',
    params: jobParams,
    query: listQuery(['created_at', 'version'], {}),
    responses: { 200: listPage('ListPageJobVersionResponse', jobVersionResponse) },
    errors: readErrors,
  }),
] as const;
