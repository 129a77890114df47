import { invitationStatus, type InvitationResponse } from '@pumphouse/contract';
import { readAll } from '../paging/read-all.ts';
import type { Session } from '../session/session.ts';
import { formatRelative } from '../terminal/format.ts';
import { formatTable } from '../terminal/table.ts';
import { openScope, type MemberOptions, type MembersScope } from './members-scope.ts';

interface InvitationFilter {
  isPendingOnly: boolean;
}

/** Reads the invitations of a scope, newest first. */
export async function readInvitations(
  { client }: Session,
  scope: MembersScope,
  { isPendingOnly }: InvitationFilter,
): Promise<InvitationResponse[]> {
  // Without statuses the API lists pending invitations only.
  const status = isPendingOnly ? ['pending' as const] : invitationStatus.options;
  return readAll((page) => {
    const query = { ...page, status: [...status] };
    return scope.kind === 'organization'
      ? client.call('list_invitations', { params: scope.params, query })
      : client.call('list_workspace_invitations', { params: scope.params, query });
  });
}

/** Lists all invitations with their status. */
export async function listInvitations(session: Session, options: MemberOptions): Promise<void> {
  const { terminal } = session;
  const scope = await openScope(session, options);
  const invitations = await readInvitations(session, scope, { isPendingOnly: false });
  session.show(invitations, () => {
    if (invitations.length === 0) return `Nobody has been invited to ${scope.name} yet.`;
    return formatTable(
      invitations,
      [
        { title: 'EMAIL', text: ({ email }) => email },
        { title: 'ROLE', text: ({ role }) => role },
        {
          title: 'WORKSPACES',
          text: ({ workspaces }) => workspaces.map(({ name, role }) => `${name} (${role})`).join(', '),
          dropOrder: 1,
        },
        {
          title: 'STATUS',
          text: ({ status, expires_at }) =>
            status === 'pending' ? `pending, expires ${formatRelative(expires_at)}` : status,
        },
        { title: 'MAIL', text: ({ mail }) => (mail === 'none' ? '' : mail), dropOrder: 3 },
        { title: 'INVITED BY', text: ({ invited_by }) => invited_by, dropOrder: 2 },
      ],
      { width: terminal.width, title: (text) => terminal.tone('strong', text) },
    );
  });
}
