import type { RunEndStores } from '../runs/run-stores.ts';
import type { Authorization } from '../people/authorize.ts';
import type { CancelRuns } from '../runs/cancel-runs.ts';
import type { OrganizationRecord, WorkspaceAccess, WorkspaceRecord } from '../../store/records.ts';
import type { Page, PageRequest } from '../paging/read-page.ts';
import type { Persistence, Store } from '../../store/store.ts';
import type { Principal } from '../sign-in/principal.ts';
import type { Clock } from '../scheduling/clock.ts';
import { arrangeSchedules } from '../scheduling/arrange-schedules.ts';
import { checkName, refusePlayground } from '../people/people-rules.ts';
import { byNameOrAge } from './organizations.ts';
import { isDeepStrictEqual } from 'node:util';
import { pageOf, sortBy } from '../paging/read-page.ts';
import { recordChange } from '../audit/audit.ts';
import { ServiceError } from '../../platform/service-error.ts';

export interface WorkspaceOwner {
  userId: string;
  email: string;
  membershipId: string;
}

/** A workspace in a list, with its owners. */
export interface ListedWorkspace {
  workspace: WorkspaceRecord;
  memberCount: number;
  owners: WorkspaceOwner[];
}

/** The caller in a workspace. */
export interface WorkspaceMe {
  principal: Principal;
  access: WorkspaceAccess;
  organization: OrganizationRecord;
}

export type Workspaces = ReturnType<typeof createWorkspaces>;

