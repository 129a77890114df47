import { z } from 'zod';
import { defineRoute } from '../../route.ts';
import {
  dataSearchResponse,
  maximumFoundNames,
  maximumNameSearchLength,
} from '../../schemas/pipelines/data-search.ts';
import { queryInteger, queryText } from '../../schemas/query.ts';
import { readErrors } from '../error-statuses.ts';
import { workspaceParams } from '../parameters.ts';

const searchText = queryText.refine(
  (text) => text.length <= maximumNameSearchLength,
  `must have at most ${maximumNameSearchLength} characters`,
);

/** Search in the schemas that runs reported. */
export const dataSearchRoutes = [
  defineRoute({
    operationId: 'search_data',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/data-search',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'telemetry.read',
    params: workspaceParams,
    query: z.object({
      /**
       * Parts of `dataset.table.column`, separated by spaces or dots; one must be part of the name itself.
       * Without any, nothing is found.
       */
      q: searchText.default(''),
      limit: queryInteger({ minimum: 1, maximum: maximumFoundNames }).default(20),
    }),
    responses: { 200: dataSearchResponse },
    errors: readErrors,
  }),
] as const;
