import { defineRoute } from '../../route.ts';
import { workspaceHealthListResponse } from '../../schemas/workspaces/workspace-health.ts';

/** The health of all workspaces of the caller, for a list. */
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
