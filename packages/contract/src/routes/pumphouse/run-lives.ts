import { defineRoute } from '../../route.ts';
import { jobRunLifeResponse } from '../../schemas/runs/run-lives.ts';
import { detailedJobRunResponse } from '../../schemas/runs/job-runs.ts';
import { changeErrors, readErrors } from '../error-statuses.ts';
import { jobRunParams } from '../parameters.ts';

/** What became of a run beyond its status: its attempts, what it waits for, why it failed or was never started. */
export const runLifeRoutes = [
  defineRoute({
    operationId: 'get_job_run_life',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/job-runs/{job_run_id}/life',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'job-run.read',
    params: jobRunParams,
    responses: { 200: jobRunLifeResponse },
    errors: readErrors,
  }),
  /** Ends a run that is `unknown` at once; any other run is refused with `run_not_unknown`. */
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
