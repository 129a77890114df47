import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { findOrganization } from '../organizations/find-organization.ts';
import type { GlobalOptions, Session } from '../session/session.ts';

export interface MemberOptions extends GlobalOptions {
  organization?: string;
}

/** What a member command is about: an organization, or a workspace if `--workspace` is given. */
export type MembersScope =
  | { kind: 'organization'; id: string; name: string; params: { organization_id: string } }
  | { kind: 'workspace'; id: string; name: string; params: { workspace_id: string } };

/** @throws CommandError conflicting_options */
export async function openScope(
  session: Session,
  { workspace, organization }: MemberOptions,
): Promise<MembersScope> {
  if (workspace === undefined) {
    const { id, name } = await findOrganization(session, organization);
    return { kind: 'organization', id, name, params: { organization_id: id } };
  }
  if (organization !== undefined) {
    throw new CommandError('--organization and --workspace exclude each other.', {
      code: 'conflicting_options',
      exitCode: exitCodes.usage,
      nextStep:
        'Give --workspace for the members of a workspace, --organization for those of an organization.',
    });
  }
  const params = { workspace_id: await session.workspaceId() };
  const { id, name } = await session.client.call('get_workspace', { params });
  return { kind: 'workspace', id, name, params };
}

const organizationRoles = ['owner', 'member', 'collaborator'] as const;
const workspaceRoles = ['owner', 'developer', 'viewer'] as const;
export type OrganizationRole = (typeof organizationRoles)[number];
export type WorkspaceRole = (typeof workspaceRoles)[number];

/** @throws CommandError invalid_role */
export function parseOrganizationRole(role: string): OrganizationRole {
  const found = organizationRoles.find((known) => known === role);
  if (found) return found;
  throw new CommandError(`${role} is not a role in an organization.`, {
    code: 'invalid_role',
    exitCode: exitCodes.usage,
    nextStep: workspaceRoles.some((known) => known === role)
      ? `Choose ${organizationRoles.join(', ')}; or add --workspace NAME to give a role in a workspace.`
      : `Choose ${organizationRoles.join(', ')}.`,
  });
}

/** @throws CommandError invalid_role */
export function parseWorkspaceRole(role: string): WorkspaceRole {
  const found = workspaceRoles.find((known) => known === role);
  if (found) return found;
  throw new CommandError(`${role} is not a role in a workspace.`, {
    code: 'invalid_role',
    exitCode: exitCodes.usage,
    nextStep: `Choose ${workspaceRoles.join(', ')}.`,
  });
}
