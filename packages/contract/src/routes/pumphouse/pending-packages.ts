import { defineRoute } from '../../route.ts';
import {
  dropPendingResponse,
  finishPendingResponse,
  pendingPackagesQuery,
  pendingPackagesRequest,
  pendingPackagesResponse,
} from '../../schemas/pipelines/pending-packages.ts';
import { changeErrors, readErrors } from '../error-statuses.ts';
import { pipelineParams, workspaceParams } from '../parameters.ts';

/** Load packages that were extracted and not loaded. */
export const pendingPackageRoutes = [
  defineRoute({
    operationId: 'list_pending_packages',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/pending-packages',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'telemetry.read',
    params: workspaceParams,
    query: pendingPackagesQuery,
    responses: { 200: pendingPackagesResponse },
    errors: readErrors,
  }),
  /** Starts a run of the job that extracted them. It ends before it asks the source. */
  defineRoute({
    operationId: 'finish_pending_packages',
    method: 'POST',
    path: '/pumphouse/v1/workspaces/{workspace_id}/pipelines/{pipeline_name}/-finish-pending',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'pending-packages.finish',
    params: pipelineParams,
    body: pendingPackagesRequest,
    responses: { 201: finishPendingResponse },
    errors: changeErrors,
  }),
  /** The next run of the profile removes them before its code starts. */
  defineRoute({
    operationId: 'drop_pending_packages',
    method: 'POST',
    path: '/pumphouse/v1/workspaces/{workspace_id}/pipelines/{pipeline_name}/-drop-pending',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'pending-packages.drop',
    params: pipelineParams,
    body: pendingPackagesRequest,
    responses: { 200: dropPendingResponse },
    errors: changeErrors,
  }),
] as const;
