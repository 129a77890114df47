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
 * Without `end` up to now, without `start` the 30 days before `end`; days are taken whole. Those with the most runs come first, and
 * `limit` of them at most; the total is of all.
 */
const daily = {
  start: queryTimestamp.optional(),
  end: queryTimestamp.optional(),
  timezone: queryText.default('UTC'),
  limit: queryInteger({ minimum: 0, maximum: maximumDailySeries }).default(10),
};

/** Series for charts. They take the credential of a person or a key, as the console has it. */
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
