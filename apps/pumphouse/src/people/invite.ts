import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import type { Session } from '../session/session.ts';
import { formatRelative } from '../terminal/format.ts';
import { findWorkspace } from '../workspaces/all-workspaces.ts';
import {
  openScope,
  parseOrganizationRole,
  parseWorkspaceRole,
  type MemberOptions,
  type WorkspaceRole,
} from './members-scope.ts';

export interface InviteOptions extends MemberOptions {
  role?: string;
  grant?: string[];
}

/** Invites someone. The link goes to standard output: it is shown only once. */
export async function invite(session: Session, email: string, options: InviteOptions): Promise<void> {
  const { client, terminal } = session;
  const { role, grant = [] } = options;
  const grants = grant.map(parseGrant);
  const scope = await openScope(session, options);
  if (scope.kind === 'workspace' && grants.length > 0) {
    throw new CommandError('--grant is for invitations to an organization.', {
      code: 'conflicting_options',
      exitCode: exitCodes.usage,
      nextStep: 'Leave out --workspace, or give the role with --role.',
    });
  }
  const invitation =
    scope.kind === 'workspace'
      ? await client.call('create_workspace_invitation', {
          params: scope.params,
          body: { email, role: parseWorkspaceRole(role ?? 'viewer') },
        })
      : await client.call('create_invitation', {
          params: scope.params,
          body: {
            email,
            role: parseOrganizationRole(role ?? 'member'),
            workspaces: await Promise.all(
              grants.map(async ({ name, role }) => ({
                workspace_id: (await findWorkspace(session, name)).id,
                role,
              })),
            ),
          },
        });
  session.show(invitation, () => invitation.link);
  const mail =
    invitation.mail === 'none'
      ? 'The server sends no mail: pass the link on. It is not shown again'
      : 'The link is sent by mail, and is not shown again';
  terminal.note(
    `Invited ${email} to ${scope.name}. ${mail}. It expires ${formatRelative(invitation.expires_at)}.`,
  );
}

/**
 * Parses `shop=developer`; without a role it is viewer.
 * @throws CommandError invalid_role
 */
export function parseGrant(text: string): { name: string; role: WorkspaceRole } {
  const split = text.lastIndexOf('=');
  if (split < 0) return { name: text, role: 'viewer' };
  return { name: text.slice(0, split), role: parseWorkspaceRole(text.slice(split + 1)) };
}
