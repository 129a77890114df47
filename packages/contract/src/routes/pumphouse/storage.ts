import { defineRoute } from '../../route.ts';
import { organizationStorageResponse } from '../../schemas/workspaces/storage.ts';
import { readErrors } from '../error-statuses.ts';
import { organizationParams } from '../parameters.ts';

/** Stored data and its retention. */
export const storageRoutes = [
  defineRoute({
    operationId: 'get_organization_storage',
    method: 'GET',
    path: '/pumphouse/v1/organizations/{organization_id}/storage',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'organization-storage.read',
    params: organizationParams,
    responses: { 200: organizationStorageResponse },
    errors: readErrors,
  }),
] as const;
