import { defineRoute } from '../../route.ts';
import { dataplaneCatalog, setRegionOrganizationRequest } from '../../schemas/sign-in/dataplanes.ts';
import { meResponse, organizationMeResponse } from '../../schemas/people/memberships.ts';
import { organizationResponse } from '../../schemas/workspaces/organizations.ts';
import { listPage, listQuery } from '../../schemas/paging.ts';
import { queryBoolean } from '../../schemas/query.ts';
import {
  createWorkspaceRequest,
  organizationWorkspaceResponse,
  workspaceResponse,
} from '../../schemas/workspaces/workspaces.ts';
import { changeErrors, dataplaneErrors, readErrors } from '../error-statuses.ts';
import { organizationParams } from '../parameters.ts';

/** Organizations and the caller's membership in them. */
export const organizationRoutes = [
  defineRoute({
    operationId: 'list_dataplanes',
    method: 'GET',
    path: '/api/v1/dataplanes',
    surface: 'api',
    credential: 'user',
    permission: 'dataplane.list',
    responses: { 200: dataplaneCatalog },
    errors: [401, 403, 500],
  }),
  defineRoute({
    operationId: 'get_me',
    method: 'GET',
    path: '/api/v1/me',
    surface: 'api',
    credential: 'user',
    permission: 'account.read',
    responses: { 200: meResponse },
    errors: [401, 403, 500],
  }),
  defineRoute({
    operationId: 'list_organizations',
    method: 'GET',
    path: '/api/v1/organizations',
    surface: 'api',
    credential: 'user',
    permission: 'organization.list',
    query: listQuery(['created_at', 'name'], {}),
    responses: { 200: listPage('ListPageOrganizationResponse', organizationResponse) },
    errors: dataplaneErrors,
  }),
  defineRoute({
    operationId: 'get_organization',
    method: 'GET',
    path: '/api/v1/organizations/{organization_id}',
    surface: 'api',
    credential: 'user',
    permission: 'organization.read',
    params: organizationParams,
    responses: { 200: organizationResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'set_region_organization',
    method: 'POST',
    path: '/api/v1/organizations/{organization_id}/-set-region',
    surface: 'api',
    credential: 'user',
    permission: 'organization.set-region',
    params: organizationParams,
    body: setRegionOrganizationRequest,
    responses: { 200: organizationResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'get_organization_me',
    method: 'GET',
    path: '/api/v1/organizations/{organization_id}/me',
    surface: 'api',
    credential: 'user',
    permission: 'organization.read',
    params: organizationParams,
    responses: { 200: organizationMeResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'list_workspaces',
    method: 'GET',
    path: '/api/v1/organizations/{organization_id}/workspaces',
    surface: 'api',
    credential: 'user',
    permission: 'workspace.list',
    params: organizationParams,
    query: listQuery(['created_at', 'name'], { include_archived: queryBoolean.default(false) }),
    responses: { 200: listPage('ListPageOrganizationWorkspaceResponse', organizationWorkspaceResponse) },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'create_workspace',
    method: 'POST',
    path: '/api/v1/organizations/{organization_id}/workspaces',
    surface: 'api',
    credential: 'user',
    permission: 'workspace.create',
    params: organizationParams,
    body: createWorkspaceRequest,
    responses: { 201: workspaceResponse },
    errors: changeErrors,
  }),
] as const;
