import { z } from 'zod';
import { defineRoute } from '../../route.ts';
import { logLinesResponse, logSearchResponse, longestLogSearch } from '../../schemas/logs/log-ranges.ts';
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

/** The log of a run by parts: all its attempts, with their lines numbered through from 0, while it runs and when it is over. */
export const logRangeRoutes = [
  defineRoute({
    ...common,
    operationId: 'read_log_lines',
    path: '/pumphouse/v1/workspaces/{workspace_id}/job-runs/{job_run_id}/log/lines',
    query: z.object({
      /** Number of the first line; a negative one counts from the end, where -1 is the last line. */
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
      /** Part of a line in any case; empty for all lines that the filters leave. */
      q: queryText.max(longestLogSearch).default(''),
      source: logSource.optional(),
      io_stream: logIoStream.optional(),
      /** Lines that look like errors: a guess by how the line begins. */
      level: z.enum(['error']).optional(),
      /** Only lines after this one are looked at. */
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
      /** Begins each line with its time. */
      timestamps: queryBoolean.default(false),
    }),
    responses: { 200: { contentType: 'text/plain', item: z.string() } },
  }),
] as const;
