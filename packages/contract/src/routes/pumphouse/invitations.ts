import { defineRoute } from '../../route.ts';
import {
  createdInvitationResponse,
  createInvitationRequest,
  createWorkspaceInvitationRequest,
  invitationResponse,
  invitationStatus,
} from '../../schemas/people/invitations.ts';
import { listPage, listQuery } from '../../schemas/paging.ts';
import { queryList } from '../../schemas/query.ts';
import { changeErrors, readErrors } from '../error-statuses.ts';
import {
  organizationInvitationParams,
  organizationParams,
  workspaceInvitationParams,
  workspaceParams,
} from '../parameters.ts';

const invitationQuery = listQuery(['created_at', 'email'], {
  status: queryList(invitationStatus).optional(),
});

/** Invitations. The page behind an invitation's link is not part of the table. */
export const invitationRoutes = [
  defineRoute({
    operationId: 'list_invitations',
    method: 'GET',
    path: '/pumphouse/v1/organizations/{organization_id}/invitations',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'invitation.list',
    params: organizationParams,
    query: invitationQuery,
    responses: { 200: listPage('ListPageInvitationResponse', invitationResponse) },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'create_invitation',
    method: 'POST',
    path: '/pumphouse/v1/organizations/{organization_id}/invitations',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'invitation.create',
    params: organizationParams,
    body: createInvitationRequest,
    responses: { 201: createdInvitationResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'revoke_invitation',
    method: 'DELETE',
    path: '/pumphouse/v1/organizations/{organization_id}/invitations/{invitation_id}',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'invitation.revoke',
    params: organizationInvitationParams,
    responses: { 204: null },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'list_workspace_invitations',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/invitations',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'workspace-invitation.list',
    params: workspaceParams,
    query: invitationQuery,
    responses: { 200: listPage('ListPageInvitationResponse', invitationResponse) },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'create_workspace_invitation',
    method: 'POST',
    path: '/pumphouse/v1/workspaces/{workspace_id}/invitations',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'workspace-invitation.create',
    params: workspaceParams,
    body: createWorkspaceInvitationRequest,
    responses: { 201: createdInvitationResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'revoke_workspace_invitation',
    method: 'DELETE',
    path: '/pumphouse/v1/workspaces/{workspace_id}/invitations/{invitation_id}',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'workspace-invitation.revoke',
    params: workspaceInvitationParams,
    responses: { 204: null },
    errors: changeErrors,
  }),
] as const;
