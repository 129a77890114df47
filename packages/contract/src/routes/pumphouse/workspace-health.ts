import { defineRoute } from '../../route.ts';
import { workspaceHealthListResponse } from '../../schemas/workspaces/workspace-health.ts';

/** All workspaces of the caller at once, for a list of them. */
export const workspaceHealthRoutes = [
  defineRoute({
    operationId: 'list_workspace_health',
    method: 'GET',
    path: '/pumphouse/v1/account/workspaces',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'account.read',
    responses: { 200: workspaceHealthListResponse },
    errors: [401, 403, 500],
  }),
] as const;
