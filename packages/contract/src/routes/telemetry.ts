import { defineRoute } from '../route.ts';
import { jobResultResponse, jobResultTraceResponse } from '../schemas/telemetry/job-results.ts';
import { listPage, listQuery } from '../schemas/paging.ts';
import {
  detailedPipelineRunResponse,
  pipelineRunResponse,
  pipelineRunStatus,
  pipelineRunTraceResponse,
} from '../schemas/pipelines/pipeline-runs.ts';
import { uuid } from '../schemas/primitives.ts';
import { queryBoolean, queryList, queryText, queryTimestamp } from '../schemas/query.ts';
import {
  datasetStatsResponse,
  pipelineStatsResponse,
  telemetryWatermarkResponse,
} from '../schemas/pipelines/statistics.ts';
import { dataplaneErrors, readErrors } from './error-statuses.ts';
import { jobRunParams, pipelineRunParams, workspaceParams } from './parameters.ts';

const listDatasetStatsQuery = listQuery(
  [
    'average_duration_ms',
    'dataset_name',
    'latest_pipeline_run_at',
    'success_ratio',
    'total_pipeline_run_count',
    'total_rows_loaded',
  ],
  {
    start: queryTimestamp.optional(),
    end: queryTimestamp.optional(),
    timezone: queryText.default('UTC'),
    q: queryText.optional(),
    dataset_name: queryList(queryText).optional(),
    latest_status: queryList(pipelineRunStatus).optional(),
    latest_destination_name: queryList(queryText).optional(),
  },
);

const listPipelineRunsQuery = listQuery(
  ['duration_ms', 'finished_at', 'started_at', 'total_bytes_loaded', 'total_rows_loaded'],
  {
    start: queryTimestamp.optional(),
    end: queryTimestamp.optional(),
    timezone: queryText.default('UTC'),
    q: queryText.optional(),
    status: queryList(pipelineRunStatus).optional(),
    pipeline_name: queryList(queryText).optional(),
    dataset_name: queryList(queryText).optional(),
    destination_name: queryList(queryText).optional(),
    job_run_id: queryList(uuid).optional(),
    is_empty_run: queryBoolean.optional(),
  },
);

const listPipelineStatsQuery = listQuery(
  [
    'average_duration_ms',
    'latest_pipeline_run_at',
    'pipeline_name',
    'success_ratio',
    'total_pipeline_run_count',
    'total_rows_loaded',
  ],
  {
    start: queryTimestamp.optional(),
    end: queryTimestamp.optional(),
    timezone: queryText.default('UTC'),
    q: queryText.optional(),
    pipeline_name: queryList(queryText).optional(),
    latest_status: queryList(pipelineRunStatus).optional(),
    latest_destination_name: queryList(queryText).optional(),
  },
);

/** Telemetry of pipelines: prefix `/telemetry/v1`. */
export const telemetryRoutes = [
  defineRoute({
    operationId: 'list_dataset_stats',
    method: 'GET',
    path: '/telemetry/v1/workspaces/{workspace_id}/datasets/-/stats',
    surface: 'telemetry',
    credential: 'dataplane',
    permission: 'telemetry.read',
    params: workspaceParams,
    query: listDatasetStatsQuery,
    responses: { 200: listPage('ListPageDatasetStatsResponse', datasetStatsResponse) },
    errors: dataplaneErrors,
  }),
  defineRoute({
    operationId: 'get_job_run_result',
    method: 'GET',
    path: '/telemetry/v1/workspaces/{workspace_id}/job-runs/{job_run_id}/result',
    surface: 'telemetry',
    credential: 'dataplane',
    permission: 'telemetry.read',
    params: jobRunParams,
    responses: { 200: jobResultResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'get_job_run_result_trace',
    method: 'GET',
    path: '/telemetry/v1/workspaces/{workspace_id}/job-runs/{job_run_id}/result-trace',
    surface: 'telemetry',
    credential: 'dataplane',
    permission: 'telemetry.read',
    params: jobRunParams,
    responses: { 200: jobResultTraceResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'list_pipeline_runs',
    method: 'GET',
    path: '/telemetry/v1/workspaces/{workspace_id}/pipeline-runs',
    surface: 'telemetry',
    credential: 'dataplane',
    permission: 'telemetry.read',
    params: workspaceParams,
    query: listPipelineRunsQuery,
    responses: { 200: listPage('ListPagePipelineRunResponse', pipelineRunResponse) },
    errors: dataplaneErrors,
  }),
  defineRoute({
    operationId: 'get_pipeline_run',
    method: 'GET',
    path: '/telemetry/v1/workspaces/{workspace_id}/pipeline-runs/{pipeline_run_id}',
    surface: 'telemetry',
    credential: 'dataplane',
    permission: 'telemetry.read',
    params: pipelineRunParams,
    responses: { 200: detailedPipelineRunResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'get_pipeline_run_trace',
    method: 'GET',
    path: '/telemetry/v1/workspaces/{workspace_id}/pipeline-runs/{pipeline_run_id}/trace',
    surface: 'telemetry',
    credential: 'dataplane',
    permission: 'telemetry.read',
    params: pipelineRunParams,
    responses: { 200: pipelineRunTraceResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'list_pipeline_stats',
    method: 'GET',
    path: '/telemetry/v1/workspaces/{workspace_id}/pipelines/-/stats',
    surface: 'telemetry',
    credential: 'dataplane',
    permission: 'telemetry.read',
    params: workspaceParams,
    query: listPipelineStatsQuery,
    responses: { 200: listPage('ListPagePipelineStatsResponse', pipelineStatsResponse) },
    errors: dataplaneErrors,
  }),
  defineRoute({
    operationId: 'get_workspace_watermark',
    method: 'GET',
    path: '/telemetry/v1/workspaces/{workspace_id}/watermark',
    surface: 'telemetry',
    credential: 'dataplane',
    permission: 'telemetry.read',
    params: workspaceParams,
    responses: { 200: telemetryWatermarkResponse },
    errors: dataplaneErrors,
  }),
] as const;
