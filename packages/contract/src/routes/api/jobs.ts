import { z } from 'zod';
import { defineRoute } from '../../route.ts';
import { detailedJobResponse } from '../../schemas/jobs/detailed-jobs.ts';
import { jobCategory, jobType } from '../../schemas/jobs/job-definition.ts';
import { runStatus } from '../../schemas/runs/job-runs.ts';
import { jobResponse } from '../../schemas/jobs/jobs.ts';
import { listPage, listQuery, nestedRunsBounds } from '../../schemas/paging.ts';
import { queryBoolean, queryInteger, queryList, queryText, queryTimestamp } from '../../schemas/query.ts';
import { triggerJobsRequest, triggerJobsResponse, triggerKind } from '../../schemas/jobs/triggers.ts';
import { changeErrors, readErrors } from '../error-statuses.ts';
import { jobParams, workspaceParams } from '../parameters.ts';

const listJobsQuery = listQuery(
  ['created_at', 'last_run_at', 'last_run_ended_at', 'name', 'next_scheduled_run_at'],
  {
    q: queryText.optional(),
    ref: queryText.optional(),
    job_type: queryList(jobType).optional(),
    is_archived: queryBoolean.optional(),
    is_paused: queryBoolean.optional(),
    profile: queryList(queryText).optional(),
    pipeline_name: queryList(queryText).optional(),
    status: queryList(runStatus).optional(),
    trigger_kind: queryList(triggerKind).optional(),
    is_self_firing: queryBoolean.optional(),
    category: queryList(jobCategory).optional(),
    exclude_category: queryList(jobCategory).optional(),
    tags: queryList(queryText).optional(),
    start: queryTimestamp.optional(),
    end: queryTimestamp.optional(),
    timezone: queryText.default('UTC'),
    recent_job_runs_limit: queryInteger(nestedRunsBounds).optional(),
    downstream_job_runs_limit: queryInteger(nestedRunsBounds).optional(),
    downstream_job_runs_category: jobCategory.optional(),
  },
);

/** Jobs. */
export const jobRoutes = [
  defineRoute({
    operationId: 'list_jobs',
    method: 'GET',
    path: '/api/v1/workspaces/{workspace_id}/jobs',
    surface: 'api',
    credential: 'user',
    permission: 'job.read',
    params: workspaceParams,
    query: listJobsQuery,
    responses: { 200: listPage('ListPageDetailedJobResponse', detailedJobResponse) },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'trigger_jobs',
    method: 'POST',
    path: '/api/v1/workspaces/{workspace_id}/jobs/-trigger',
    surface: 'api',
    credential: 'user',
    permission: 'job-run.start',
    params: workspaceParams,
    body: triggerJobsRequest,
    responses: { 200: triggerJobsResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'get_job',
    method: 'GET',
    path: '/api/v1/workspaces/{workspace_id}/jobs/{job_id}',
    surface: 'api',
    credential: 'user',
    permission: 'job.read',
    params: jobParams,
    query: z.object({ recent_job_runs_limit: queryInteger(nestedRunsBounds).optional() }),
    responses: { 200: detailedJobResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'archive_job',
    method: 'POST',
    path: '/api/v1/workspaces/{workspace_id}/jobs/{job_id}/-archive',
    surface: 'api',
    credential: 'user',
    permission: 'job.archive',
    params: jobParams,
    responses: { 200: jobResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'unarchive_job',
    method: 'POST',
    path: '/api/v1/workspaces/{workspace_id}/jobs/{job_id}/-unarchive',
    surface: 'api',
    credential: 'user',
    permission: 'job.archive',
    params: jobParams,
    responses: { 200: jobResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'pause_job',
    method: 'POST',
    path: '/api/v1/workspaces/{workspace_id}/jobs/{job_id}/-pause',
    surface: 'api',
    credential: 'user',
    permission: 'job.pause',
    params: jobParams,
    responses: { 200: jobResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'resume_job',
    method: 'POST',
    path: '/api/v1/workspaces/{workspace_id}/jobs/{job_id}/-resume',
    surface: 'api',
    credential: 'user',
    permission: 'job.pause',
    params: jobParams,
    responses: { 200: jobResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'publish_job',
    method: 'POST',
    path: '/api/v1/workspaces/{workspace_id}/jobs/{job_id}/-publish',
    surface: 'api',
    credential: 'user',
    permission: 'job.publish',
    params: jobParams,
    responses: { 200: jobResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'unpublish_job',
    method: 'POST',
    path: '/api/v1/workspaces/{workspace_id}/jobs/{job_id}/-unpublish',
    surface: 'api',
    credential: 'user',
    permission: 'job.publish',
    params: jobParams,
    responses: { 200: jobResponse },
    errors: changeErrors,
  }),
] as const;
