import type { OrganizationRole } from '../../store/records.ts';
import type { Permission } from '@pumphouse/contract';
import type { AuthenticatedPrincipal, Principal } from '../sign-in/principal.ts';
import type { Persistence } from '../../store/store.ts';
import type { WorkspaceAccess } from '../../store/records.ts';
import { hasOrganizationRole, hasWorkspaceRole, requirements } from '@pumphouse/contract';
import { credentialRequired, rejectUnknownKind } from '../sign-in/principal.ts';
import { isKeyTooOld } from '../../domain/keys/key-policy.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** The roles of the caller where the operation takes place. */
export interface Authorization {
  principal: Principal;
  /** Null outside of workspaces, and for an organization owner without a role in this workspace. */
  workspace: WorkspaceAccess | null;
  organization: { organizationId: string; membershipId: string; role: OrganizationRole } | null;
}

export type Authorize = ReturnType<typeof createAuthorize>;
export type OwnsInstallation = ReturnType<typeof createOwnsInstallation>;

/**
 * Creates a function that returns whether a caller owns the installation: a user with a credential that is not
 * limited to a workspace, who is an owner of the oldest organization.
 * @throws ServiceError key_too_old
 */
export function createOwnsInstallation({ store }: Persistence<'people'>) {
  return async function ownsInstallation(principal: Principal): Promise<boolean> {
    if (principal.kind !== 'user' || principal.workspaceId !== null) return false;
    const owned = await store.people.findOwnedOldestOrganization(principal.userId);
    if (owned) refuseOldKey(principal, owned);
    return owned !== undefined;
  };
}

/**
 * Creates a function that checks a permission. Resources that the caller has no access to are reported as not
 * found, whether they exist or not.
 */
export function createAuthorize(persistence: Persistence<'people' | 'workspaces'>) {
  const ownsInstallation = createOwnsInstallation(persistence);

  async function atWorkspace(
    principal: AuthenticatedPrincipal,
    workspaceId: string,
  ): Promise<WorkspaceAccess> {
    const isElsewhere = principal.workspaceId !== null && principal.workspaceId !== workspaceId;
    const access = isElsewhere ? undefined : await findAccess(principal, workspaceId);
    if (!access) throw new ServiceError('not_found', `There is no workspace ${workspaceId}.`);
    refuseOldKey(principal, access);
    return access;
  }

  async function findAccess(
    principal: AuthenticatedPrincipal,
    workspaceId: string,
  ): Promise<WorkspaceAccess | undefined> {
    const { workspaces } = persistence.store;
    switch (principal.kind) {
      case 'user':
        return workspaces.findAccess(workspaceId, principal.userId);
      case 'run': {
        const workspace = await workspaces.get(workspaceId);
        return (
          workspace && {
            workspace,
            workspaceRole: 'viewer',
            organizationRole: 'collaborator',
            membershipId: '',
            maxKeyDays: null,
          }
        );
      }
      default:
        return rejectUnknownKind(principal);
    }
  }

  async function atOrganization(principal: AuthenticatedPrincipal, organizationId: string) {
    const missing = new ServiceError('not_found', `There is no organization ${organizationId}.`);
    if (principal.kind !== 'user' || principal.workspaceId !== null) throw missing;
    const membership = await persistence.store.people.findMembership(organizationId, principal.userId);
    if (!membership) throw missing;
    refuseOldKey(principal, membership);
    return { organizationId, membershipId: membership.id, role: membership.role };
  }

  /**
   * Returns the access of an owner of the workspace's organization, with the role in the workspace if there
   * is one.
   */
  async function asOrganizationOwner(principal: AuthenticatedPrincipal, workspaceId: string) {
    if (principal.kind !== 'user' || principal.workspaceId !== null) return null;
    const found = await persistence.store.workspaces.get(workspaceId);
    const membership =
      found && (await persistence.store.people.findMembership(found.organizationId, principal.userId));
    if (membership?.role !== 'owner') return null;
    refuseOldKey(principal, membership);
    const { organizationId, id: membershipId, role } = membership;
    const access = await persistence.store.workspaces.findAccess(workspaceId, principal.userId);
    return { organization: { organizationId, membershipId, role }, workspace: access ?? null };
  }

  return async function authorize(
    principal: Principal,
    permission: Permission,
    scope: { workspaceId?: string; organizationId?: string },
  ): Promise<Authorization> {
    const required = requirements[permission];
    const none: Authorization = { principal, workspace: null, organization: null };
    if (required.scope === 'none') return none;
    if (principal.kind === 'anonymous') throw credentialRequired();
    switch (required.scope) {
      case 'account':
        if (principal.kind !== 'user') throw forbidden(permission);
        return none;
      case 'installation':
        if (!(await ownsInstallation(principal))) throw forbidden(permission);
        return none;
      case 'organization': {
        const organization = await atOrganization(principal, scope.organizationId ?? '');
        if (!hasOrganizationRole(organization.role, required.role)) throw forbidden(permission);
        return { ...none, organization };
      }
      case 'workspace': {
        const workspaceId = scope.workspaceId ?? '';
        const owned = required.orOrganizationOwner ? await asOrganizationOwner(principal, workspaceId) : null;
        if (owned) return { ...none, ...owned };
        const workspace = await atWorkspace(principal, workspaceId);
        const isKept = principal.kind === 'run' && required.notForRuns === true;
        if (isKept || !hasWorkspaceRole(workspace.workspaceRole, required.role)) throw forbidden(permission);
        return { ...none, workspace };
      }
      default:
        throw forbidden(permission);
    }
  };
}

/**
 * Refuses a key that is older than its organization accepts. Only members learn that: to other callers, the
 * resource does not exist.
 */
function refuseOldKey(
  principal: AuthenticatedPrincipal,
  { maxKeyDays }: { maxKeyDays: number | null },
): void {
  const createdAt = principal.kind === 'user' ? principal.credential?.createdAt : undefined;
  if (!createdAt || !isKeyTooOld(createdAt, maxKeyDays, Date.now())) return;
  throw new ServiceError(
    'key_too_old',
    `The organization accepts keys for ${maxKeyDays} days, and this one (or the key that created it) is from ${createdAt.toISOString()}. Sign in and create another key.`,
  );
}

function forbidden(permission: Permission): ServiceError {
  return new ServiceError('forbidden', `Your role does not have the permission ${permission}.`);
}
