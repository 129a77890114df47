import { z } from 'zod';
import { defineRoute } from '../../route.ts';
import { uuid } from '../../schemas/primitives.ts';
import { jobRunComparisonResponse, jobRunLogComparisonResponse } from '../../schemas/runs/run-comparisons.ts';
import { jobRunChangesResponse } from '../../schemas/runs/run-changes.ts';
import { readErrors } from '../error-statuses.ts';
import { jobRunParams } from '../parameters.ts';

/** Without a base, a run is compared with the last completed earlier run of its job. */
const query = z.object({ base_id: uuid.optional() });

/** Comparison of two runs of the same job. */
export const runComparisonRoutes = [
  defineRoute({
    operationId: 'compare_job_runs',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/job-runs/{job_run_id}/comparison',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'job-run.read',
    params: jobRunParams,
    query,
    responses: { 200: jobRunComparisonResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'get_job_run_changes',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/job-runs/{job_run_id}/changes',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'job-run.read',
    params: jobRunParams,
    query,
    responses: { 200: jobRunChangesResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'compare_job_run_logs',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/job-runs/{job_run_id}/log-comparison',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'log.read',
    params: jobRunParams,
    query,
    responses: { 200: jobRunLogComparisonResponse },
    errors: readErrors,
  }),
] as const;
