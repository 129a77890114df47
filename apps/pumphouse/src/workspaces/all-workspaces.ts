import type { OrganizationWorkspaceResponse } from '@pumphouse/contract';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { listOrganizations } from '../organizations/find-organization.ts';
import { readAll } from '../paging/read-all.ts';
import type { Session } from '../session/session.ts';
import { findSimilar } from '../terminal/find-similar.ts';

/** A workspace that the caller can see, with or without a role in it. */
export interface ListedWorkspace extends OrganizationWorkspaceResponse {
  organization_name: string;
  /** Null for owners of the organization, who see all its workspaces. */
  role: string | null;
}

/** Lists the workspaces of all organizations of the caller, ordered by organization and name. */
export async function listAllWorkspaces(
  session: Session,
  { withArchived = false } = {},
): Promise<ListedWorkspace[]> {
  const organizations = await listOrganizations(session);
  const lists = await Promise.all(
    organizations.map(async ({ id, name }) => {
      const params = { organization_id: id };
      const [workspaces, me] = await Promise.all([
        readAll((page) =>
          session.client.call('list_workspaces', {
            params,
            query: { ...page, include_archived: withArchived },
          }),
        ),
        session.client.call('get_organization_me', { params }),
      ]);
      const roles = new Map(me.workspace_memberships?.map(({ role, workspace }) => [workspace.id, role]));
      return workspaces
        .map((workspace) => ({
          ...workspace,
          organization_name: name,
          role: roles.get(workspace.id) ?? null,
        }))
        .toSorted((left, right) => left.name.localeCompare(right.name));
    }),
  );
  return lists.flat();
}

/**
 * Finds a workspace by its name or id, archived ones included.
 * @throws CommandError workspace_not_found, workspace_name_ambiguous
 */
export async function findWorkspace(session: Session, name: string): Promise<ListedWorkspace> {
  return pickWorkspace(await listAllWorkspaces(session, { withArchived: true }), name);
}

/** The pure part of `findWorkspace`. Workspaces that are not archived are preferred. */
export function pickWorkspace<
  Candidate extends Pick<ListedWorkspace, 'id' | 'name' | 'organization_name' | 'archived_at'>,
>(workspaces: readonly Candidate[], name: string): Candidate {
  const matching = workspaces.filter((workspace) => workspace.id === name || workspace.name === name);
  const active = matching.filter(({ archived_at }) => !archived_at);
  const found = active.length > 0 ? active : matching;
  const [only] = found;
  if (only && found.length === 1) return only;
  if (found.length > 1) {
    throw new CommandError(`Several of your workspaces are called ${name}.`, {
      code: 'workspace_name_ambiguous',
      exitCode: exitCodes.usage,
      nextStep: 'Use the id instead of the name.',
      lines: found.map(({ id, organization_name }) => `${id} (${organization_name})`),
    });
  }
  const similar = findSimilar(
    name,
    workspaces.map((workspace) => workspace.name),
  );
  throw new CommandError(`You have no workspace called ${name}.`, {
    code: 'workspace_not_found',
    exitCode: exitCodes.notFound,
    nextStep:
      similar === undefined
        ? 'pumphouse workspace list shows your workspaces.'
        : `Did you mean ${JSON.stringify(similar)}?`,
  });
}
