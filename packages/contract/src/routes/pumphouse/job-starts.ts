import { defineRoute } from '../../route.ts';
import { startJobRequest, triggeredJob } from '../../schemas/jobs/triggers.ts';
import { changeErrors } from '../error-statuses.ts';
import { jobParams } from '../parameters.ts';

/** Starts of jobs with an input. */
export const jobStartRoutes = [
  /** Decides like `trigger_jobs` for one job: a start that is skipped has a status and reasons, and no run. */
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
] as const;
