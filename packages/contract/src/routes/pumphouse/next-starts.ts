import { z } from 'zod';
import { defineRoute } from '../../route.ts';
import {
  jobNextTicksResponse,
  maximumNextStarts,
  maximumNextTicks,
  nextStartsResponse,
} from '../../schemas/scheduling/next-starts.ts';
import { queryInteger, queryText, queryTimestamp } from '../../schemas/query.ts';
import { readErrors } from '../error-statuses.ts';
import { jobParams, workspaceParams } from '../parameters.ts';
import { scheduleDaysResponse } from '../../schemas/scheduling/schedule-days.ts';

/** `start` defaults to 30 days ago, `end` to 37 days after `start`. */
const scheduleDaysQuery = z.object({
  start: queryTimestamp.optional(),
  end: queryTimestamp.optional(),
  timezone: queryText.default('UTC'),
});

/** The next starts of a workspace and of a job, and the calendar of a job. */
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
  defineRoute({
    operationId: 'list_job_schedule_days',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/jobs/{job_id}/schedule-days',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'job-run.read',
    params: jobParams,
    query: scheduleDaysQuery,
    responses: { 200: scheduleDaysResponse },
    errors: readErrors,
  }),
] as const;
