import { z } from 'zod';
import { organizationMembershipRole } from '../workspaces/organizations.ts';
import { openEnum, requestObject, responseObject, timestamp, uuid } from '../primitives.ts';
import { principalKind, workspaceMembershipRole } from '../workspaces/workspaces.ts';

const person = {
  membership_id: uuid,
  user_id: uuid,
  email: z.string(),
  name: z.string().nullable(),
  /** Account disabled by an operator. All credentials are revoked. */
  is_disabled: z.boolean(),
};

export const organizationMemberResponse = responseObject('OrganizationMemberResponse', {
  ...person,
  role: openEnum(organizationMembershipRole),
  joined_at: timestamp,
  /**
   * Workspaces in which the member has an explicit role, in addition to the organization's default access.
   */
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

/** A user with access to a workspace, and where the access comes from. */
export const workspaceAccessResponse = responseObject('WorkspaceAccessResponse', {
  ...person,
  kind: openEnum(principalKind),
  organization_role: openEnum(organizationMembershipRole),
  /** The effective role: the higher of the two below. */
  role: openEnum(workspaceMembershipRole),
  /** Null for members who have only the organization's default access. */
  own_role: openEnum(workspaceMembershipRole).nullable(),
  /** The default access of an organization member. */
  default_role: openEnum(workspaceMembershipRole).nullable(),
  /** When they got their own role; otherwise, when they joined the organization. */
  since: timestamp,
});
export type WorkspaceAccessResponse = z.output<typeof workspaceAccessResponse>;

export const setWorkspaceMemberRequest = requestObject('SetWorkspaceMemberRequest', {
  role: workspaceMembershipRole,
});
export type SetWorkspaceMemberRequest = z.output<typeof setWorkspaceMemberRequest>;
