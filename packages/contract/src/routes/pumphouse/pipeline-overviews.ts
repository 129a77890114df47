import { z } from 'zod';
import { defineRoute } from '../../route.ts';
import { listPage, listQuery } from '../../schemas/paging.ts';
import {
  datasetFreshnessRow,
  datasetOverviewResponse,
  jobRunPipelineRunsResponse,
  maximumFailuresAsked,
  pipelineFreshnessRow,
  pipelineOverviewResponse,
  pipelineRunFailuresResponse,
} from '../../schemas/pipelines/pipeline-overviews.ts';
import { tableOverviewResponse } from '../../schemas/pipelines/table-overviews.ts';
import { uuid } from '../../schemas/primitives.ts';
import { queryBoolean, queryList } from '../../schemas/query.ts';
import { readErrors } from '../error-statuses.ts';
import { datasetParams, jobRunParams, pipelineParams, tableParams, workspaceParams } from '../parameters.ts';

/** Pipeline data for the pages of pipelines, datasets, tables and runs, each in one request. */
export const pipelineOverviewRoutes = [
  defineRoute({
    operationId: 'list_pipeline_freshness',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/pipelines/-/freshness',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'telemetry.read',
    params: workspaceParams,
    query: listQuery(['last_success_at', 'pipeline_name'], { is_stale: queryBoolean.optional() }),
    responses: { 200: listPage('ListPagePipelineFreshnessRow', pipelineFreshnessRow) },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'list_dataset_freshness',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/datasets/-/freshness',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'telemetry.read',
    params: workspaceParams,
    query: listQuery(['last_success_at', 'dataset_name'], {}),
    responses: { 200: listPage('ListPageDatasetFreshnessRow', datasetFreshnessRow) },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'get_pipeline_overview',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/pipelines/{pipeline_name}',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'telemetry.read',
    params: pipelineParams,
    responses: { 200: pipelineOverviewResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'get_dataset_overview',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/datasets/{dataset_name}',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'telemetry.read',
    params: datasetParams,
    responses: { 200: datasetOverviewResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'get_table_overview',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/datasets/{dataset_name}/tables/{table_name}',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'telemetry.read',
    params: tableParams,
    responses: { 200: tableOverviewResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'list_pipeline_run_failures',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/pipeline-runs/-/failures',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'telemetry.read',
    params: workspaceParams,
    query: z.object({
      pipeline_run_id: queryList(uuid)
        .refine(({ length }) => length <= maximumFailuresAsked, `at most ${maximumFailuresAsked} runs`)
        .optional(),
    }),
    responses: { 200: pipelineRunFailuresResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'list_job_run_pipeline_runs',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/job-runs/{job_run_id}/pipeline-runs',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'telemetry.read',
    params: jobRunParams,
    responses: { 200: jobRunPipelineRunsResponse },
    errors: readErrors,
  }),
] as const;
