import { z } from 'zod';
import { organizationMembershipRole, organizationResponse } from '../workspaces/organizations.ts';
import { openEnum, responseObject, uuid } from '../primitives.ts';
import { workspaceMembershipRole, workspaceResponse } from '../workspaces/workspaces.ts';

export const organizationMembershipResponse = responseObject('OrganizationMembershipResponse', {
  id: uuid,
  is_active: z.boolean(),
  organization: organizationResponse,
  role: openEnum(organizationMembershipRole),
});
export type OrganizationMembershipResponse = z.output<typeof organizationMembershipResponse>;

export const workspaceMembershipResponse = responseObject('WorkspaceMembershipResponse', {
  role: openEnum(workspaceMembershipRole),
  workspace: workspaceResponse,
});
export type WorkspaceMembershipResponse = z.output<typeof workspaceMembershipResponse>;

export const organizationMeResponse = responseObject('OrganizationMeResponse', {
  email: z.string(),
  organization: organizationResponse,
  organization_membership_id: uuid,
  role: openEnum(organizationMembershipRole),
  user_id: uuid,
  workspace_memberships: z.array(workspaceMembershipResponse).optional(),
});
export type OrganizationMeResponse = z.output<typeof organizationMeResponse>;

export const workspaceMeResponse = responseObject('WorkspaceMeResponse', {
  email: z.string(),
  organization: organizationResponse,
  organization_membership_id: uuid,
  organization_role: openEnum(organizationMembershipRole),
  user_id: uuid,
  workspace: workspaceResponse,
  workspace_role: openEnum(workspaceMembershipRole),
});
export type WorkspaceMeResponse = z.output<typeof workspaceMeResponse>;

export const meResponse = responseObject('MeResponse', {
  email: z.string(),
  latest_organization: organizationResponse,
  organization_membership_id: uuid,
  primary_organization: organizationResponse,
  user_id: uuid,
  latest_workspace: workspaceResponse.nullish(),
  name: z.string().nullish(),
  organization_memberships: z.array(organizationMembershipResponse).optional(),
});
export type MeResponse = z.output<typeof meResponse>;
