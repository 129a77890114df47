import { z } from 'zod';
import { costGrouping, costRatesRequest, costRatesResponse, costResponse } from '../../schemas/cost/cost.ts';
import { defineRoute } from '../../route.ts';
import { queryInteger } from '../../schemas/query.ts';
import { readErrors } from '../error-statuses.ts';
import { organizationParams, workspaceParams } from '../parameters.ts';

/** First and last day (UTC), inclusive, by default the month so far; the highest cost first. */
const costQuery = z.object({
  from: z.iso.date().optional(),
  to: z.iso.date().optional(),
  limit: queryInteger({ minimum: 1, maximum: 1000 }).default(100),
});

/** What runs cost, and the prices of sizes. */
export const costRoutes = [
  defineRoute({
    operationId: 'get_workspace_cost',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/cost',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'workspace-cost.read',
    params: workspaceParams,
    query: costQuery.extend({ by: costGrouping.default('job') }),
    responses: { 200: costResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'get_organization_cost',
    method: 'GET',
    path: '/pumphouse/v1/organizations/{organization_id}/cost',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'organization-cost.read',
    params: organizationParams,
    query: costQuery.extend({ by: costGrouping.default('workspace') }),
    responses: { 200: costResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'get_cost_rates',
    method: 'GET',
    path: '/pumphouse/v1/organizations/{organization_id}/cost-rates',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'cost-rates.read',
    params: organizationParams,
    responses: { 200: costRatesResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'set_cost_rates',
    method: 'PUT',
    path: '/pumphouse/v1/organizations/{organization_id}/cost-rates',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'cost-rates.update',
    params: organizationParams,
    body: costRatesRequest,
    responses: { 200: costRatesResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'delete_cost_rates',
    method: 'DELETE',
    path: '/pumphouse/v1/organizations/{organization_id}/cost-rates/{starts_on}',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'cost-rates.update',
    params: organizationParams.extend({ starts_on: z.iso.date() }),
    responses: { 204: null },
    errors: readErrors,
  }),
] as const;
