import { defineRoute } from '../../route.ts';
import { jobInputsResponse } from '../../schemas/jobs/job-inputs.ts';
import { startJobRequest, triggeredJob } from '../../schemas/jobs/triggers.ts';
import { changeErrors, readErrors } from '../error-statuses.ts';
import { jobParams } from '../parameters.ts';

/** Starts of jobs with an input. */
export const jobStartRoutes = [
  /**
   * Decides like `trigger_jobs` for one job: a start that is skipped has a status and reasons, and no run. With an
   * input it starts by the manual trigger, so that it runs also if nothing is due.
   */
  defineRoute({
    operationId: 'start_job',
    method: 'POST',
    path: '/pumphouse/v1/workspaces/{workspace_id}/jobs/{job_id}/-start',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'job-run.start',
    params: jobParams,
    body: startJobRequest,
    responses: { 200: triggeredJob },
    errors: changeErrors,
  }),
  /** The server reads them from the latest code, without running it. */
  defineRoute({
    operationId: 'get_job_inputs',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/jobs/{job_id}/inputs',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'job.read',
    params: jobParams,
    responses: { 200: jobInputsResponse },
    errors: readErrors,
  }),
] as const;
