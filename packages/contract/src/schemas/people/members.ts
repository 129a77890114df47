import { z } from 'zod';
import { organizationMembershipRole } from '../workspaces/organizations.ts';
import { openEnum, requestObject, responseObject, timestamp, uuid } from '../primitives.ts';
import { principalKind, workspaceMembershipRole } from '../workspaces/workspaces.ts';

const person = {
  membership_id: uuid,
  user_id: uuid,
  email: z.string(),
  name: z.string().nullable(),
  /** Switched off by an operator: nothing they hold is good. */
  is_disabled: z.boolean(),
};

export const organizationMemberResponse = responseObject('OrganizationMemberResponse', {
  ...person,
  role: openEnum(organizationMembershipRole),
  joined_at: timestamp,
  /** Those they were given a role in; what the organization gives all its members comes on top. */
  workspaces: z.array(
    responseObject('OrganizationMemberWorkspace', {
      workspace_id: uuid,
      name: z.string(),
      role: openEnum(workspaceMembershipRole),
    }),
  ),
});
export type OrganizationMemberResponse = z.output<typeof organizationMemberResponse>;

export const setMemberRoleRequest = requestObject('SetMemberRoleRequest', {
  role: organizationMembershipRole,
});
export type SetMemberRoleRequest = z.output<typeof setMemberRoleRequest>;

/** Somebody who may do something in a workspace, and why. */
export const workspaceAccessResponse = responseObject('WorkspaceAccessResponse', {
  ...person,
  kind: openEnum(principalKind),
  organization_role: openEnum(organizationMembershipRole),
  /** What counts: the higher of the two below. */
  role: openEnum(workspaceMembershipRole),
  /** Null for those who have no more than what the organization gives all its members. */
  own_role: openEnum(workspaceMembershipRole).nullable(),
  /** What the organization gives them as a member of it. */
  default_role: openEnum(workspaceMembershipRole).nullable(),
  /** Since when they have their own role; for others, since when they are members of the organization. */
  since: timestamp,
});
export type WorkspaceAccessResponse = z.output<typeof workspaceAccessResponse>;

export const setWorkspaceMemberRequest = requestObject('SetWorkspaceMemberRequest', {
  role: workspaceMembershipRole,
});
export type SetWorkspaceMemberRequest = z.output<typeof setWorkspaceMemberRequest>;
