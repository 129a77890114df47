import { defineRoute } from '../../route.ts';
import { jobRunTimelineResponse } from '../../schemas/runs/run-timelines.ts';
import { jobRunResourcesResponse } from '../../schemas/runs/run-resources.ts';
import { detailedJobRunResponse } from '../../schemas/runs/job-runs.ts';
import { changeErrors, readErrors } from '../error-statuses.ts';
import { jobRunParams } from '../parameters.ts';

/** The timeline of a run: its attempts, what it waits for, and why it failed or was never started. */
export const runTimelineRoutes = [
  defineRoute({
    operationId: 'get_job_run_life',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/job-runs/{job_run_id}/life',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'job-run.read',
    params: jobRunParams,
    responses: { 200: jobRunTimelineResponse },
    errors: readErrors,
  }),
  /** What its attempts have used of memory, cores and disk, as a timeline, with the limits of its instance size. */
  defineRoute({
    operationId: 'get_job_run_resources',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/job-runs/{job_run_id}/resources',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'job-run.read',
    params: jobRunParams,
    responses: { 200: jobRunResourcesResponse },
    errors: readErrors,
  }),
  /** Ends an `unknown` run at once; any other run is rejected with `run_not_unknown`. */
  defineRoute({
    operationId: 'force_end_job_run',
    method: 'POST',
    path: '/pumphouse/v1/workspaces/{workspace_id}/job-runs/{job_run_id}/-force-end',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'job-run.force-end',
    params: jobRunParams,
    responses: { 200: detailedJobRunResponse },
    errors: changeErrors,
  }),
] as const;
