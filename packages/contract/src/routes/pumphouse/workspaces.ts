import { defineRoute } from '../../route.ts';
import { workspaceSettingsResponse } from '../../schemas/workspaces/workspace-settings.ts';
import { readErrors } from '../error-statuses.ts';
import { workspaceParams } from '../parameters.ts';

/** Workspace operations unknown to the dlthub client. */
export const pumphouseWorkspaceRoutes = [
  defineRoute({
    operationId: 'get_workspace_settings',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'workspace.read',
    params: workspaceParams,
    responses: { 200: workspaceSettingsResponse },
    errors: readErrors,
  }),
] as const;
