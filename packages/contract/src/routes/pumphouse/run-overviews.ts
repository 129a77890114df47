import { z } from 'zod';
import { defineRoute } from '../../route.ts';
import { runStatus } from '../../schemas/runs/job-runs.ts';
import { listPage, listQuery } from '../../schemas/paging.ts';
import { uuid } from '../../schemas/primitives.ts';
import { queryBoolean, queryInteger, queryList, queryText, queryTimestamp } from '../../schemas/query.ts';
import { maximumCountBuckets, runCountsResponse } from '../../schemas/runs/run-counts.ts';
import { runOverviewDetailResponse, runOverviewResponse } from '../../schemas/runs/run-overviews.ts';
import { runSeriesResponse, seriesBucket } from '../../schemas/runs/run-series.ts';
import { triggerKind } from '../../schemas/jobs/triggers.ts';
import { readErrors } from '../error-statuses.ts';
import { jobRunParams, workspaceParams } from '../parameters.ts';

const runFilters = {
  /** Part of the job's ref or name or of a pipeline's name, or a run's number. */
  q: queryText.optional(),
  job_id: uuid.optional(),
  /** Runs of the windows of this backfill. */
  backfill_id: uuid.optional(),
  /** Active runs that this active run keeps waiting: by local data, concurrency, a pipeline or a dataset. */
  waiting_for: uuid.optional(),
  /** The versions that the runs use. */
  deployment_id: uuid.optional(),
  configuration_id: uuid.optional(),
  trigger_kind: queryList(triggerKind).optional(),
  profile: queryList(queryText).optional(),
  pipeline_name: queryList(queryText).optional(),
  /** Tags of their jobs. */
  tags: queryList(queryText).optional(),
  start: queryTimestamp.optional(),
  end: queryTimestamp.optional(),
  timezone: queryText.default('UTC'),
  /** Only active runs that no server can see. */
  is_unknown: queryBoolean.default(false),
  /** Rows that record rejected starts. */
  include_skipped: queryBoolean.default(true),
};

/**
 * Newest first by default. `status` and `is_active` are combined; all other filters work as in
 * `list_job_runs`.
 */
const runOverviewQuery = listQuery(['created_at', 'duration_seconds', 'finished_at', 'started_at'], {
  ...runFilters,
  status: queryList(runStatus).optional(),
  is_active: queryBoolean.optional(),
});

/** Filters as in `list_run_overviews`, without states. `end` defaults to now, `start` to the oldest run. */
const runCountsQuery = z.object({
  ...runFilters,
  /** Maximum number of buckets. */
  buckets: queryInteger({ minimum: 1, maximum: maximumCountBuckets }).default(80),
});

/** `end` defaults to now, `start` to 24 hours or 30 days before it. */
const runSeriesQuery = z.object({
  start: queryTimestamp.optional(),
  end: queryTimestamp.optional(),
  timezone: queryText.default('UTC'),
  bucket: seriesBucket.default('hour'),
});

/** Runs as listed in the console. */
export const runOverviewRoutes = [
  defineRoute({
    operationId: 'list_run_overviews',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/job-runs',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'job-run.read',
    params: workspaceParams,
    query: runOverviewQuery,
    responses: { 200: listPage('ListPageRunOverviewResponse', runOverviewResponse) },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'get_run_overview',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/job-runs/{job_run_id}/overview',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'job-run.read',
    params: jobRunParams,
    responses: { 200: runOverviewDetailResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'list_run_series',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/job-runs/-/series',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'job-run.read',
    params: workspaceParams,
    query: runSeriesQuery,
    responses: { 200: runSeriesResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'count_run_overviews',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/job-runs/-/counts',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'job-run.read',
    params: workspaceParams,
    query: runCountsQuery,
    responses: { 200: runCountsResponse },
    errors: readErrors,
  }),
] as const;
