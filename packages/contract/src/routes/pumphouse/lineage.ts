import { z } from 'zod';
import { defineRoute } from '../../route.ts';
import { lineageDirection, lineageResponse, maximumExpandedDatasets } from '../../schemas/lineage/lineage.ts';
import { queryInteger, queryList, queryText } from '../../schemas/query.ts';
import { readErrors } from '../error-statuses.ts';
import { workspaceParams } from '../parameters.ts';

const nodeKey = queryText.refine(
  (key) => /^(?:job|pipeline|dataset|table):./s.test(key) && key.length <= 4000,
  'must be the key of a job, pipeline, dataset or table',
);
const expandedDatasets = queryList(queryText).refine(
  (names) => names.length <= maximumExpandedDatasets,
  `must have at most ${maximumExpandedDatasets} names`,
);

/** Jobs, pipelines, datasets and tables as one graph, from what ran. */
export const lineageRoutes = [
  defineRoute({
    operationId: 'get_lineage',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/lineage',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'telemetry.read',
    params: workspaceParams,
    query: z.object({
      /** The key of a node: the response has what is upstream and downstream of it. Without: the workspace. */
      around: nodeKey.optional(),
      direction: lineageDirection.default('both'),
      /** Maximum number of edges from that node; any without it. */
      depth: queryInteger({ minimum: 1, maximum: 100 }).optional(),
      /** Datasets whose tables become nodes. */
      expanded: expandedDatasets.optional(),
    }),
    responses: { 200: lineageResponse },
    errors: readErrors,
  }),
] as const;
