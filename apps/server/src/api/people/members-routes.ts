import type { Handlers } from '../handler.ts';
import type { Members } from '../../services/people/members.ts';
import type { WorkspaceMembers } from '../../services/people/workspace-members.ts';
import { userOf } from '../handler.ts';
import { readPaging, toPage } from '../serializers/pages.ts';
import { toOrganizationMember, toWorkspaceAccess, toWorkspaceMember } from './members-serializers.ts';

type Operations =
  | 'list_organization_members'
  | 'set_organization_member_role'
  | 'remove_organization_member'
  | 'leave_organization'
  | 'list_workspace_members'
  | 'list_workspace_access'
  | 'set_workspace_member'
  | 'remove_workspace_member'
  | 'leave_workspace';

export function createMemberHandlers(services: {
  members: Members;
  workspaceMembers: WorkspaceMembers;
}): Pick<Handlers, Operations> {
  const { members, workspaceMembers } = services;
  return {
    async list_organization_members({ params: { organization_id: id }, query }) {
      const page = await members.list(id, readPaging(query, `list_organization_members ${id}`));
      return toPage(page, query, toOrganizationMember);
    },

    async set_organization_member_role({ params, body, authorization }) {
      const scope = { organizationId: params.organization_id, membershipId: params.membership_id };
      const changed = await members.setRole(scope, body.role, userOf(authorization));
      return toOrganizationMember(changed);
    },

    async remove_organization_member({ params, authorization }) {
      const scope = { organizationId: params.organization_id, membershipId: params.membership_id };
      await members.remove(scope, userOf(authorization));
    },

    async leave_organization({ params, authorization }) {
      await members.leave(params.organization_id, userOf(authorization));
    },

    async list_workspace_members({ params: { workspace_id: id }, query }) {
      const paging = readPaging(query, `list_workspace_members ${id}`);
      return toPage(await workspaceMembers.list(id, paging, query.kind ?? null), query, toWorkspaceMember);
    },

    async list_workspace_access({ params: { workspace_id: id }, query }) {
      const paging = readPaging(query, `list_workspace_access ${id}`);
      return toPage(await workspaceMembers.list(id, paging, query.kind ?? null), query, toWorkspaceAccess);
    },

    async set_workspace_member({ params, body, authorization }) {
      const scope = { workspaceId: params.workspace_id, membershipId: params.membership_id };
      return toWorkspaceAccess(await workspaceMembers.set(scope, body.role, userOf(authorization)));
    },

    async remove_workspace_member({ params, authorization }) {
      const scope = { workspaceId: params.workspace_id, membershipId: params.membership_id };
      await workspaceMembers.remove(scope, userOf(authorization));
    },

    async leave_workspace({ params, authorization }) {
      await workspaceMembers.leave(params.workspace_id, userOf(authorization));
    },
  };
}
