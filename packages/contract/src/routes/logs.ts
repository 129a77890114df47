import { defineRoute } from '../route.ts';
import { logLine } from '../schemas/logs/logs.ts';
import { dataplaneErrors, readErrors } from './error-statuses.ts';
import { jobRunParams } from './parameters.ts';

/** The log of a job run: prefix `/logs/v1`. */
export const logsRoutes = [
  defineRoute({
    operationId: 'get_job_run_log_stream',
    method: 'GET',
    path: '/logs/v1/workspaces/{workspace_id}/job-runs/{job_run_id}/log-stream',
    surface: 'logs',
    credential: 'dataplane',
    permission: 'log.read',
    params: jobRunParams,
    responses: { 200: { contentType: 'text/event-stream', item: logLine } },
    errors: dataplaneErrors,
  }),
  defineRoute({
    operationId: 'get_job_run_logs',
    method: 'GET',
    path: '/logs/v1/workspaces/{workspace_id}/job-runs/{job_run_id}/logs',
    surface: 'logs',
    credential: 'dataplane',
    permission: 'log.read',
    params: jobRunParams,
    responses: { 200: { contentType: 'application/x-ndjson', item: logLine } },
    errors: readErrors,
  }),
] as const;
