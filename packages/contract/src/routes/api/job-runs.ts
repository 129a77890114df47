import { defineRoute } from '../../route.ts';
import { jobCategory, jobType } from '../../schemas/jobs/job-definition.ts';
import {
  cancelJobRunsRequest,
  cancelJobRunsResponse,
  createJobRunRequest,
  detailedJobRunResponse,
  runStatus,
} from '../../schemas/runs/job-runs.ts';
import { listPage, listQuery, nestedRunsBounds } from '../../schemas/paging.ts';
import { uuid } from '../../schemas/primitives.ts';
import {
  queryBoolean,
  queryInteger,
  queryList,
  queryNumber,
  queryText,
  queryTimestamp,
} from '../../schemas/query.ts';
import { triggerKind } from '../../schemas/jobs/triggers.ts';
import { changeErrors, readErrors } from '../error-statuses.ts';
import { jobRunParams, workspaceParams } from '../parameters.ts';

const listJobRunsQuery = listQuery(
  ['created_at', 'duration_seconds', 'finished_at', 'number', 'started_at'],
  {
    q: queryText.optional(),
    status: queryList(runStatus).optional(),
    number: queryInteger({ minimum: 1 }).optional(),
    job_id: uuid.optional(),
    previous_job_run_id: uuid.optional(),
    job_type: queryList(jobType).optional(),
    trigger: queryList(queryText).optional(),
    trigger_kind: queryList(triggerKind).optional(),
    triggered_by: queryList(uuid).optional(),
    profile: queryList(queryText).optional(),
    min_duration_seconds: queryNumber.optional(),
    max_duration_seconds: queryNumber.optional(),
    start: queryTimestamp.optional(),
    end: queryTimestamp.optional(),
    timezone: queryText.default('UTC'),
    include_system_job_runs: queryBoolean.default(false),
    downstream_job_runs_limit: queryInteger(nestedRunsBounds).optional(),
    downstream_job_runs_category: jobCategory.optional(),
  },
);

/** Job runs. */
export const jobRunRoutes = [
  defineRoute({
    operationId: 'list_job_runs',
    method: 'GET',
    path: '/api/v1/workspaces/{workspace_id}/job-runs',
    surface: 'api',
    credential: 'user',
    permission: 'job-run.read',
    params: workspaceParams,
    query: listJobRunsQuery,
    responses: { 200: listPage('ListPageDetailedJobRunResponse', detailedJobRunResponse) },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'create_job_run',
    method: 'POST',
    path: '/api/v1/workspaces/{workspace_id}/job-runs',
    surface: 'api',
    credential: 'user',
    permission: 'job-run.start',
    params: workspaceParams,
    body: createJobRunRequest,
    responses: { 200: detailedJobRunResponse, 201: detailedJobRunResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'cancel_job_runs',
    method: 'POST',
    path: '/api/v1/workspaces/{workspace_id}/job-runs/-cancel',
    surface: 'api',
    credential: 'user',
    permission: 'job-run.cancel',
    params: workspaceParams,
    body: cancelJobRunsRequest,
    responses: { 200: cancelJobRunsResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'get_job_run',
    method: 'GET',
    path: '/api/v1/workspaces/{workspace_id}/job-runs/{job_run_id}',
    surface: 'api',
    credential: 'user',
    permission: 'job-run.read',
    params: jobRunParams,
    responses: { 200: detailedJobRunResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'cancel_job_run',
    method: 'POST',
    path: '/api/v1/workspaces/{workspace_id}/job-runs/{job_run_id}/-cancel',
    surface: 'api',
    credential: 'user',
    permission: 'job-run.cancel',
    params: jobRunParams,
    responses: { 200: detailedJobRunResponse },
    errors: changeErrors,
  }),
] as const;
