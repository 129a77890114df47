import { z } from 'zod';
import { defineRoute } from '../../route.ts';
import { jobType } from '../../schemas/jobs/job-definition.ts';
import { jobOverviewResponse, jobTrendResponse } from '../../schemas/jobs/job-overviews.ts';
import { runStatus } from '../../schemas/runs/job-runs.ts';
import { listPage, listQuery } from '../../schemas/paging.ts';
import { queryBoolean, queryInteger, queryList, queryText } from '../../schemas/query.ts';
import { triggerKind } from '../../schemas/jobs/triggers.ts';
import { readErrors } from '../error-statuses.ts';
import { jobParams, workspaceParams } from '../parameters.ts';

/** Newest first by default. */
const jobOverviewQuery = listQuery(['name', 'starred', 'last_run_at', 'next_start_at'], {
  /** Part of the name or the ref. */
  q: queryText.optional(),
  /** The state of a job; also an active status of its last run, and `skipped` if its newest start was. */
  status: queryList(runStatus).optional(),
  trigger_kind: queryList(triggerKind).optional(),
  tags: queryList(queryText).optional(),
  job_type: queryList(jobType).optional(),
  is_paused: queryBoolean.optional(),
  is_archived: queryBoolean.optional(),
  is_starred: queryBoolean.optional(),
});

/** Jobs as listed in the console. */
export const jobOverviewRoutes = [
  defineRoute({
    operationId: 'list_job_overviews',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/jobs',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'job.read',
    params: workspaceParams,
    query: jobOverviewQuery,
    responses: { 200: listPage('ListPageJobOverviewResponse', jobOverviewResponse) },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'get_job_trend',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/jobs/{job_id}/trend',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'job-run.read',
    params: jobParams,
    query: z.object({ limit: queryInteger({ minimum: 1, maximum: 200 }).default(50) }),
    responses: { 200: jobTrendResponse },
    errors: readErrors,
  }),
] as const;
