import { defineRoute } from '../../route.ts';
import { issueDataplaneTokenWorkspaceResponse } from '../../schemas/sign-in/dataplanes.ts';
import { deployWorkspaceRequest, deployWorkspaceResponse } from '../../schemas/jobs/deploy.ts';
import { workspaceMeResponse } from '../../schemas/people/memberships.ts';
import { listPage, listQuery } from '../../schemas/paging.ts';
import { queryList } from '../../schemas/query.ts';
import {
  principalKind,
  updateWorkspaceRequest,
  workspaceMemberResponse,
  workspaceResponse,
} from '../../schemas/workspaces/workspaces.ts';
import { changeErrors, readErrors } from '../error-statuses.ts';
import { workspaceParams } from '../parameters.ts';

/** Workspaces, their members and their deploy operation. */
export const workspaceRoutes = [
  defineRoute({
    operationId: 'get_workspace',
    method: 'GET',
    path: '/api/v1/workspaces/{workspace_id}',
    surface: 'api',
    credential: 'user',
    permission: 'workspace.read',
    params: workspaceParams,
    responses: { 200: workspaceResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'update_workspace',
    method: 'PATCH',
    path: '/api/v1/workspaces/{workspace_id}',
    surface: 'api',
    credential: 'user',
    permission: 'workspace.update',
    params: workspaceParams,
    body: updateWorkspaceRequest,
    responses: { 200: workspaceResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'archive_workspace',
    method: 'POST',
    path: '/api/v1/workspaces/{workspace_id}/-archive',
    surface: 'api',
    credential: 'user',
    permission: 'workspace.archive',
    params: workspaceParams,
    responses: { 200: workspaceResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'unarchive_workspace',
    method: 'POST',
    path: '/api/v1/workspaces/{workspace_id}/-unarchive',
    surface: 'api',
    credential: 'user',
    permission: 'workspace.archive',
    params: workspaceParams,
    responses: { 200: workspaceResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'get_workspace_me',
    method: 'GET',
    path: '/api/v1/workspaces/{workspace_id}/me',
    surface: 'api',
    credential: 'user',
    permission: 'workspace.read',
    params: workspaceParams,
    responses: { 200: workspaceMeResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'list_workspace_members',
    method: 'GET',
    path: '/api/v1/workspaces/{workspace_id}/members',
    surface: 'api',
    credential: 'user',
    permission: 'workspace-member.list',
    params: workspaceParams,
    query: listQuery(['created_at', 'email'], { kind: queryList(principalKind).optional() }),
    responses: { 200: listPage('ListPageWorkspaceMemberResponse', workspaceMemberResponse) },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'issue_dataplane_token_workspace',
    method: 'POST',
    path: '/api/v1/workspaces/{workspace_id}/-issue-dataplane-token',
    surface: 'api',
    credential: 'user',
    permission: 'dataplane-token.issue',
    params: workspaceParams,
    responses: { 200: issueDataplaneTokenWorkspaceResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'deploy_workspace',
    method: 'POST',
    path: '/api/v1/workspaces/{workspace_id}/-deploy',
    surface: 'api',
    credential: 'user',
    permission: 'workspace.deploy',
    params: workspaceParams,
    body: deployWorkspaceRequest,
    responses: { 200: deployWorkspaceResponse },
    errors: changeErrors,
  }),
] as const;
