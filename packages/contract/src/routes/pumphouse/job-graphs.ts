import { z } from 'zod';
import { defineRoute } from '../../route.ts';
import { jobGraphResponse } from '../../schemas/jobs/job-graphs.ts';
import { uuid } from '../../schemas/primitives.ts';
import { readErrors } from '../error-statuses.ts';
import { workspaceParams } from '../parameters.ts';

/** Dependencies between the jobs of a workspace. */
export const jobGraphRoutes = [
  defineRoute({
    operationId: 'get_job_graph',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/job-graph',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'job.read',
    params: workspaceParams,
    /** With a job: everything upstream and downstream of it, at any distance. */
    query: z.object({ job_id: uuid.optional() }),
    responses: { 200: jobGraphResponse },
    errors: readErrors,
  }),
] as const;
