import { z } from 'zod';
import { defineRoute } from '../../route.ts';
import {
  datasetDailySeriesResponse,
  maximumDailySeries,
  pipelineDailySeriesResponse,
} from '../../schemas/pipelines/daily-series.ts';
import { queryInteger, queryList, queryText, queryTimestamp } from '../../schemas/query.ts';
import { readErrors } from '../error-statuses.ts';
import { workspaceParams } from '../parameters.ts';

const names = queryList(queryText).refine(
  (list) => list.length <= maximumDailySeries,
  `must have at most ${maximumDailySeries} names`,
);

/**
 * `end` defaults to now, `start` to 30 days before `end`; days are always whole. Returns at most `limit`
 * series, those with the most runs first; the total covers all.
 */
const daily = {
  start: queryTimestamp.optional(),
  end: queryTimestamp.optional(),
  timezone: queryText.default('UTC'),
  limit: queryInteger({ minimum: 0, maximum: maximumDailySeries }).default(10),
};

/** Series for charts. They accept the credential of a user or a key, which is what the console has. */
export const pumphouseStatisticsRoutes = [
  defineRoute({
    operationId: 'list_dataset_daily_series',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/datasets/-/daily',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'telemetry.read',
    params: workspaceParams,
    query: z.object({ ...daily, dataset_name: names.optional() }),
    responses: { 200: datasetDailySeriesResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'list_pipeline_daily_series',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/pipelines/-/daily',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'telemetry.read',
    params: workspaceParams,
    query: z.object({ ...daily, pipeline_name: names.optional() }),
    responses: { 200: pipelineDailySeriesResponse },
    errors: readErrors,
  }),
] as const;
