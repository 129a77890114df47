import { z } from 'zod';
import { defineRoute } from '../../route.ts';
import { logLinesResponse, logSearchResponse, maxLogSearch } from '../../schemas/logs/log-ranges.ts';
import { logIoStream, logSource } from '../../schemas/logs/logs.ts';
import { queryBoolean, queryInteger, queryText } from '../../schemas/query.ts';
import { readErrors } from '../error-statuses.ts';
import { jobRunParams } from '../parameters.ts';

const common = {
  method: 'GET',
  surface: 'pumphouse',
  credential: 'user',
  permission: 'log.read',
  params: jobRunParams,
  errors: readErrors,
} as const;

/** Ranges of a run's log across all its attempts, numbered from 0, during and after the run. */
export const logRangeRoutes = [
  defineRoute({
    ...common,
    operationId: 'read_log_lines',
    path: '/pumphouse/v1/workspaces/{workspace_id}/job-runs/{job_run_id}/log/lines',
    query: z.object({
      /** Number of the first line; negative numbers count from the end, -1 is the last line. */
      from_line: queryInteger().default(0),
      limit: queryInteger({ minimum: 1, maximum: 2000 }).default(500),
    }),
    responses: { 200: logLinesResponse },
  }),
  defineRoute({
    ...common,
    operationId: 'search_log',
    path: '/pumphouse/v1/workspaces/{workspace_id}/job-runs/{job_run_id}/log/search',
    query: z.object({
      /** Part of a line, ignoring case; empty matches every line. */
      q: queryText.max(maxLogSearch).default(''),
      source: logSource.optional(),
      io_stream: logIoStream.optional(),
      /** Only lines that look like errors, judged by how they begin. */
      level: z.enum(['error']).optional(),
      /** Search only lines after this one. */
      after_line: queryInteger({ minimum: -1 }).default(-1),
      limit: queryInteger({ minimum: 1, maximum: 10_000 }).default(1000),
    }),
    responses: { 200: logSearchResponse },
  }),
  defineRoute({
    ...common,
    operationId: 'download_log',
    path: '/pumphouse/v1/workspaces/{workspace_id}/job-runs/{job_run_id}/log/text',
    query: z.object({
      /** Prefixes each line with its time. */
      timestamps: queryBoolean.default(false),
    }),
    responses: { 200: { contentType: 'text/plain', item: z.string() } },
  }),
] as const;
