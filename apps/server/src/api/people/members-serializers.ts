import type {
  OrganizationMemberResponse,
  WorkspaceAccessResponse,
  WorkspaceMemberResponse,
} from '@pumphouse/contract';
import type { ListedMember } from '../../services/people/members.ts';
import type { WorkspaceMember } from '../../store/records.ts';
import { toInstant } from '../serializers/instants.ts';

export function toOrganizationMember(member: ListedMember): OrganizationMemberResponse {
  return {
    ...toPerson(member),
    role: member.role,
    joined_at: toInstant(member.joinedAt),
    workspaces: member.workspaces.map(({ workspaceId, name, role }) => ({
      workspace_id: workspaceId,
      name,
      role,
    })),
  };
}

/** The fields of a member that the dlthub client knows. It does not ask where the role comes from. */
export function toWorkspaceMember(member: WorkspaceMember): WorkspaceMemberResponse {
  return {
    id: member.membershipId,
    organization_membership_id: member.membershipId,
    user_id: member.userId,
    email: member.email,
    name: member.name,
    role: member.role,
  };
}

export function toWorkspaceAccess(member: WorkspaceMember): WorkspaceAccessResponse {
  return {
    ...toPerson(member),
    kind: member.kind,
    organization_role: member.organizationRole,
    role: member.role,
    own_role: member.ownRole,
    default_role: member.defaultRole,
    since: toInstant(member.since),
  };
}

function toPerson(
  person: Pick<WorkspaceMember, 'membershipId' | 'userId' | 'email' | 'name' | 'disabledAt'>,
) {
  return {
    membership_id: person.membershipId,
    user_id: person.userId,
    email: person.email,
    name: person.name,
    is_disabled: person.disabledAt !== null,
  };
}
