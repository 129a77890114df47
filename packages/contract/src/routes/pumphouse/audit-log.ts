import { z } from 'zod';
import { defineRoute } from '../../route.ts';
import { auditEntryResponse } from '../../schemas/audit/audit-log.ts';
import { listPage, listQuery } from '../../schemas/paging.ts';
import { uuid } from '../../schemas/primitives.ts';
import { queryList, queryText, queryTimestamp } from '../../schemas/query.ts';
import { readErrors } from '../error-statuses.ts';
import { organizationParams, workspaceParams } from '../parameters.ts';

const filters = {
  actor_user_id: uuid.optional(),
  action: queryList(queryText).optional(),
  target_kind: queryText.optional(),
  target_id: queryText.optional(),
  start: queryTimestamp.optional(),
  end: queryTimestamp.optional(),
  timezone: queryText.default('UTC'),
};
const auditLogQuery = listQuery(['at'], filters);
const page = listPage('ListPageAuditEntryResponse', auditEntryResponse);

/** Changes and who made them: newest first, paged, or exported as JSON lines. */
export const auditLogRoutes = [
  defineRoute({
    operationId: 'list_organization_audit_log',
    method: 'GET',
    path: '/pumphouse/v1/organizations/{organization_id}/audit-log',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'organization-audit-log.read',
    params: organizationParams,
    query: auditLogQuery,
    responses: { 200: page },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'export_organization_audit_log',
    method: 'GET',
    path: '/pumphouse/v1/organizations/{organization_id}/audit-log/export',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'organization-audit-log.read',
    params: organizationParams,
    query: z.object(filters),
    responses: { 200: { contentType: 'application/x-ndjson', item: auditEntryResponse } },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'list_workspace_audit_log',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/audit-log',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'workspace-audit-log.read',
    params: workspaceParams,
    query: auditLogQuery,
    responses: { 200: page },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'export_workspace_audit_log',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/audit-log/export',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'workspace-audit-log.read',
    params: workspaceParams,
    query: z.object(filters),
    responses: { 200: { contentType: 'application/x-ndjson', item: auditEntryResponse } },
    errors: readErrors,
  }),
] as const;