export function createWorkspaces(
  persistence: Persistence<RunEndStores | 'auditLog' | 'people'>,
  cancelRuns: CancelRuns,
  clock: Clock,
) {
  const { store } = persistence;

  async function lock(tx: Pick<Store, 'workspaces'>, workspaceId: string): Promise<WorkspaceRecord> {
    const workspace = await tx.workspaces.lock(workspaceId);
    if (!workspace) throw new ServiceError('not_found', `There is no workspace ${workspaceId}.`);
    return workspace;
  }

  async function describe(workspaces: readonly WorkspaceRecord[]): Promise<ListedWorkspace[]> {
    const ids = workspaces.map((workspace) => workspace.id);
    const counts = await store.workspaces.countMembers(ids);
    const owners = Map.groupBy(await store.workspaces.listOwners(ids), (owner) => owner.workspaceId);
    return workspaces.map((workspace) => ({
      workspace,
      memberCount: counts.get(workspace.id) ?? 0,
      owners: owners.get(workspace.id) ?? [],
    }));
  }

  return {
    async me({ principal, workspace: access }: Authorization): Promise<WorkspaceMe> {
      if (!access) throw new Error('The operation was not authorized at a workspace');
      const organization = await store.people.getOrganization(access.workspace.organizationId);
      if (!organization) throw new Error(`Workspace ${access.workspace.id} belongs to no organization`);
      return { principal, access, organization };
    },

    /**
     * Lists all workspaces for owners of the organization, for other members those in which they have a role.
     * Oldest first unless sorted.
     */
    async list(
      { organization }: Authorization,
      options: PageRequest<'created_at' | 'name'> & { includeArchived: boolean },
    ): Promise<Page<ListedWorkspace>> {
      if (!organization) throw new Error('The operation was not authorized at an organization');
      const visible = await store.workspaces.listOfOrganization(organization.organizationId, {
        membershipId: organization.role === 'owner' ? null : organization.membershipId,
        includeArchived: options.includeArchived,
      });
      const page = pageOf(sortBy(visible, options.sorting, byNameOrAge), options, ({ id }) => id);
      return { ...page, items: await describe(page.items) };
    },

    /**
     * Creates a workspace, owned by the caller. Names need not be unique.
     * @throws ServiceError region_not_set
     */
    async create(
      { organization }: Authorization,
      wanted: { name: string; description: string | null },
    ): Promise<WorkspaceRecord> {
      if (!organization) throw new Error('The operation was not authorized at an organization');
      const name = checkName(wanted.name);
      return persistence.transaction(async (tx) => {
        const found = await tx.people.getOrganization(organization.organizationId);
        if (!found?.dataplaneId) {
          throw new ServiceError('region_not_set', 'The organization has no region yet; choose one first.');
        }
        const workspace = await tx.workspaces.create({
          organizationId: found.id,
          name,
          description: wanted.description,
        });
        await tx.workspaces.addMember(workspace.id, organization.membershipId, 'owner');
        await record(tx, workspace, 'workspace.create', null, named(workspace));
        return workspace;
      });
    },

    /**
     * Changes the given fields. Deploys leave a given description unchanged; one of null is removed, and the next deploy
     * may set it.
     */
    async update(
      workspaceId: string,
      change: { name?: string | null | undefined; description?: string | null | undefined },
    ): Promise<WorkspaceRecord> {
      const name = typeof change.name === 'string' ? checkName(change.name) : undefined;
      return persistence.transaction(async (tx) => {
        const workspace = await lock(tx, workspaceId);
        if (workspace.archivedAt) throw new ServiceError('workspace_archived', 'The workspace is archived.');
        if (name !== undefined && name !== workspace.name)
          refusePlayground(workspace, 'A playground keeps its name.');
        const wanted = {
          name: name ?? workspace.name,
          ...(change.description === undefined
            ? { description: workspace.description, keepsDescription: workspace.keepsDescription }
            : { description: change.description, keepsDescription: change.description !== null }),
        };
        if (isDeepStrictEqual(wanted, pickChangeable(workspace))) return workspace;
        await record(tx, workspace, 'workspace.update', named(workspace), named(wanted));
        return tx.workspaces.update(workspaceId, wanted);
      });
    },

    /**
     * Archives a workspace: it becomes read-only, and nothing in it starts. Queued runs are cancelled;
     * started ones continue. Archiving it again changes nothing.
     */
    async archive(workspaceId: string): Promise<WorkspaceRecord> {
      const { workspace, cancelled } = await persistence.transaction(async (tx) => {
        const found = await lock(tx, workspaceId);
        refusePlayground(found, 'A playground is not archived.');
        if (found.archivedAt) return { workspace: found, cancelled: [] };
        // An earlier start decision has stored its run by now; a later one sees the archived workspace.
        const jobs = await tx.jobs.lockAll(workspaceId);
        await tx.schedules.removeOfJobs(jobs.map(({ id }) => id));
        const cancelled = await cancelRuns.cancelWaiting(tx, jobs);
        await record(tx, found, 'workspace.archive', null, { cancelled_run_count: cancelled.length });
        return { workspace: await tx.workspaces.setArchived(workspaceId, true), cancelled };
      });
      cancelRuns.announce(cancelled);
      return workspace;
    },

    /** Restores a workspace with its jobs unchanged; cancelled runs stay cancelled. */
    unarchive(workspaceId: string): Promise<WorkspaceRecord> {
      return persistence.transaction(async (tx) => {
        const workspace = await lock(tx, workspaceId);
        if (!workspace.archivedAt) return workspace;
        // Schedules restart from now: the next run of each job covers the ticks missed meanwhile.
        await arrangeSchedules(tx, await tx.jobs.lockAll(workspaceId), await clock(tx));
        await record(tx, workspace, 'workspace.unarchive', null, null);
        return tx.workspaces.setArchived(workspaceId, false);
      });
    },
  };
}

function record(
  tx: Pick<Store, 'auditLog'>,
  { id, name }: WorkspaceRecord,
  action: string,
  before: object | null,
  after: object | null,
): Promise<void> {
  const target = { kind: 'workspace', id, name };
  return recordChange(tx, { workspaceId: id, action, target, before, after });
}

function pickChangeable({ name, description, keepsDescription }: WorkspaceRecord) {
  return { name, description, keepsDescription };
}

function named({ name, description }: Pick<WorkspaceRecord, 'name' | 'description'>) {
  return { name, description };
}
