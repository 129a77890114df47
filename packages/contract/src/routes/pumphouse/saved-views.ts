import { defineRoute } from '../../route.ts';
import {
  createSavedViewRequest,
  savedViewResponse,
  savedViewsResponse,
  updateSavedViewRequest,
} from '../../schemas/runs/saved-views.ts';
import { changeErrors, readErrors } from '../error-statuses.ts';
import { savedViewParams, workspaceParams } from '../parameters.ts';

/** Filters of console pages, saved by users for themselves or for all members of a workspace. */
export const savedViewRoutes = [
  defineRoute({
    operationId: 'list_saved_views',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/saved-views',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'saved-view.read',
    params: workspaceParams,
    responses: { 200: savedViewsResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'create_saved_view',
    method: 'POST',
    path: '/pumphouse/v1/workspaces/{workspace_id}/saved-views',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'saved-view.change',
    params: workspaceParams,
    body: createSavedViewRequest,
    responses: { 201: savedViewResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'update_saved_view',
    method: 'PATCH',
    path: '/pumphouse/v1/workspaces/{workspace_id}/saved-views/{saved_view_id}',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'saved-view.change',
    params: savedViewParams,
    body: updateSavedViewRequest,
    responses: { 200: savedViewResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'delete_saved_view',
    method: 'DELETE',
    path: '/pumphouse/v1/workspaces/{workspace_id}/saved-views/{saved_view_id}',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'saved-view.change',
    params: savedViewParams,
    responses: { 204: null },
    errors: changeErrors,
  }),
] as const;
