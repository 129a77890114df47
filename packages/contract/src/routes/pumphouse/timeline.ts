import { z } from 'zod';
import { defineRoute } from '../../route.ts';
import { maximumTimelineRuns, timelineResponse } from '../../schemas/runs/timeline.ts';
import { queryInteger, queryText, queryTimestamp } from '../../schemas/query.ts';
import { readErrors } from '../error-statuses.ts';
import { workspaceParams } from '../parameters.ts';

/** `start` defaults to 24 hours ago, `end` to 28 hours after `start`. */
const timelineQuery = z.object({
  start: queryTimestamp.optional(),
  end: queryTimestamp.optional(),
  timezone: queryText.default('UTC'),
  /** Maximum number of runs. */
  limit: queryInteger({ minimum: 1, maximum: maximumTimelineRuns }).default(5000),
});

/** The runs and planned ticks of a workspace on a time axis. */
export const timelineRoutes = [
  defineRoute({
    operationId: 'get_timeline',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/timeline',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'job-run.read',
    params: workspaceParams,
    query: timelineQuery,
    responses: { 200: timelineResponse },
    errors: readErrors,
  }),
] as const;
