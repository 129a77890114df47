import { defineRoute } from '../../route.ts';
import {
  createOrganizationRequest,
  organizationSettingsResponse,
  updateOrganizationRequest,
} from '../../schemas/workspaces/organization-settings.ts';
import { readErrors } from '../error-statuses.ts';
import { organizationParams } from '../parameters.ts';

/** Organization operations unknown to the dlthub client. */
export const pumphouseOrganizationRoutes = [
  defineRoute({
    operationId: 'create_organization',
    method: 'POST',
    path: '/pumphouse/v1/organizations',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'organization.create',
    body: createOrganizationRequest,
    responses: { 201: organizationSettingsResponse },
    errors: [400, 401, 403, 500],
  }),
  defineRoute({
    operationId: 'get_organization_settings',
    method: 'GET',
    path: '/pumphouse/v1/organizations/{organization_id}',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'organization.read',
    params: organizationParams,
    responses: { 200: organizationSettingsResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'update_organization',
    method: 'PATCH',
    path: '/pumphouse/v1/organizations/{organization_id}',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'organization.update',
    params: organizationParams,
    body: updateOrganizationRequest,
    responses: { 200: organizationSettingsResponse },
    errors: readErrors,
  }),
] as const;
