import { z } from 'zod';
import { defineRoute } from '../../route.ts';
import {
  jobNextTicksResponse,
  maximumNextStarts,
  maximumNextTicks,
  nextStartsResponse,
} from '../../schemas/scheduling/next-starts.ts';
import { queryInteger } from '../../schemas/query.ts';
import { readErrors } from '../error-statuses.ts';
import { jobParams, workspaceParams } from '../parameters.ts';

/** The next starts of a workspace and of a job. */
export const nextStartRoutes = [
  defineRoute({
    operationId: 'list_next_starts',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/next-starts',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'job.read',
    params: workspaceParams,
    query: z.object({ limit: queryInteger({ minimum: 1, maximum: maximumNextStarts }).default(20) }),
    responses: { 200: nextStartsResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'list_job_next_ticks',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/jobs/{job_id}/next-ticks',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'job.read',
    params: jobParams,
    query: z.object({ limit: queryInteger({ minimum: 1, maximum: maximumNextTicks }).default(5) }),
    responses: { 200: jobNextTicksResponse },
    errors: readErrors,
  }),
] as const;
