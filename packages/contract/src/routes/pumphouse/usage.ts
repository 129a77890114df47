import { z } from 'zod';
import { defineRoute } from '../../route.ts';
import { queryInteger } from '../../schemas/query.ts';
import {
  organizationLimitsRequest,
  organizationLimitsResponse,
  usageByJobResponse,
  usageByWorkspaceResponse,
  usageResponse,
} from '../../schemas/workspaces/usage.ts';
import { readErrors } from '../error-statuses.ts';
import { organizationParams, workspaceParams } from '../parameters.ts';

/** First and last day (UTC), inclusive; by default the month so far. */
const usageQuery = z.object({ from: z.iso.date().optional(), to: z.iso.date().optional() });

/** Highest usage first. */
const usageByJobQuery = usageQuery.extend({
  limit: queryInteger({ minimum: 1, maximum: 1000 }).default(100),
});

/** Limits on runs, and their usage. */
export const usageRoutes = [
  defineRoute({
    operationId: 'get_organization_limits',
    method: 'GET',
    path: '/pumphouse/v1/organizations/{organization_id}/limits',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'organization-limits.read',
    params: organizationParams,
    responses: { 200: organizationLimitsResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'set_organization_limits',
    method: 'PUT',
    path: '/pumphouse/v1/organizations/{organization_id}/limits',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'organization-limits.update',
    params: organizationParams,
    body: organizationLimitsRequest,
    responses: { 200: organizationLimitsResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'get_organization_usage',
    method: 'GET',
    path: '/pumphouse/v1/organizations/{organization_id}/usage',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'organization-usage.read',
    params: organizationParams,
    query: usageQuery,
    responses: { 200: usageResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'get_workspace_usage',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/usage',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'workspace-usage.read',
    params: workspaceParams,
    query: usageQuery,
    responses: { 200: usageResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'get_organization_usage_by_workspace',
    method: 'GET',
    path: '/pumphouse/v1/organizations/{organization_id}/usage/workspaces',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'organization-usage.break-down',
    params: organizationParams,
    query: usageQuery,
    responses: { 200: usageByWorkspaceResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'get_organization_usage_by_job',
    method: 'GET',
    path: '/pumphouse/v1/organizations/{organization_id}/usage/jobs',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'organization-usage.break-down',
    params: organizationParams,
    query: usageByJobQuery,
    responses: { 200: usageByJobResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'get_workspace_usage_by_job',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/usage/jobs',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'workspace-usage.read',
    params: workspaceParams,
    query: usageByJobQuery,
    responses: { 200: usageByJobResponse },
    errors: readErrors,
  }),
] as const;
