import { z } from 'zod';
import { namedEnum, openEnum, requestObject, responseObject, timestamp, uuid } from '../primitives.ts';

export const workspaceMembershipRole = namedEnum('WorkspaceMembershipRole', ['developer', 'owner', 'viewer']);
export type WorkspaceMembershipRole = z.output<typeof workspaceMembershipRole>;

export const principalKind = namedEnum('PrincipalKind', ['human', 'managed', 'service_account']);
export type PrincipalKind = z.output<typeof principalKind>;

export const workspaceResponse = responseObject('WorkspaceResponse', {
  created_at: timestamp,
  dataplane_id: z.string(),
  dataplane_url: z.string(),
  description: z.string().nullable(),
  id: uuid,
  name: z.string(),
  organization_id: uuid,
  updated_at: timestamp,
  archived_at: timestamp.nullish(),
  is_playground: z.boolean().default(false),
  predefined_profiles: z.record(z.string(), z.string()).optional(),
});
export type WorkspaceResponse = z.output<typeof workspaceResponse>;

export const workspaceMemberResponse = responseObject('WorkspaceMemberResponse', {
  email: z.string(),
  id: uuid,
  organization_membership_id: uuid,
  role: openEnum(workspaceMembershipRole),
  user_id: uuid,
  name: z.string().nullish(),
});
export type WorkspaceMemberResponse = z.output<typeof workspaceMemberResponse>;

export const organizationWorkspaceResponse = responseObject('OrganizationWorkspaceResponse', {
  ...workspaceResponse.shape,
  member_count: z.int(),
  owner_members: z.array(workspaceMemberResponse),
});
export type OrganizationWorkspaceResponse = z.output<typeof organizationWorkspaceResponse>;

export const createWorkspaceRequest = requestObject('CreateWorkspaceRequest', {
  description: z.string().nullable(),
  name: z.string(),
});
export type CreateWorkspaceRequest = z.output<typeof createWorkspaceRequest>;

export const updateWorkspaceRequest = requestObject('UpdateWorkspaceRequest', {
  description: z.string().nullish(),
  name: z.string().nullish(),
});
export type UpdateWorkspaceRequest = z.output<typeof updateWorkspaceRequest>;
