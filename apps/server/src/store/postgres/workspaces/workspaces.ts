import type { OrganizationLimits } from './organization-limits.ts';
import type { Queryable } from '../pool.ts';
import type { OrganizationRole, WorkspaceRole } from '../people/people.ts';
import { columns } from '../statements/columns.ts';
import { effectiveRole, withEffectiveRole } from '../people/effective-role.ts';
import { named } from '../statements/named.ts';

export interface WorkspaceRecord {
  id: string;
  organizationId: string;
  name: string;
  description: string | null;
  /** A user or an apply wrote the description, so deploys leave it unchanged. */
  keepsDescription: boolean;
  isPlayground: boolean;
  sandboxUidOffset: number;
  archivedAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

/** A workspace as the runs in it see it. */
export interface RunWorkspace extends WorkspaceRecord {
  /** The offset of the uid of its organization's builds. */
  organizationUidOffset: number;
  /** The limits of its organization. */
  limits: OrganizationLimits;
  /** An executor of the installation keeps local data as objects, so runs cannot share the files of a database. */
  isLocalDataInObjects: boolean;
}

/** The roles of a user in a workspace and in its organization. */
export interface WorkspaceAccess {
  workspace: WorkspaceRecord;
  workspaceRole: WorkspaceRole;
  organizationRole: OrganizationRole;
  membershipId: string;
  /** Days after their creation for which keys work in its organization; null: until they expire. */
  maxKeyDays: number | null;
}

const workspaceColumns = columns('workspaces', [
  'id',
  'organization_id',
  'name',
  'description',
  'keeps_description',
  'is_playground',
  'sandbox_uid_offset',
  'archived_at',
  'created_at',
  'updated_at',
]);

export type WorkspaceStore = ReturnType<typeof createWorkspaceStore>;

/** Stores workspaces, their members, and which local data their runs share. */
export function createWorkspaceStore(sql: Queryable) {
  return {
    create: (workspace: {
      organizationId: string;
      name: string;
      description: string | null;
      isPlayground?: boolean;
    }) =>
      sql.one<WorkspaceRecord>(
        named(
          `insert into workspaces (organization_id, name, description, keeps_description, is_playground)
           values (:organizationId, :name, :description, :description::text is not null, :isPlayground) returning ${workspaceColumns}`,
          { ...workspace, isPlayground: workspace.isPlayground ?? false },
        ),
      ),

    async get(workspaceId: string) {
      const [row] = await sql.prepared<WorkspaceRecord>(
        named(`select ${workspaceColumns} from workspaces where id = :workspaceId`, { workspaceId }),
      );
      return row;
    },

    /** Reads a workspace with what its runs need to know of its organization. */
    async getForRuns(workspaceId: string) {
      const [row] = await sql.prepared<RunWorkspace>(
        named(
          `select ${workspaceColumns}, organizations.sandbox_uid_offset as "organizationUidOffset",
                  json_build_object('concurrentRuns', concurrent_runs, 'minutesAMonth', minutes_a_month) as limits,
                  (exists (select from installation where local_data_in_objects)
                   or exists (select from workers where local_data_in_objects and removed_at is null)) as "isLocalDataInObjects"
             from workspaces join organizations on organizations.id = workspaces.organization_id
            where workspaces.id = :workspaceId`,
          { workspaceId },
        ),
      );
      return row;
    },

    /**
     * Locks the workspace until the transaction ends, so that deploys, uploads and archiving of one workspace
     * are serialized. Rows that reference the workspace can still be inserted: `for update` would block a
     * start that holds locks of jobs for which a deploy waits.
     */
    lock: (workspaceId: string) =>
      sql.maybeOne<WorkspaceRecord>(
        named(`select ${workspaceColumns} from workspaces where id = :workspaceId for no key update`, {
          workspaceId,
        }),
      ),

    update: (
      workspaceId: string,
      change: Pick<WorkspaceRecord, 'name' | 'description' | 'keepsDescription'>,
    ) =>
      sql.one<WorkspaceRecord>(
        named(
          `update workspaces set name = :name, description = :description, keeps_description = :keepsDescription,
                  updated_at = now()
            where id = :workspaceId returning ${workspaceColumns}`,
          { workspaceId, ...change },
        ),
      ),

    /**
     * Marks `deployment:` triggers as fired for this deployment; returns whether they were not before.
     * Requires the lock.
     */
    async takeDeployment(workspaceId: string, deploymentId: string) {
      const touched = await sql.execute(
        named(
          `update workspaces set fired_deployment_id = :deploymentId
            where id = :workspaceId and fired_deployment_id is distinct from :deploymentId`,
          { workspaceId, deploymentId },
        ),
      );
      return touched === 1;
    },

    /** Archives or restores a workspace. */
    setArchived: (workspaceId: string, isArchived: boolean) =>
      sql.one<WorkspaceRecord>(
        named(
          `update workspaces set archived_at = case when :isArchived then now() end, updated_at = now()
            where id = :workspaceId returning ${workspaceColumns}`,
          { workspaceId, isArchived },
        ),
      ),

    addMember: (workspaceId: string, membershipId: string, role: WorkspaceRole) =>
      sql.query(
        named(
          'insert into workspace_memberships (workspace_id, membership_id, role) values (:workspaceId, :membershipId, :role)',
          { workspaceId, membershipId, role },
        ),
      ),

    /**
     * Returns the user's access, with the higher of their own role and the organization's default. Undefined
     * if the user has none: to the caller, such a workspace does not exist.
     */
    async findAccess(workspaceId: string, userId: string): Promise<WorkspaceAccess | undefined> {
      // Every call runs this, and planning the joins takes longer than running them.
      const [row] = await sql.prepared<WorkspaceRecord & Omit<WorkspaceAccess, 'workspace'>>(
        named(
          `select ${workspaceColumns}, ${effectiveRole} as "workspaceRole",
                  organization_memberships.role as "organizationRole", organization_memberships.id as "membershipId",
                  organizations.max_key_days as "maxKeyDays"
             from workspaces ${withEffectiveRole}
            where workspaces.id = :workspaceId and organization_memberships.user_id = :userId and ${effectiveRole} is not null`,
          { workspaceId, userId },
        ),
      );
      if (!row) return undefined;
      const { workspaceRole, organizationRole, membershipId, maxKeyDays, ...workspace } = row;
      return { workspace, workspaceRole, organizationRole, membershipId, maxKeyDays };
    },

    /** Lists workspaces of a membership that are not archived, with the role in each, oldest first. */
    listOfMembership: (membershipId: string) =>
      sql.query<WorkspaceRecord & { role: WorkspaceRole }>(
        named(
          `select ${workspaceColumns}, ${effectiveRole} as role from workspaces ${withEffectiveRole}
            where organization_memberships.id = :membershipId and ${effectiveRole} is not null and workspaces.archived_at is null
            order by workspaces.created_at, workspaces.id`,
          { membershipId },
        ),
      ),

    /**
     * Lists workspaces of an organization, oldest first; only those in which one membership has a role,
     * unless it is null.
     */
    listOfOrganization: (
      organizationId: string,
      options: { membershipId: string | null; includeArchived: boolean },
    ) =>
      sql.query<WorkspaceRecord>(
        named(
          `select ${workspaceColumns} from workspaces
            where workspaces.organization_id = :organizationId and (:includeArchived or workspaces.archived_at is null)
              and (:membershipId::uuid is null or workspaces.id in (
                    select workspaces.id from workspaces ${withEffectiveRole}
                     where organization_memberships.id = :membershipId and ${effectiveRole} is not null))
            order by workspaces.created_at, workspaces.id`,
          { organizationId, includeArchived: options.includeArchived, membershipId: options.membershipId },
        ),
      ),

    /** Counts the users with a role in each workspace. */
    countMembers: async (workspaceIds: string[]) => {
      const rows = await sql.query<{ workspaceId: string; count: number }>(
        named(
          `select workspaces.id as "workspaceId", count(*)::int as count
             from workspaces ${withEffectiveRole} join users on users.id = organization_memberships.user_id
            where workspaces.id = any(:workspaceIds) and ${effectiveRole} is not null and users.kind = 'human'
            group by workspaces.id`,
          { workspaceIds },
        ),
      );
      return new Map(rows.map((row) => [row.workspaceId, row.count]));
    },

    listOwners: (workspaceIds: string[]) =>
      sql.query<{ workspaceId: string; userId: string; email: string; membershipId: string }>(
        named(
          `select workspace_memberships.workspace_id as "workspaceId", users.id as "userId", users.email,
                  organization_memberships.id as "membershipId"
             from workspace_memberships
             join organization_memberships on organization_memberships.id = workspace_memberships.membership_id
             join users on users.id = organization_memberships.user_id
            where workspace_memberships.workspace_id = any(:workspaceIds) and workspace_memberships.role = 'owner'
            order by workspace_memberships.created_at`,
          { workspaceIds },
        ),
      ),

    hasLocalData: async (workspaceId: string, profile: string) => {
      const row = await sql.maybeOnePrepared(
        named('select 1 from local_data where workspace_id = :workspaceId and profile = :profile', {
          workspaceId,
          profile,
        }),
      );
      return row !== undefined;
    },

    noteLocalData: (workspaceId: string, profile: string) =>
      sql.query(
        named(
          'insert into local_data (workspace_id, profile) values (:workspaceId, :profile) on conflict do nothing',
          { workspaceId, profile },
        ),
      ),
  };
}
