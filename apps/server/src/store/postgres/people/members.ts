import type { Queryable } from '../pool.ts';
import type { OrganizationRole, UserRecord, WorkspaceRole } from './people.ts';
import { columns } from '../statements/columns.ts';
import { defaultRole, effectiveRole, withEffectiveRole } from './effective-role.ts';
import { named } from '../statements/named.ts';

/** A user in an organization. */
export interface OrganizationMember {
  membershipId: string;
  organizationId: string;
  userId: string;
  email: string;
  name: string | null;
  disabledAt: Date | null;
  role: OrganizationRole;
  joinedAt: Date;
}

/** The explicit role of an organization member in one of its workspaces. */
export interface AssignedWorkspace {
  membershipId: string;
  workspaceId: string;
  name: string;
  role: WorkspaceRole;
}

/** A member of a workspace: a user, or a valid key of the workspace. */
export interface WorkspaceMember {
  membershipId: string;
  userId: string;
  kind: UserRecord['kind'];
  email: string;
  name: string | null;
  disabledAt: Date | null;
  organizationRole: OrganizationRole;
  /** The effective role. */
  role: WorkspaceRole;
  ownRole: WorkspaceRole | null;
  defaultRole: WorkspaceRole | null;
  since: Date;
}

const selectMembers = `select ${columns('organization_memberships', ['organization_id', 'user_id', 'role'])},
    organization_memberships.id as "membershipId", organization_memberships.created_at as "joinedAt",
    users.email, users.name, users.disabled_at as "disabledAt"
  from organization_memberships join users on users.id = organization_memberships.user_id and users.kind = 'human'`;

const selectWorkspaceMembers = `select organization_memberships.id as "membershipId", users.id as "userId", users.kind, users.email,
    users.name, users.disabled_at as "disabledAt", organization_memberships.role as "organizationRole",
    ${effectiveRole} as role, workspace_memberships.role as "ownRole", ${defaultRole} as "defaultRole",
    coalesce(workspace_memberships.created_at, organization_memberships.created_at) as since
  from workspaces ${withEffectiveRole} join users on users.id = organization_memberships.user_id`;

/** A key acts as its own user, which has no access once the key is revoked or expired. */
const isAlive = `(users.kind = 'human' or exists (
  select from api_keys where api_keys.user_id = users.id and revoked_at is null and expires_at > now()))`;

export type MemberStore = ReturnType<typeof createMemberStore>;

/**
 * Stores the members of organizations and workspaces. Changes are made under the lock of the organization.
 */
export function createMemberStore(sql: Queryable) {
  return {
    /** Lists users, in the order in which they joined. */
    list: (organizationId: string) =>
      sql.query<OrganizationMember>(
        named(
          `${selectMembers} where organization_memberships.organization_id = :organizationId
            order by organization_memberships.created_at, organization_memberships.id`,
          { organizationId },
        ),
      ),

    find: (organizationId: string, membershipId: string) =>
      sql.maybeOne<OrganizationMember>(
        named(
          `${selectMembers} where organization_memberships.organization_id = :organizationId
             and organization_memberships.id = :membershipId`,
          { organizationId, membershipId },
        ),
      ),

    findByUser: (organizationId: string, userId: string) =>
      sql.maybeOne<OrganizationMember>(
        named(
          `${selectMembers} where organization_memberships.organization_id = :organizationId and users.id = :userId`,
          { organizationId, userId },
        ),
      ),

    setRole: (membershipId: string, role: OrganizationRole) =>
      sql.execute(
        named('update organization_memberships set role = :role where id = :membershipId', {
          membershipId,
          role,
        }),
      ),

    /** Removes a member from an organization and its workspaces. */
    remove: (membershipId: string) =>
      sql.execute(named('delete from organization_memberships where id = :membershipId', { membershipId })),

    /** Reports whether another member can act as an owner. */
    hasOtherOwner: async (organizationId: string, membershipId: string) => {
      const { found } = await sql.one<{ found: boolean }>(
        named(
          `select exists (
           select from organization_memberships member join users on users.id = member.user_id
            where member.organization_id = :organizationId and member.id <> :membershipId and member.role = 'owner'
              and users.kind = 'human' and users.disabled_at is null) as found`,
          { organizationId, membershipId },
        ),
      );
      return found;
    },

    /** Lists the explicit roles of members in workspaces, by name of the workspace. */
    listAssignedWorkspaces: (membershipIds: readonly string[]) =>
      sql.query<AssignedWorkspace>(
        named(
          `select membership_id as "membershipId", workspace_id as "workspaceId", workspaces.name, role
             from workspace_memberships join workspaces on workspaces.id = workspace_id
            where membership_id = any(:membershipIds) order by lower(workspaces.name), workspaces.id`,
          { membershipIds },
        ),
      ),

    /** Lists all members of a workspace, in the order in which they got their roles. */
    listOfWorkspace: (workspaceId: string) =>
      sql.query<WorkspaceMember>(
        named(
          `${selectWorkspaceMembers} where workspaces.id = :workspaceId and ${effectiveRole} is not null and ${isAlive}
            order by since, organization_memberships.id`,
          { workspaceId },
        ),
      ),

    findInWorkspace: (workspaceId: string, membershipId: string) =>
      sql.maybeOne<WorkspaceMember>(
        named(
          `${selectWorkspaceMembers} where workspaces.id = :workspaceId and organization_memberships.id = :membershipId
             and ${effectiveRole} is not null`,
          { workspaceId, membershipId },
        ),
      ),

    setWorkspaceRole: (workspaceId: string, membershipId: string, role: WorkspaceRole) =>
      sql.execute(
        named(
          `insert into workspace_memberships (workspace_id, membership_id, role) values (:workspaceId, :membershipId, :role)
           on conflict (workspace_id, membership_id) do update set role = excluded.role`,
          { workspaceId, membershipId, role },
        ),
      ),

    /** @returns the removed role; undefined if there was none */
    async removeFromWorkspace(workspaceId: string, membershipId: string) {
      const row = await sql.maybeOne<{ role: WorkspaceRole }>(
        named(
          'delete from workspace_memberships where workspace_id = :workspaceId and membership_id = :membershipId returning role',
          { workspaceId, membershipId },
        ),
      );
      return row?.role;
    },
  };
}
