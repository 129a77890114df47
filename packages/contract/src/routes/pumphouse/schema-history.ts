import { z } from 'zod';
import { defineRoute } from '../../route.ts';
import { listPage, listQuery } from '../../schemas/paging.ts';
import { uuid } from '../../schemas/primitives.ts';
import { queryList, queryText } from '../../schemas/query.ts';
import {
  pipelineSchemasResponse,
  schemaDifferenceResponse,
  schemaVersionChangesResponse,
  schemaVersionResponse,
} from '../../schemas/pipelines/schema-history.ts';
import { readErrors } from '../error-statuses.ts';
import { pipelineParams, schemaParams, schemaVersionParams, workspaceParams } from '../parameters.ts';

const page = listPage('ListPageSchemaVersionChangesResponse', schemaVersionChangesResponse);

/** The schema history of pipelines: schema versions, and what each changed. */
export const schemaHistoryRoutes = [
  defineRoute({
    operationId: 'list_schema_changes',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/schema-changes',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'telemetry.read',
    params: workspaceParams,
    query: listQuery(['created_at'], {
      pipeline_name: queryList(queryText).optional(),
      dataset_name: queryList(queryText).optional(),
      schema_name: queryList(queryText).optional(),
      job_run_id: queryList(uuid).optional(),
      job_id: queryList(uuid).optional(),
    }),
    responses: { 200: page },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'list_pipeline_schemas',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/pipelines/{pipeline_name}/schemas',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'telemetry.read',
    params: pipelineParams,
    responses: { 200: pipelineSchemasResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'list_schema_versions',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/pipelines/{pipeline_name}/schemas/{schema_name}/versions',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'telemetry.read',
    params: schemaParams,
    query: listQuery(['created_at'], {}),
    responses: { 200: page },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'get_schema_version',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/pipelines/{pipeline_name}/schemas/{schema_name}/versions/{version_hash}',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'telemetry.read',
    params: schemaVersionParams,
    responses: { 200: schemaVersionResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'compare_schema_versions',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/pipelines/{pipeline_name}/schemas/{schema_name}/versions/{version_hash}/difference',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'telemetry.read',
    params: schemaVersionParams,
    // Defaults to the previous version.
    query: z.object({ base_hash: queryText.optional() }),
    responses: { 200: schemaDifferenceResponse },
    errors: readErrors,
  }),
] as const;
